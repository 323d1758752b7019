//! hint: panicked
//! Subtracts before it compares: long after the deadline that panics.

use std::time::{Duration, Instant};
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    pub between: Duration,
    pub head: Duration,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Wait(Duration),
    TooSlow,
    Close,
}
#[derive(Debug)]
pub struct HeadClock {
    patience: Patience,
    quiet_since: Instant,
    begun: Option<Instant>,
}

impl HeadClock {
    pub fn new(now: Instant, patience: Patience) -> HeadClock {
        HeadClock {
            patience,
            quiet_since: now,
            begun: None,
        }
    }
    pub fn bytes_came(&mut self, now: Instant) {
        self.begun.get_or_insert(now);
    }
    pub fn answered(&mut self, now: Instant, next_has_begun: bool) {
        self.quiet_since = now;
        self.begun = next_has_begun.then_some(now);
    }
    pub fn next(&self, now: Instant) -> Next {
        match self.begun {
            Some(begun) => {
                let left = self.patience.head - (now - begun);
                if left.is_zero() {
                    Next::TooSlow
                } else {
                    Next::Wait(left)
                }
            }
            None => {
                let left = self.patience.between - (now - self.quiet_since);
                if left.is_zero() {
                    Next::Close
                } else {
                    Next::Wait(left)
                }
            }
        }
    }
}
