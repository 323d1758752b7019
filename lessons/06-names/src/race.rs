//! Who runs when: Happy Eyeballs without sockets and without a clock (RFC 8305, section 5).

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// What [`Race::next_step`] wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Start connecting to this address, beside those that are under way, and ask again.
    Start(SocketAddr),
    /// Nothing to do before this moment, unless an attempt ends earlier.
    WaitUntil(Instant),
    /// Every address has been tried: wait for an attempt to end.
    Wait,
    /// Another attempt has won: close this one, and ask again.
    Close(SocketAddr),
    /// This connection is the one to use, and all others are closed.
    Won(SocketAddr),
    /// No address is left, and no attempt is under way.
    Lost,
}

// ANCHOR: race
/// Decides when to try which address. Tell it how the attempts end, and ask for the next step.
///
/// The rules: one attempt starts at a time; the next one starts when `delay` has passed since, or
/// at once when an attempt fails; nobody gives up an attempt because another one has started; the
/// first connection wins, and then all other attempts are closed.
#[derive(Debug)]
pub struct Race {
    delay: Duration,
    waiting: VecDeque<SocketAddr>,
    running: Vec<SocketAddr>,
    winner: Option<SocketAddr>,
    /// Before this moment no attempt starts; `None` means that one may start now.
    next_start: Option<Instant>,
}

impl Race {
    /// A race to `addresses`, each of which is there once, in the order in which they are tried.
    pub fn new(addresses: Vec<SocketAddr>, delay: Duration) -> Self {
        Self {
            delay,
            waiting: addresses.into(),
            running: Vec::new(),
            winner: None,
            next_start: None,
        }
    }

    /// What is to be done at `now`.
    pub fn next_step(&mut self, now: Instant) -> Step {
        if let Some(winner) = self.winner {
            return self.running.pop().map_or(Step::Won(winner), Step::Close);
        }
        match self.next_start {
            Some(moment) if now < moment && !self.waiting.is_empty() => Step::WaitUntil(moment),
            _ => match self.waiting.pop_front() {
                Some(address) => {
                    self.running.push(address);
                    self.next_start = Some(now + self.delay);
                    Step::Start(address)
                }
                None if self.running.is_empty() => Step::Lost,
                None => Step::Wait,
            },
        }
    }

    /// The attempt to reach `address` has failed.
    pub fn failed(&mut self, address: SocketAddr) {
        self.running.retain(|running| *running != address);
        // A refusal is an answer. Waiting would not make it another one.
        self.next_start = None;
    }

    /// The attempt to reach `address` has succeeded. Only the first one wins.
    pub fn connected(&mut self, address: SocketAddr) {
        if self.winner.is_none() {
            self.winner = Some(address);
            self.running.retain(|running| *running != address);
        }
    }
}
// ANCHOR_END: race
