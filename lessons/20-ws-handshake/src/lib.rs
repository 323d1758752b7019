//! Lesson 20: one upgrade, and then it is not HTTP any more.
//!
//! A WebSocket begins as a request of HTTP (RFC 6455, section 4): the client asks for another protocol on
//! this connection, and proves with a key that it means it; the server proves with its answer that it has
//! understood, and says 101. The bytes behind the blank line are frames.
//!
//! - [`upgrade`] is the server's side: is this request one, and may it?
//! - [`Opening`] is the client's side;
//! - [`accept_key`] is the proof;
//! - [`Extension`] is something more on which both may agree;
//! - [`chat`] is something to steal, with the check of the Origin and without.

pub mod chat;
mod extensions;
mod handshake;
mod key;
mod opening;
mod upgrade;

pub use extensions::{Extension, extensions};
pub use handshake::Handshake;
pub use key::{accept_key, client_key};
pub use opening::{Opened, Opening, Unopened};
pub use upgrade::{Origins, Policy, Upgrade, upgrade};
