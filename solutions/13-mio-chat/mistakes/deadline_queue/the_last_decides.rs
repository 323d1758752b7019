//! hint: earliest
//! Waits for the latest of all.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

#[derive(Debug, Default)]
pub struct Deadlines {
    by_time: BTreeSet<(Instant, u64)>,
    by_key: BTreeMap<u64, Instant>,
}

impl Deadlines {
    pub fn new() -> Deadlines {
        Deadlines::default()
    }

    pub fn set(&mut self, key: u64, deadline: Instant) {
        self.cancel(key);
        self.by_key.insert(key, deadline);
        self.by_time.insert((deadline, key));
    }

    pub fn cancel(&mut self, key: u64) {
        if let Some(deadline) = self.by_key.remove(&key) {
            self.by_time.remove(&(deadline, key));
        }
    }

    pub fn next_due(&mut self, now: Instant) -> Option<u64> {
        let (_, key) = *self.by_time.first().filter(|(at, _)| *at <= now)?;
        self.cancel(key);
        Some(key)
    }

    pub fn timeout_ms(&self, now: Instant) -> i32 {
        let Some((deadline, _)) = self.by_time.last() else {
            return -1;
        };
        let left = deadline.saturating_duration_since(now);
        let round_up = Duration::from_nanos(999_999);
        i32::try_from((left + round_up).as_millis()).unwrap_or(i32::MAX)
    }
}
