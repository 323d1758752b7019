//! Exercise: race to the addresses of a name (Happy Eyeballs, RFC 8305).

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Start connecting to this address, beside those that are under way.
    Start(SocketAddr),
    /// Nothing before this moment, unless an attempt ends earlier.
    WaitUntil(Instant),
    /// All have been started, and nobody has connected: wait for one of them to end.
    Wait,
    /// Close the attempt to reach this address: another one was faster.
    Close(SocketAddr),
    /// Use this connection. All the others are closed.
    Won(SocketAddr),
    /// Every attempt has failed.
    Lost,
}

/// Decides when to try which address. No socket and no clock: whoever runs the race does what
/// [`Race::next_step`] says, tells how attempts end, and says what time it is.
#[derive(Debug)]
pub struct Race {
    /// How long the newest attempt runs before another one starts beside it.
    delay: Duration,
    /// Not started yet, in the order in which they are to be tried.
    waiting: VecDeque<SocketAddr>,
    /// Started, and neither failed, nor won, nor given to `Step::Close`.
    running: Vec<SocketAddr>,
    /// The first that has connected.
    winner: Option<SocketAddr>,
    /// No attempt starts before this moment. `None`: the next one may start at once.
    next_start: Option<Instant>,
}

impl Race {
    /// A race to `addresses`, in this order; none of them is there twice.
    pub fn new(addresses: Vec<SocketAddr>, delay: Duration) -> Race {
        Race {
            delay,
            waiting: addresses.into(),
            running: Vec::new(),
            winner: None,
            next_start: None,
        }
    }

    /// What is to be done at `now`. It is called again and again until it says `Won` or `Lost`.
    ///
    /// The rules:
    /// - The first attempt starts at once. Each further one starts when `delay` has passed since
    ///   the last start, or as soon as an attempt has failed. Nobody stops because another starts.
    /// - When an attempt has connected, nobody starts any more. Each attempt that is under way is
    ///   given to `Close` once, in any order, and then the answer is `Won`, as often as it is asked.
    /// - `Lost` when no address is left and every attempt has failed.
    ///
    /// What will come: calls earlier and later than `WaitUntil` said, several calls at the same
    /// moment, failures of any attempt, two that connect before the next call, no address at all.
    ///
    /// Example: with the addresses A and B and a delay of 250 ms, the answers at 0 ms are
    /// `Start(A)` and then `WaitUntil(250 ms)`; at 250 ms they are `Start(B)` and then `Wait`.
    pub fn next_step(&mut self, now: Instant) -> Step {
        // BEGIN SOLUTION: after a win close who is still running; else start the next address if it is time, or say what to wait for
        if let Some(winner) = self.winner {
            return self.running.pop().map_or(Step::Won(winner), Step::Close);
        }
        let Some(&address) = self.waiting.front() else {
            return if self.running.is_empty() {
                Step::Lost
            } else {
                Step::Wait
            };
        };
        match self.next_start {
            Some(moment) if now < moment => Step::WaitUntil(moment),
            _ => {
                self.waiting.pop_front();
                self.running.push(address);
                self.next_start = Some(now + self.delay);
                Step::Start(address)
            }
        }
        // END SOLUTION
    }

    /// The attempt to reach `address` has failed.
    pub fn failed(&mut self, address: SocketAddr) {
        // BEGIN SOLUTION: it is not running any more, and the next one may start at once
        self.running.retain(|running| *running != address);
        self.next_start = None;
        // END SOLUTION
    }

    /// The attempt to reach `address` has connected. Another one may have done so before, in the
    /// same moment; then this one is a loser.
    pub fn connected(&mut self, address: SocketAddr) {
        // BEGIN SOLUTION: the first one that connects is the winner, and does not count as running any more
        if self.winner.is_none() {
            self.winner = Some(address);
            self.running.retain(|running| *running != address);
        }
        // END SOLUTION
    }
}
