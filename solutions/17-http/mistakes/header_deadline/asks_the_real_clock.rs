//! hint: reads-a-clock
//! Asks the real clock, and not the argument.

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
        let _ = now;
        let (gone, patience, then) = match self.begun {
            Some(begun) => (begun.elapsed(), self.patience.head, Next::TooSlow),
            None => (
                self.quiet_since.elapsed(),
                self.patience.between,
                Next::Close,
            ),
        };
        if gone >= patience {
            then
        } else {
            Next::Wait(patience - gone)
        }
    }
}
