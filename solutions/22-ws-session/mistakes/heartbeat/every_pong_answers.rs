//! hint: which-ping
//! Takes every pong for the answer to its ping.

use std::time::{Duration, Instant};

#[derive(Clone, Copy, Debug)]
pub struct Times {
    pub quiet: Duration,
    pub pong: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Wait(Duration),
    Ping([u8; 8]),
    GiveUp,
}

#[derive(Debug)]
pub struct Heartbeat {
    times: Times,
    since: Instant,
    is_asked: bool,
    ping: Option<(Instant, [u8; 8])>,
    count: u64,
}

impl Heartbeat {
    pub fn new(times: Times, now: Instant) -> Heartbeat {
        Heartbeat {
            times,
            since: now,
            is_asked: false,
            ping: None,
            count: 0,
        }
    }

    pub fn bytes_came(&mut self, now: Instant) {
        self.since = now;
        self.is_asked = false;
    }

    pub fn pong_came(&mut self, payload: &[u8], now: Instant) -> Option<Duration> {
        let (sent, _) = self.ping.take()?;
        Some(now - sent)
    }

    pub fn next(&mut self, now: Instant) -> Next {
        let patience = match self.is_asked {
            true => self.times.pong,
            false => self.times.quiet,
        };
        let deadline = self.since + patience;
        if now < deadline {
            return Next::Wait(deadline - now);
        }
        if self.is_asked {
            return Next::GiveUp;
        }
        self.count += 1;
        let payload = self.count.to_be_bytes();
        self.since = now;
        self.is_asked = true;
        self.ping = Some((now, payload));
        Next::Ping(payload)
    }
}
