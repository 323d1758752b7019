//! Lesson 13: a connection is a state machine with a budget.
//!
//! [`serve`] is the chat of lesson 10 in one thread. What a thread kept on its stack is written
//! down here: where a connection stands, what it has not read or written yet, how long it may stay
//! as it is, and how much it may do before it is another one's turn.
//!
//! - [`Slots`] keeps connections, and tells an old token from a new one;
//! - [`Timers`] knows who is due, and how long to wait until then;
//! - [`Outbox`] is what waits for one member;
//! - [`Throttle`] says when to stop reading, and when to go on.

mod connection;
mod outbox;
mod server;
mod slots;
mod timers;

pub use outbox::{Outbox, Throttle};
pub use server::{HIGH_WATER_MARK, LINGER, LOW_WATER_MARK, TURN, serve};
pub use slots::Slots;
pub use timers::Timers;
