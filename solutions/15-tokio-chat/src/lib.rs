//! The answers of lesson 15: select! drops the loser, with what it had read.

pub mod lost_bytes;
pub mod reader_task;
pub mod resumable;
pub mod room_of_queues;
pub mod whole_result;
