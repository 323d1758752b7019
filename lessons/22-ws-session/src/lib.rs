//! Lesson 22: ping, pong, close: a protocol state machine that any I/O can drive.
//!
//! After the handshake (lesson 20) both ends speak in frames (lesson 21). What is missing is who answers a
//! ping, and how a conversation ends (RFC 6455, sections 5.5 and 7):
//!
//! - [`Session`] is one end of a WebSocket, without socket and clock;
//! - [`Pulse`] tells when a peer has been silent for too long, with a clock that is passed in;
//! - [`threads::serve`], [`mio::serve`] and [`tokio::serve`] are the same echo server with three engines;
//! - [`Target`] and [`open`] are how a client begins, with [`random`] keys;
//! - [`Wire`] is what it waits for: the keyboard, the network and Ctrl-C;
//! - [`chat::Chat`] is the room of lesson 10 for browsers.

pub mod chat;
mod client;
mod echo;
mod pulse;
mod session;
mod wire;

pub mod mio;
pub mod threads;
pub mod tokio;

pub use client::{Target, open, random};
pub use pulse::{Pulse, Times};
pub use session::{Closed, Compression, Heard, Session};
pub use wire::{MAX_LINE, News, Wire};
