//! Lesson 18: latency is paid in requests.
//!
//! HTTP answers, it does not call. A client that wants to hear of an event asks again and again
//! ([`poll`]), or asks once and the server answers when there is something to say ([`long_poll`]).
//! Either way connections break, answers are lost and servers start anew; so each event has a number, the
//! client remembers the last one that it has, its cursor, and asks for what is behind it. Then nothing is
//! lost, and nothing comes twice.
//!
//! - [`Log`] keeps the last events and finds those behind a cursor: no file, no clock, no lock;
//! - [`Journal`] writes them to a file, so that numbers and events outlive the server;
//! - [`Feed`] is a log for many threads, some of which wait for what is next, each on a [`Seat`];
//! - [`poll`], [`long_poll`] and [`publish`] are its answers to HTTP requests;
//! - [`Cursor`] is the client's side, [`ask`] asks, and [`Backoff`] says how long to wait before the next
//!   attempt.

mod answers;
mod asking;
mod feed;
mod journal;
mod log;

pub use answers::{Batch, GONE, HOLD, long_poll, poll, publish};
pub use asking::{Asked, Backoff, Cursor, ask};
pub use feed::{Feed, MAX_SEATS, Seat};
pub use journal::Journal;
pub use log::{Event, Log, MAX_BATCH, MAX_BATCH_TEXT, MAX_TEXT, Missed};
