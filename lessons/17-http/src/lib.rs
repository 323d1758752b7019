//! Lesson 17: the parser is where security is won or lost.

mod body;
mod connection;
mod request;
mod status;

pub use connection::{Connection, Event, Length, MAX_BODY};
pub use request::{MAX_FIELDS, MAX_HEAD, MAX_REQUEST_LINE, Request, Version};
pub use status::{Refused, Status};
