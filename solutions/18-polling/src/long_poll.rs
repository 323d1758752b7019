//! Exercise: an answer that waits until there is something to say.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Something that happened in a room. Numbers go up, over all rooms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its number.
    pub id: u64,
    /// Where it happened.
    pub room: String,
    /// What happened.
    pub text: String,
}

/// The events of all rooms, for many threads. Each client that waits has a thread.
#[derive(Debug)]
pub struct Board<F> {
    state: Mutex<State>,
    /// Something has changed behind the lock.
    changed: Condvar,
    /// Called each time before the lock is taken: other threads may come first. It does nothing in a
    /// server; the grader lets happen there what happens once in a million times.
    others_first: F,
}

#[derive(Debug, Default)]
struct State {
    events: Vec<Event>,
    /// Nothing will happen any more.
    closed: bool,
}

impl State {
    /// Given: the events of a room behind a cursor, the oldest first.
    fn since(&self, room: &str, cursor: u64) -> Vec<Event> {
        let events = self.events.iter();
        let wanted = events.filter(|event| event.id > cursor && event.room == room);
        wanted.cloned().collect()
    }
}

impl<F: Fn()> Board<F> {
    /// Given: nothing has happened.
    pub fn new(others_first: F) -> Board<F> {
        Board {
            state: Mutex::default(),
            changed: Condvar::new(),
            others_first,
        }
    }

    /// Something happened in a room. The first event has number 1. Whoever waits for it, hears of
    /// it at once.
    pub fn publish(&self, room: &str, text: &str) {
        // BEGIN SOLUTION: number the event and put it behind the others, and wake those who wait: in the right order
        let mut state = self.state();
        let event = Event {
            id: state.events.len() as u64 + 1,
            room: room.to_string(),
            text: text.to_string(),
        };
        state.events.push(event);
        self.changed.notify_all();
        // END SOLUTION
    }

    /// The events of a room behind `cursor`: at once when there are some, else as soon as there are.
    /// Nothing when there were none for so long as `patience` says, or when the board was closed.
    ///
    /// What will come: events that are there already; several threads that wait at the same time, for
    /// the same room and for others; events in other rooms, which wake this one too and mean nothing,
    /// many of them, for longer than `patience`; an event that comes when you have looked and found
    /// nothing, and do not wait yet; `Duration::MAX`, which is as long as it takes. A condition
    /// variable may also wake without any reason (see `Condvar::wait`).
    ///
    /// Example: 3 events happened in "tea", the last one is number 7. `wait("tea", 7, 25 s)` is called,
    /// number 8 happens in "coffee", and after 2 s number 9 in "tea". This returns number 9 after 2 s.
    pub fn wait(&self, room: &str, cursor: u64, patience: Duration) -> Vec<Event> {
        // BEGIN SOLUTION: with the lock held, look, and wait on the condition variable for what is left of the patience; when it wakes, look again
        let began = Instant::now();
        let mut state = self.state();
        loop {
            let events = state.since(room, cursor);
            let left = patience.saturating_sub(began.elapsed());
            if !events.is_empty() || state.closed || left.is_zero() {
                return events;
            }
            let waited = self.changed.wait_timeout(state, left);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        // END SOLUTION
    }

    /// The server stops: nobody waits any more, now and later. What happened before is still given.
    pub fn close(&self) {
        // BEGIN SOLUTION: close the board, and wake those who wait
        self.state().closed = true;
        self.changed.notify_all();
        // END SOLUTION
    }

    /// Given: the lock. A thread that panicked while it had it is no reason to stop all others.
    fn state(&self) -> MutexGuard<'_, State> {
        (self.others_first)();
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
