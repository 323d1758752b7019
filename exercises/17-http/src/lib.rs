//! The exercises of lesson 17: the parser is where security is won or lost.

pub mod chunked;
pub mod header_deadline;
pub mod message_length;
pub mod request_head;
pub mod safe_path;
pub mod smuggling;
