//! Lesson 22: ping, pong, close: a protocol state machine that any I/O can drive.

mod echo;
mod pulse;
mod session;

pub mod mio;
pub mod threads;
pub mod tokio;

pub use pulse::{Pulse, Times};
pub use session::{Closed, Compression, Heard, Session};
