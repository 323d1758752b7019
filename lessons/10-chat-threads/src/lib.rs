//! Lesson 10: one slow reader must not stop the room.
//!
//! What is said ([`protocol`]) and who must be told ([`Room`]) is the same whatever engine carries
//! it: threads here, mio in lesson 13, tokio in lesson 15.

pub mod protocol;
mod room;

pub use room::{MAX_MEMBERS, MAX_QUEUE, QueueFull, Room};
