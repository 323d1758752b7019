//! hint: first-delivered-then-moved
//! Waits for the whole answer, and moves before all of it is delivered.

use std::io::{self, ErrorKind};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub id: u64,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Cursor(u64),
    Event(Event),
    End,
}

#[derive(Debug, Default)]
pub struct Client {
    cursor: u64,
}

impl Client {
    pub fn new() -> Client {
        Client::default()
    }

    pub fn request(&self) -> String {
        format!("GET /events?since={}", self.cursor)
    }

    pub fn take(
        &mut self,
        answer: impl IntoIterator<Item = io::Result<Part>>,
        mut deliver: impl FnMut(&Event) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut end = self.cursor;
        let mut new = Vec::new();
        for part in answer {
            match part? {
                Part::Cursor(cursor) => end = cursor,
                Part::Event(event) if event.id <= self.cursor => {}
                Part::Event(event) => new.push(event),
                Part::End => {
                    self.cursor = self.cursor.max(end);
                    return new.iter().try_for_each(deliver);
                }
            }
        }
        Err(ErrorKind::UnexpectedEof.into())
    }
}
