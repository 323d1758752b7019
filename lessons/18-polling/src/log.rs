//! The last events, and which of them a client has not seen.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Bytes of an event's text.
pub const MAX_TEXT: usize = 16 * 1024;

/// Events that one answer brings at most. Who gets so many asks again at once.
pub const MAX_BATCH: usize = 100;

/// Bytes of text after which an answer brings no further event. Policy, slow client: an answer that is not
/// read is in memory, for each client.
pub const MAX_BATCH_TEXT: usize = 64 * 1024;

// ANCHOR: event
/// Something that happened. Numbers begin at 1, and each event has the next one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its number.
    pub id: u64,
    /// What happened.
    pub text: Arc<str>,
}

/// There are events that the client has not seen, and that are kept no longer. Or it has seen more than
/// has happened: its cursor is from another server, or from one that lost its memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed {
    /// The cursor with which the client gets everything that is still there.
    pub cursor: u64,
}
// ANCHOR_END: event

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A terminal obeys control characters, and these come from somebody else.
        let text = self.text.replace(char::is_control, "\u{fffd}");
        write!(f, "{} {text}", self.id)
    }
}

impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cursor = self.cursor;
        write!(
            f,
            "events were missed; what is still there comes after {cursor}"
        )
    }
}

impl std::error::Error for Missed {}

// ANCHOR: log
/// The last events, in their order.
#[derive(Debug)]
pub struct Log {
    events: VecDeque<Event>,
    /// The number of the last event that ever was, 0 when there was none.
    last: u64,
    kept: usize,
}

impl Log {
    /// Keeps so many events, at least one. Policy, memory: an older one is forgotten.
    pub fn new(kept: usize) -> Self {
        Self {
            events: VecDeque::new(),
            last: 0,
            kept: kept.max(1),
        }
    }

    /// The event that would be next.
    pub fn next(&self, text: &str) -> Event {
        Event {
            id: self.last + 1,
            text: text.into(),
        }
    }

    /// Takes in an event that is newer than all the others.
    pub fn push(&mut self, event: Event) {
        debug_assert!(event.id > self.last);
        if self.events.len() == self.kept {
            self.events.pop_front();
        }
        self.last = event.id;
        self.events.push_back(event);
    }

    /// The events behind `cursor`, the oldest first, at most [`MAX_BATCH`] of them and about
    /// [`MAX_BATCH_TEXT`] bytes; none when nothing has happened since.
    ///
    /// # Errors
    ///
    /// [`Missed`], when these would not be all of them.
    pub fn since(&self, cursor: u64) -> Result<Vec<Event>, Missed> {
        let before_first = match self.events.front() {
            Some(first) => first.id - 1,
            None => self.last,
        };
        if cursor < before_first || cursor > self.last {
            return Err(Missed {
                cursor: before_first,
            });
        }
        // The numbers have no gaps, so that a subtraction finds the place.
        let seen = (cursor - before_first) as usize;
        let mut room = MAX_BATCH_TEXT;
        Ok(self
            .events
            .iter()
            .skip(seen)
            .take(MAX_BATCH)
            .take_while(|event| {
                let fits = room > 0; // So there is always one.
                room = room.saturating_sub(event.text.len());
                fits
            })
            .cloned()
            .collect())
    }
    // ANCHOR_END: log

    /// The number of the last event, 0 when there was none.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// All that is kept, the oldest first.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.events.iter()
    }

    /// How many events are kept at most.
    pub fn kept(&self) -> usize {
        self.kept
    }
}
