//! Lesson 22: ping, pong, close: a protocol state machine that any I/O can drive.

mod session;

pub mod mio;
pub mod threads;

pub use session::{Closed, Compression, Heard, Session};
