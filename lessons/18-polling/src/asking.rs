//! The client's side: what it has, how it asks, and when again.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use http::{Answer, Status};

use crate::answers::{Batch, GONE};
use crate::log::{Event, MAX_BATCH, MAX_BATCH_TEXT, MAX_TEXT};

/// Bytes of an answer: in JSON, a byte of text may become six, as in `\u0000`.
const MAX_ANSWER: u64 = (6 * (MAX_BATCH_TEXT + MAX_TEXT) + 64 * (MAX_BATCH + 1)) as u64;

// ANCHOR: cursor
/// Which events a client has: all up to this number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    last: u64,
}

impl Cursor {
    /// Everything that is behind the event `last`; 0 is from the beginning.
    pub fn after(last: u64) -> Self {
        Self { last }
    }

    /// The number of the last event that the client has.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// Takes what an answer brought, and returns what is new in it: each event once and in order, whatever
    /// the answer says. What an answer to an earlier request brings again is not new.
    pub fn take(&mut self, batch: Batch) -> Vec<Event> {
        let mut new = batch.events;
        new.retain(|event| {
            let is_new = event.id > self.last;
            self.last = self.last.max(event.id);
            is_new
        });
        self.last = self.last.max(batch.cursor);
        new
    }

    /// Events were missed: goes on with what is still there.
    pub fn skip_to(&mut self, last: u64) {
        self.last = last;
    }
}
// ANCHOR_END: cursor

/// What a server says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// These events, perhaps none.
    Batch(Batch),
    /// Some are not there any more; what is left comes after this number.
    Missed(u64),
}

// ANCHOR: ask
/// Asks the server at `address` once for what is behind `cursor`. `path` is the feed's, such as `/events`;
/// `patience` is for everything, and longer than the server may hold the request.
///
/// # Errors
///
/// Those of [`http::get`]; `Other` for an answer that is neither.
pub fn ask(
    address: SocketAddr,
    path: &str,
    cursor: Cursor,
    patience: Duration,
) -> io::Result<Asked> {
    let target = format!("{path}?since={}", cursor.last());
    let mut status = Status::OK;
    let mut body = Vec::new();
    http::get(address, &target, MAX_ANSWER, patience, |answer| {
        match answer {
            Answer::Head(head) => status = head.status,
            Answer::Body(bytes) => body.extend_from_slice(bytes),
            Answer::End => {}
        }
        Ok(())
    })?;
    let batch = || {
        serde_json::from_slice::<Batch>(&body)
            .map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
    };
    match status {
        Status::OK => Ok(Asked::Batch(batch()?)),
        GONE => Ok(Asked::Missed(batch()?.cursor)),
        status => Err(io::Error::other(format!("the server says {status}"))),
    }
}
// ANCHOR_END: ask

// ANCHOR: backoff
/// How long to wait before the next attempt: up to twice as long after each failure, and never the same as
/// everybody else. A thousand clients that lost the same server would otherwise come back in the same
/// moment, and again, and again.
#[derive(Clone, Debug)]
pub struct Backoff {
    failures: u32,
    random: fastrand::Rng,
}

impl Backoff {
    /// The longest wait after the first failure.
    pub const FIRST: Duration = Duration::from_millis(200);
    /// The longest wait of all.
    pub const LONGEST: Duration = Duration::from_secs(10);

    /// Nothing has failed yet. The same `seed` gives the same waits.
    pub fn new(seed: u64) -> Self {
        Self {
            failures: 0,
            random: fastrand::Rng::with_seed(seed),
        }
    }

    /// An answer came.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// How long to wait after an answer: about `usual`, from half of it to one and a half. Who began together
    /// does not stay together.
    pub fn jittered(&mut self, usual: Duration) -> Duration {
        usual.mul_f64(0.5 + self.random.f64())
    }

    /// None came. Returns how long to wait.
    pub fn failed(&mut self) -> Duration {
        let doubled = Self::FIRST.saturating_mul(2_u32.saturating_pow(self.failures));
        self.failures = self.failures.saturating_add(1);
        doubled.min(Self::LONGEST).mul_f64(self.random.f64())
    }
}
// ANCHOR_END: backoff
