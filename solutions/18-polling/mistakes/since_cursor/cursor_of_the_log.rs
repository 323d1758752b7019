//! hint: cursor-skips-events
//! The cursor jumps to the end of the log: what did not fit is lost.

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
        if cursor < forgotten || cursor > self.last {
            return Answer::Missed { cursor: forgotten };
        }
        let seen = (cursor - forgotten) as usize;
        let events: Vec<Event> = self.events.iter().skip(seen).take(most).cloned().collect();
        Answer::Events {
            cursor: self.last,
            events,
        }
    }
}
