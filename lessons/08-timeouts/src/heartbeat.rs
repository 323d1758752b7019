//! When to ask a silent peer, and when to give it up.

use std::time::{Duration, Instant};

// ANCHOR: heartbeat
/// Watches over one peer. It has no socket and no clock: it is told what was heard, and what time
/// it is.
///
/// Only what *comes* counts. That our ping went out proves nothing: it is in a buffer of our own
/// kernel.
#[derive(Clone, Debug)]
pub struct Heartbeat {
    interval: Duration,
    patience: Duration,
    heard: Instant,
    /// When something was last heard or asked, whichever was later.
    moved: Instant,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beat {
    /// Nothing, for this long: more than zero.
    Wait(Duration),
    /// Ask the peer whether it is there.
    Ask,
    /// The peer has been silent for too long.
    GiveUp,
}

impl Heartbeat {
    /// The peer was there at `now`. After `interval` of silence it is asked, and asked again
    /// after each further `interval`; after `patience` of silence it is given up.
    pub fn new(interval: Duration, patience: Duration, now: Instant) -> Self {
        Self {
            interval,
            patience,
            heard: now,
            moved: now,
        }
    }

    /// Something came from the peer, whatever it was: it is there.
    pub fn heard(&mut self, now: Instant) {
        self.heard = now;
        self.moved = now;
    }

    /// What to do at `now`. After [`Beat::Ask`] this expects that the question is sent.
    pub fn next(&mut self, now: Instant) -> Beat {
        let silent = now.saturating_duration_since(self.heard);
        if silent >= self.patience {
            return Beat::GiveUp;
        }
        let quiet = now.saturating_duration_since(self.moved);
        if quiet >= self.interval {
            self.moved = now;
            return Beat::Ask;
        }
        Beat::Wait((self.interval - quiet).min(self.patience - silent))
    }
}
// ANCHOR_END: heartbeat
