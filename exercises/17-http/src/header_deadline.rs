//! Exercise: a deadline for the head of a request, and 408.

use std::time::{Duration, Instant};

/// How long a server waits for a client.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Between two requests, and before the first one: how long nothing may come.
    pub between: Duration,
    /// For a head: from its first byte to its blank line.
    pub head: Duration,
}

/// What the server does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Wait for bytes, so long and no longer. Never zero.
    Wait(Duration),
    /// Answer 408 Request Timeout and close: the client has begun a request and not ended its head.
    TooSlow,
    /// Close without a word: the client has nothing to say, and nothing is owed to it.
    Close,
}

/// Watches the time of one connection. It has no clock: each call says what time it is, and `now`
/// never goes back.
///
/// A client that opens a connection and sends a byte now and then holds a thread, or a descriptor,
/// for as long as it is let. A timeout for each read does not end that: only a deadline for the whole
/// head does. Browsers, on the other hand, keep connections open for later, and have done nothing
/// wrong.
#[derive(Debug)]
pub struct HeadClock {
    patience: Patience,
    /// Since when the connection has been quiet: when it was accepted, or the last answer was sent.
    quiet_since: Instant,
    /// When the first byte came of the head that is not complete.
    begun: Option<Instant>,
}

impl HeadClock {
    /// A connection that has been accepted at `now`.
    pub fn new(now: Instant, patience: Patience) -> HeadClock {
        HeadClock {
            patience,
            quiet_since: now,
            begun: None,
        }
    }

    /// Bytes of a head have come: its first ones, or more of it.
    pub fn bytes_came(&mut self, now: Instant) {
        todo!("remember when the head began, not when it went on")
    }

    /// A request was complete, and its answer is sent. `next_has_begun` says that bytes of the next
    /// head have come already, together with that request: the time for that head begins now.
    pub fn answered(&mut self, now: Instant, next_has_begun: bool) {
        todo!(
            "begin anew: the connection is quiet since now, and a head has begun now or not at all"
        )
    }

    /// What to do at `now`, while no complete head is there.
    ///
    /// What will come: a client that says nothing; one that sends its head in many pieces; one that
    /// sends a byte again and again; requests after long pauses; requests that are sent together; a
    /// call at exactly the deadline, which is too late, and one long after it.
    ///
    /// Example: with 10 s for a head that began 4 s ago, whatever has come since, this is
    /// `Wait(6 s)`.
    pub fn next(&self, now: Instant) -> Next {
        todo!(
            "find the one deadline that counts now, and what follows when it is over; before it, wait for what is left"
        )
    }
}
