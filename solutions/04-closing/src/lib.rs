//! The answers of lesson 04: closing is a conversation too.

pub mod how_it_ended;
pub mod lingering_close;
pub mod upload;
pub mod write_after_close;
