//! Lesson 17: the parser is where security is won or lost.

mod body;
mod client;
mod connection;
mod files;
pub mod mio;
mod reply;
mod request;
mod response;
mod status;
pub mod threaded;

pub use client::get;
pub use connection::{Connection, Event, Length, MAX_BODY};
pub use files::Files;
pub use reply::{Answer, Head, Reply};
pub use request::{MAX_FIELDS, MAX_HEAD, MAX_REQUEST_LINE, Request, Version};
pub use response::{Body, PIECE, Response, Stream};
pub use status::{Refused, Status};
