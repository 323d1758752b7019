//! hint: delay-from-the-last-start
//! Counts the delays from the beginning of the race, whenever an attempt has started.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Start(SocketAddr),
    WaitUntil(Instant),
    Wait,
    Close(SocketAddr),
    Won(SocketAddr),
    Lost,
}

#[derive(Debug)]
pub struct Race {
    delay: Duration,
    waiting: VecDeque<SocketAddr>,
    running: Vec<SocketAddr>,
    winner: Option<SocketAddr>,
    next_start: Option<Instant>,
    timetable: Option<Instant>,
}

impl Race {
    pub fn new(addresses: Vec<SocketAddr>, delay: Duration) -> Race {
        Race {
            delay,
            waiting: addresses.into(),
            running: Vec::new(),
            winner: None,
            next_start: None,
            timetable: None,
        }
    }

    pub fn next_step(&mut self, now: Instant) -> Step {
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
                let planned = self.timetable.unwrap_or(now) + self.delay;
                self.timetable = Some(planned);
                self.next_start = self.timetable;
                Step::Start(address)
            }
        }
    }

    pub fn failed(&mut self, address: SocketAddr) {
        self.running.retain(|running| *running != address);
        self.next_start = None;
    }

    pub fn connected(&mut self, address: SocketAddr) {
        if self.winner.is_none() {
            self.winner = Some(address);
            self.running.retain(|running| *running != address);
        }
    }
}
