//! The exercises of lesson 19: one response, many messages.

pub mod bounded_subscribers;
pub mod event_decoder;
pub mod event_lines;
pub mod every_chunk;
pub mod last_event_id;
pub mod token_stream;
