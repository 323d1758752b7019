//! Lesson 10: one slow reader must not stop the room.
//!
//! What is said ([`protocol`]) and who must be told ([`Room`]) is the same whatever engine carries
//! it: threads here, mio in lesson 13, tokio in lesson 15.
//!
//! The engine of this lesson is [`serve`]: a thread that reads and a thread that writes for each
//! client, and between those who speak and the one that writes, a bounded [`Queue`].

pub mod protocol;
mod queue;
mod room;
mod server;

pub use queue::Queue;
pub use room::{MAX_MEMBERS, MAX_QUEUE, QueueFull, Room};
pub use server::{HIGH_WATER_MARK, serve};
