//! Exercise: no event lost between two polls, and none twice.

use std::io::{self, ErrorKind};

/// Something that happened. Numbers go up; between two events that a client gets there may be
/// others that are not for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its number.
    pub id: u64,
    /// What happened.
    pub text: String,
}

/// A part of the server's answer, as it comes from the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Always the first part: with which cursor to ask next. The server knows it before it sends the
    /// events; it may be higher than the number of the last one.
    Cursor(u64),
    /// An event. The oldest comes first.
    Event(Event),
    /// The answer is whole.
    End,
}

/// A client that polls.
#[derive(Debug, Default)]
pub struct Client {
    /// It has everything up to this number, and asks for what is behind it.
    cursor: u64,
}

impl Client {
    /// Given: has nothing yet.
    pub fn new() -> Client {
        Client::default()
    }

    /// Given: what the next request says.
    pub fn request(&self) -> String {
        format!("GET /events?since={}", self.cursor)
    }

    /// Takes one answer, and hands each event that is new to `deliver`: once, and in order.
    ///
    /// When this returns, with `Ok` or with an error, the cursor stands so that the next answer brings
    /// everything that was not delivered. After a whole answer, that is the cursor that it said.
    ///
    /// What will come: answers without events; answers that break off, before [`Part::End`], at
    /// every part, with an error or without another word; answers that come again, or late, when the
    /// client has more than that already: their events were delivered, and their cursor is old; a
    /// `deliver` that fails, because the disk is full: then that event was not delivered, and the
    /// answer is not looked at any further.
    ///
    /// Whether events of an answer that breaks off are delivered at once or with the next answer is up
    /// to you.
    ///
    /// # Errors
    /// What the connection reports, `UnexpectedEof` when the answer is over without its end, and
    /// what `deliver` reports.
    pub fn take(
        &mut self,
        answer: impl IntoIterator<Item = io::Result<Part>>,
        mut deliver: impl FnMut(&Event) -> io::Result<()>,
    ) -> io::Result<()> {
        todo!(
            "deliver each event behind the cursor and then move it there; believe the answer's own cursor only at its end"
        )
    }
}
