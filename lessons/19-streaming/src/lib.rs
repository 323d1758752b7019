//! Lesson 19: one response, many messages.
//!
//! A response has a beginning and an end, and nobody says when the end must come. So a server sends what
//! there is and keeps the response open; each piece is a chunk (lesson 17) and leaves at once. Server-Sent
//! Events (WHATWG HTML, section 9.2) are a format for such a response: lines of text that a browser turns
//! into events, with numbers by which it goes on after a disconnect.
//!
//! - [`sse`] is the format, both ways, without socket and clock;
//! - [`subscribe`] answers with all events of a [`polling::Feed`], from a cursor on, as they happen;
//! - [`Follower`] is the client: it goes on where its last connection ended;
//! - [`chatbot`] answers a question token by token.

pub mod chatbot;
mod follow;
pub mod sse;
mod subscribe;

pub use follow::{Follower, MAX_EVENT};
pub use subscribe::{HEARTBEAT, MISSED, RETRY, subscribe, subscribe_with};
