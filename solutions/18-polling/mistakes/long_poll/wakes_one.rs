//! hint: wakes-one-only
//! Wakes one of those who wait for the same event.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub id: u64,
    pub room: String,
    pub text: String,
}

#[derive(Debug)]
pub struct Board<F> {
    state: Mutex<State>,
    changed: Condvar,
    others_first: F,
}

#[derive(Debug, Default)]
struct State {
    events: Vec<Event>,
    closed: bool,
}

impl State {
    fn since(&self, room: &str, cursor: u64) -> Vec<Event> {
        let events = self.events.iter();
        let wanted = events.filter(|event| event.id > cursor && event.room == room);
        wanted.cloned().collect()
    }
}

impl<F: Fn()> Board<F> {
    pub fn new(others_first: F) -> Board<F> {
        Board {
            state: Mutex::default(),
            changed: Condvar::new(),
            others_first,
        }
    }

    pub fn publish(&self, room: &str, text: &str) {
        let mut state = self.state();
        let event = Event {
            id: state.events.len() as u64 + 1,
            room: room.to_string(),
            text: text.to_string(),
        };
        state.events.push(event);
        self.changed.notify_one();
    }

    pub fn wait(&self, room: &str, cursor: u64, patience: Duration) -> Vec<Event> {
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
    }

    pub fn close(&self) {
        self.state().closed = true;
        self.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        (self.others_first)();
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
