//! hint: nothing-was-missed
//! Who has seen everything up to the first kept event has missed nothing.

use std::collections::VecDeque;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub id: u64,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Events { cursor: u64, events: Vec<Event> },
    Missed { cursor: u64 },
}

#[derive(Debug)]
pub struct Log {
    events: VecDeque<Event>,
    last: u64,
    kept: usize,
}

impl Log {
    pub fn new(last: u64, kept: usize) -> Log {
        Log {
            events: VecDeque::new(),
            last,
            kept,
        }
    }

    pub fn push(&mut self, text: &str) {
        self.last += 1;
        self.events.push_back(Event {
            id: self.last,
            text: text.to_string(),
        });
        if self.events.len() > self.kept {
            self.events.pop_front();
        }
    }

    pub fn since(&self, cursor: u64, most: usize) -> Answer {
        let forgotten = self.last - self.events.len() as u64;
        let first = self.events.front().map_or(0, |event| event.id);
        if cursor < first || cursor > self.last {
            return Answer::Missed { cursor: forgotten };
        }
        let seen = (cursor - forgotten) as usize;
        let events: Vec<Event> = self.events.iter().skip(seen).take(most).cloned().collect();
        let cursor = events.last().map_or(cursor, |event| event.id);
        Answer::Events { cursor, events }
    }
}
