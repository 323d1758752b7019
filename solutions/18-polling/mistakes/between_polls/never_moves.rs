//! hint: cursor-stays
//! Asks from the beginning each time, and gets all of it again.

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
        let mut last = 0;
        for part in answer {
            match part? {
                Part::Cursor(_) => {}
                Part::Event(event) if event.id <= last => {}
                Part::Event(event) => {
                    deliver(&event)?;
                    last = event.id;
                }
                Part::End => return Ok(()),
            }
        }
        Err(ErrorKind::UnexpectedEof.into())
    }
}
