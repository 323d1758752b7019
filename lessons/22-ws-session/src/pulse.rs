//! Whether the peer is there. The clock is the caller's.

use std::time::{Duration, Instant};

use crate::session::Session;

// ANCHOR: times
/// How long a peer may be silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// Before it is asked with a ping. Only who asks learns that a peer is gone that could not say so
    /// (lesson 08).
    pub quiet: Duration,
    /// After the ping, before it is given up. Any byte is a sign of life. As long it may take for its handshake,
    /// and for reading what it was sent.
    pub pong: Duration,
    /// After our close frame, until its own has come and its stream has ended (section 7.1.1).
    pub close: Duration,
}

impl Times {
    /// What the programs use.
    pub const USUAL: Self = Self {
        quiet: Duration::from_secs(30),
        pong: Duration::from_secs(10),
        close: Duration::from_secs(5),
    };
}
// ANCHOR_END: times

// ANCHOR: pulse
/// Since when a peer is silent, and what was done about that.
#[derive(Clone, Copy, Debug)]
pub struct Pulse {
    since: Instant,
    silence: Silence,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Silence {
    /// It has nothing to say.
    Quiet,
    /// It has not answered our ping yet, or not finished its handshake.
    Asked,
    /// It has not ended the conversation yet. Whatever it says does not prolong that.
    Closing,
}

impl Pulse {
    /// Something was heard just now.
    pub fn new(now: Instant) -> Self {
        Self {
            since: now,
            silence: Silence::Quiet,
        }
    }

    /// Nothing is agreed yet: there is as much time for the handshake as for a pong, however it is spent.
    pub fn opening(now: Instant) -> Self {
        Self {
            since: now,
            silence: Silence::Asked,
        }
    }

    /// Something was heard.
    pub fn heard(&mut self, now: Instant) {
        if self.silence != Silence::Closing {
            *self = Self::new(now);
        }
    }

    /// We have said goodbye, or answered the peer's.
    pub fn closing(&mut self, now: Instant) {
        if self.silence != Silence::Closing {
            self.since = now;
            self.silence = Silence::Closing;
        }
    }

    /// When [`Pulse::late`] is to be called.
    pub fn deadline(&self, times: &Times) -> Instant {
        self.since
            + match self.silence {
                Silence::Quiet => times.quiet,
                Silence::Asked => times.pong,
                Silence::Closing => times.close,
            }
    }

    /// The deadline has passed: asks the peer whether it is there, and says yes. Or no: it is given up, and the
    /// connection is to be closed.
    pub fn late(&mut self, now: Instant, session: &mut Session, out: &mut Vec<u8>) -> bool {
        let is_quiet = self.silence == Silence::Quiet && session.is_open();
        if is_quiet {
            session.ping(&[], out);
            self.since = now;
            self.silence = Silence::Asked;
        }
        is_quiet
    }
}
// ANCHOR_END: pulse
