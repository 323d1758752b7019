//! The answers of lesson 10: one slow reader must not stop the room.

pub mod bounded_queue;
pub mod chat_room;
pub mod registry;
pub mod slow_policy;
