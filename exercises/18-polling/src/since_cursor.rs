//! Exercise: which events has a client not seen?

use std::collections::VecDeque;

/// Something that happened. The first event ever has number 1, and each one the next number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its number.
    pub id: u64,
    /// What happened.
    pub text: String,
}

/// The answer to a client that has told its cursor: the number of the last event that it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 200 OK. What comes next, perhaps nothing.
    Events {
        /// With what to ask next time.
        cursor: u64,
        /// The oldest first.
        events: Vec<Event>,
    },
    /// 410 Gone. The client has missed something, or it has a cursor that cannot be.
    Missed {
        /// Who asks with this one gets everything that is still there.
        cursor: u64,
    },
}

/// The last events.
#[derive(Debug)]
pub struct Log {
    /// The oldest first, and without a gap in their numbers.
    events: VecDeque<Event>,
    /// The number of the last event that ever was; 0 when there was none.
    last: u64,
    /// How many events are kept.
    kept: usize,
}

impl Log {
    /// Keeps so many events. The next one has the number behind `last`: a server that starts again
    /// goes on counting, and has forgotten what happened before.
    pub fn new(last: u64, kept: usize) -> Log {
        Log {
            events: VecDeque::new(),
            last,
            kept,
        }
    }

    /// Given: something happened. When there are too many events, the oldest one is forgotten.
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

    /// What a client with this cursor is told: the events behind it, the oldest first, `most` of
    /// them at most (never zero). It gets the rest when it asks again with the cursor of the answer.
    ///
    /// What will come: a client that has everything, and keeps its cursor; one that has nothing, with
    /// 0; one that is so far behind that events which it has not seen are forgotten: [`Missed`]; one
    /// that is just so far behind that all of them are still there; one with a number that no event
    /// has had yet, because its cursor is from another server, or from one that began again at 1:
    /// [`Missed`]; a log that is empty, and one that is empty and has counted far.
    ///
    /// Example: the log keeps 3 events, and 5 have happened. Behind cursor 2 are 3, 4 and 5. Behind
    /// cursor 1 was 2 as well, and it is forgotten: `Missed { cursor: 2 }`.
    ///
    /// [`Missed`]: Answer::Missed
    pub fn since(&self, cursor: u64, most: usize) -> Answer {
        todo!(
            "find the number up to which all is forgotten, compare the cursor with it and with the last; then skip what the client has"
        )
    }
}
