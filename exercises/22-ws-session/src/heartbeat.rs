//! Exercise: a heartbeat of pings, with the clock passed in.

use std::time::{Duration, Instant};

/// How long a peer may be silent.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// Before it is asked with a ping.
    pub quiet: Duration,
    /// After the ping, before it is given up.
    pub pong: Duration,
}

/// What the engine does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Wait for bytes, so long and no longer. Never zero.
    Wait(Duration),
    /// Send a ping with this payload now. No two pings have the same one.
    Ping([u8; 8]),
    /// Close the connection: nobody is there.
    GiveUp,
}

/// Watches whether a peer is there, and how far away it is. It has no clock: each call says what time
/// it is, and `now` never goes back.
///
/// Any byte is a sign of life, not only a pong: who sends a long message is there, and may be unable
/// to put a pong into the middle of a frame. But only a pong with the payload of our *last* ping says
/// how long the way there and back took. Pongs may also come that answer nothing, or an earlier ping
/// (RFC 6455, section 5.5.3), and one pong may come twice.
///
/// Example: `quiet` is 30 s, `pong` 10 s, and the last byte came at 0 s. `next` at 12 s is
/// `Wait(18 s)`; at 30 s `Ping`; at 31 s `Wait(9 s)`. A byte comes at 32 s: `next` is `Wait(30 s)`.
/// Without it, `next` at 40 s is `GiveUp`.
#[derive(Debug)]
pub struct Heartbeat {
    times: Times,
    /// When the last byte came or, if we wait for an answer, when we asked.
    since: Instant,
    /// Nothing has come since our last ping.
    is_asked: bool,
    /// The last ping, until its pong has come: when it was sent, and its payload.
    ping: Option<(Instant, [u8; 8])>,
    /// Pings that were sent.
    count: u64,
}

impl Heartbeat {
    /// The handshake was done at `now`.
    pub fn new(times: Times, now: Instant) -> Heartbeat {
        Heartbeat {
            times,
            since: now,
            is_asked: false,
            ping: None,
            count: 0,
        }
    }

    /// Bytes have come, of whatever frame. The engine calls it after each read, and then
    /// [`Heartbeat::pong_came`] if a pong was among them.
    pub fn bytes_came(&mut self, now: Instant) {
        todo!("the peer is there, and its silence begins anew")
    }

    /// A pong has come. Returns how long the way there and back took, if it answers our last ping,
    /// and once.
    pub fn pong_came(&mut self, payload: &[u8], now: Instant) -> Option<Duration> {
        todo!(
            "only the payload of the last ping answers it, and from when that was sent the time is measured"
        )
    }

    /// What to do at `now`. Called when a wait is over, and after each read.
    ///
    /// What will come: calls at exactly a deadline, which is the time to act; calls in between, which
    /// change nothing; a call hours late, because the machine slept: the peer is asked before it is
    /// given up, since it could not know.
    pub fn next(&mut self, now: Instant) -> Next {
        todo!(
            "wait while the deadline that counts has not come; then ask, if you have not; then give up"
        )
    }
}
