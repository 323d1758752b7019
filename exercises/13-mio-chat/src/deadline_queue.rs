//! Exercise: deadlines of many connections, and one timeout for all.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// The deadlines of many connections, at most one for each key.
///
/// There may be 10,000 of them, and most calls are about one: so they are kept in two orders.
/// What is in one is in the other.
#[derive(Debug, Default)]
pub struct Deadlines {
    /// The earliest first. A key is here at most once.
    by_time: BTreeSet<(Instant, u64)>,
    by_key: BTreeMap<u64, Instant>,
}

impl Deadlines {
    /// Nobody is due.
    pub fn new() -> Deadlines {
        Deadlines::default()
    }

    /// `key` is due at `deadline`. If it had a deadline before, that one is void.
    pub fn set(&mut self, key: u64, deadline: Instant) {
        todo!("make the old deadline void, and put the new one into both orders")
    }

    /// `key` is not due any more: its connection is gone, perhaps. It need not have a deadline.
    pub fn cancel(&mut self, key: u64) {
        todo!("remove it from both orders")
    }

    /// The next key whose deadline is `now` or earlier, the earliest first, and removes it: each
    /// deadline is told once. The loop calls this until it says `None`.
    pub fn next_due(&mut self, now: Instant) -> Option<u64> {
        todo!("if the earliest is due, remove it from both orders and return its key")
    }

    /// How many milliseconds `epoll_wait` should wait for events: until the earliest deadline, and
    /// not less, or it would say "nothing happened" again and again before the time has come.
    ///
    /// 0 when somebody is due already, and -1, which is for ever, when nobody will be. What does not
    /// fit is `i32::MAX`: to wake too early once in 24 days harms nobody.
    ///
    /// Example: 1.2 ms are left; the answer is 2.
    pub fn timeout_ms(&self, now: Instant) -> i32 {
        todo!(
            "the time until the earliest deadline, in milliseconds, rounded up; -1 when there is none"
        )
    }
}
