//! Lesson 11: WouldBlock is an answer, not an error.
//!
//! A nonblocking socket never makes its thread wait. Where a blocking read would wait, it says
//! `WouldBlock` at once: nothing yet. So one thread can hold many conversations, as long as it
//! remembers for each of them what it could not finish, and knows when to try again.
//!
//! - [`OutBuffer`] keeps what a socket did not take;
//! - [`Connection`] is one conversation: each turn does what can be done, and says what it waits
//!   for;
//! - [`serve`] gives turns to all of them and waits in poll(2); [`serve_spinning`] does not wait,
//!   to show what that costs;
//! - [`begin`] and [`check`] connect without waiting.

mod connecting;
mod connection;
mod out_buffer;
#[cfg(unix)]
mod poll;
#[cfg(not(unix))]
#[path = "no_poll.rs"]
mod poll;
mod server;
mod wait;

pub use connecting::{Connecting, begin, check};
pub use connection::{BUDGET, Connection, HIGH_WATER_MARK, Interest, Turn};
pub use out_buffer::{Flushed, OutBuffer};
pub use poll::Poll;
pub use server::{serve, serve_spinning, serve_with};
pub use wait::{Endpoint, Spin, Wait, Watched};
