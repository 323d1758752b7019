//! hint: cursor-moves-too-early
//! Moves the cursor before the events are there: what did not come is lost.

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
        for part in answer {
            match part? {
                Part::Cursor(cursor) => self.cursor = cursor,
                Part::Event(event) => deliver(&event)?,
                Part::End => return Ok(()),
            }
        }
        Err(ErrorKind::UnexpectedEof.into())
    }
}
