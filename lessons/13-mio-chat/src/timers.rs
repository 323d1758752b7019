//! Who is due, and when: no clock inside.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

// ANCHOR: timers
/// At most one deadline for each `Key`.
///
/// The time is an argument everywhere. So a test needs no clock, and all that one turn of a loop
/// does happens at the same time.
#[derive(Debug)]
pub struct Timers<Key> {
    by_time: BTreeSet<(Instant, Key)>,
    by_key: BTreeMap<Key, Instant>,
}

impl<Key: Copy + Ord> Timers<Key> {
    /// Nobody is due.
    pub fn new() -> Self {
        Self {
            by_time: BTreeSet::new(),
            by_key: BTreeMap::new(),
        }
    }

    /// `key` is due at `deadline`, and not when it was due before.
    pub fn set(&mut self, key: Key, deadline: Instant) {
        self.cancel(key);
        self.by_key.insert(key, deadline);
        self.by_time.insert((deadline, key));
    }

    /// `key` is not due any more.
    pub fn cancel(&mut self, key: Key) {
        if let Some(deadline) = self.by_key.remove(&key) {
            self.by_time.remove(&(deadline, key));
        }
    }

    /// Whether `key` will be due.
    pub fn contains(&self, key: Key) -> bool {
        self.by_key.contains_key(&key)
    }

    /// How long to wait until somebody is due: zero when somebody is, `None` when nobody will be.
    pub fn wait(&self, now: Instant) -> Option<Duration> {
        let (deadline, _) = self.by_time.first()?;
        Some(deadline.saturating_duration_since(now))
    }

    /// The next one who is due, the earliest first; it is told once.
    pub fn expired(&mut self, now: Instant) -> Option<Key> {
        let (_, key) = *self.by_time.first().filter(|(at, _)| *at <= now)?;
        self.cancel(key);
        Some(key)
    }
}
// ANCHOR_END: timers

impl<Key: Copy + Ord> Default for Timers<Key> {
    fn default() -> Self {
        Self::new()
    }
}
