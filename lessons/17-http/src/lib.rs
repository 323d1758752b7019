//! Lesson 17: the parser is where security is won or lost.
//!
//! HTTP/1.1 by hand: RFC 9112 for how messages look on the wire, RFC 9110 for what they mean. Who can be
//! made to see another end of a request than its neighbour sees can be made to serve what nobody has
//! asked for. So wherever the RFCs leave a choice, this code refuses.
//!
//! - [`Connection`] is a server's end of a connection, without socket and clock: request heads with
//!   limits, bodies of a known length and in chunks, keep-alive and pipelining;
//! - [`threaded::serve`] and [`mio::serve`] drive it, with a thread for each client and with one for all
//!   ([`turns`] is the loop of that one);
//! - [`Response`] is what a server answers, and [`Files`] answers with the files of a folder;
//! - [`Reply`] is a client's end, and [`get`] asks with it.

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
pub mod turns;

pub use client::get;
pub use connection::{Connection, Event, Length, MAX_BODY};
pub use files::Files;
pub use reply::{Answer, Head, Reply};
pub use request::{MAX_FIELDS, MAX_HEAD, MAX_REQUEST_LINE, Request, Version};
pub use response::{Body, PIECE, Response, Stream, Switch};
pub use status::{Refused, Status};
