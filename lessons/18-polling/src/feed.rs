//! A log for many threads, some of which wait for what is next.

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::journal::Journal;
use crate::log::{Event, Log, MAX_TEXT, Missed};

/// Threads that may wait for events at the same time. Policy, too many: the next one is told so, and
/// may ask later.
pub const MAX_SEATS: usize = 2_000;

// ANCHOR: feed
/// Events, for many threads. Clones are the same feed.
#[derive(Clone)]
pub struct Feed {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    /// Something happened, or the feed was closed.
    changed: Condvar,
}

struct State {
    log: Log,
    journal: Option<Journal>,
    seated: usize,
    closed: bool,
}
// ANCHOR_END: feed

impl Feed {
    /// Keeps the last `kept` events, as long as the process lives. The next process begins again at 1:
    /// clients with a cursor of this one may miss events, and nobody can tell.
    pub fn in_memory(kept: usize) -> Self {
        Self::with(Log::new(kept), None)
    }

    /// Keeps the last `kept` events, also in the file at `path`, and goes on where that file ends.
    ///
    /// # Errors
    ///
    /// Those of [`Journal::open`].
    pub fn open(path: &Path, kept: usize) -> io::Result<Self> {
        let (journal, log) = Journal::open(path, kept)?;
        Ok(Self::with(log, Some(journal)))
    }

    fn with(log: Log, journal: Option<Journal>) -> Self {
        let state = State {
            log,
            journal,
            seated: 0,
            closed: false,
        };
        Self {
            shared: Arc::new(Shared {
                state: Mutex::new(state),
                changed: Condvar::new(),
            }),
        }
    }

    // ANCHOR: publish
    /// Something happened. Returns its number; all who wait hear of it.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a text over [`MAX_TEXT`]; those of the journal, and then nothing has happened.
    pub fn publish(&self, text: &str) -> io::Result<u64> {
        if text.len() > MAX_TEXT {
            let sentence = format!("an event has at most {MAX_TEXT} bytes of text");
            return Err(io::Error::new(ErrorKind::InvalidInput, sentence));
        }
        let mut state = self.state();
        let state = &mut *state;
        let event = state.log.next(text);
        let id = event.id;
        if let Some(journal) = &mut state.journal {
            journal.shorten(&state.log)?;
            // First: who has heard of an event must not ask a server that has forgotten it.
            journal.append(&event)?;
        }
        state.log.push(event);
        self.shared.changed.notify_all();
        Ok(id)
    }
    // ANCHOR_END: publish

    /// The events behind `cursor`, as [`Log::since`]. Waits for nothing.
    ///
    /// # Errors
    ///
    /// [`Missed`].
    pub fn since(&self, cursor: u64) -> Result<Vec<Event>, Missed> {
        self.state().log.since(cursor)
    }

    /// The number of the last event, 0 when there was none.
    pub fn last(&self) -> u64 {
        self.state().log.last()
    }

    // ANCHOR: seat
    /// A place to wait on; `None` when all [`MAX_SEATS`] are taken.
    pub fn take_seat(&self) -> Option<Seat> {
        let mut state = self.state();
        if state.seated == MAX_SEATS {
            return None;
        }
        state.seated += 1;
        Some(Seat { feed: self.clone() })
    }
    // ANCHOR_END: seat

    /// Seats that are taken.
    pub fn seated(&self) -> usize {
        self.state().seated
    }

    /// Nobody waits any more, now and later: the server stops.
    pub fn close(&self) {
        self.state().closed = true;
        self.shared.changed.notify_all();
    }

    /// Whether the feed was closed.
    pub fn is_closed(&self) -> bool {
        self.state().closed
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let state = self.shared.state.lock();
        state.unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        write!(
            f,
            "Feed(last {}, {} seated)",
            state.log.last(),
            state.seated
        )
    }
}

// ANCHOR: wait
/// The right to wait for events. Whoever drops it gives it back, however the wait ended.
#[derive(Debug)]
pub struct Seat {
    feed: Feed,
}

impl Seat {
    /// The events behind `cursor`, as soon as there are any. None when there were none for `patience`,
    /// or when the feed was closed.
    ///
    /// # Errors
    ///
    /// [`Missed`].
    pub fn wait(&self, cursor: u64, patience: Duration) -> Result<Vec<Event>, Missed> {
        let began = Instant::now();
        let mut state = self.feed.state();
        loop {
            // Under the same lock as the wait below: an event that comes between is not overheard.
            let events = state.log.since(cursor)?;
            let left = patience.saturating_sub(began.elapsed());
            if !events.is_empty() || state.closed || left.is_zero() {
                return Ok(events);
            }
            let changed = &self.feed.shared.changed;
            let waited = changed.wait_timeout(state, left);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The feed that this is a seat of.
    pub fn feed(&self) -> &Feed {
        &self.feed
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.feed.state().seated -= 1;
    }
}
// ANCHOR_END: wait
