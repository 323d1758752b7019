//! hint: silence-ends-it
//! Takes a question that went out for a sign of life.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

#[derive(Clone, Debug)]
pub struct Heartbeat {
    interval: Duration,
    patience: Duration,
    last_heard: Instant,
    next_ask: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beat {
    Wait(Duration),
    Ask,
    GiveUp,
}

impl Heartbeat {
    pub fn new(interval: Duration, patience: Duration, now: Instant) -> Heartbeat {
        Heartbeat {
            interval,
            patience,
            last_heard: now,
            next_ask: now + interval,
        }
    }

    pub fn heard(&mut self, now: Instant) {
        self.last_heard = now;
        self.next_ask = now + self.interval;
    }

    pub fn next(&mut self, now: Instant) -> Beat {
        let give_up = self.last_heard + self.patience;
        if now >= give_up {
            return Beat::GiveUp;
        }
        if now >= self.next_ask {
            self.next_ask = now + self.interval;
            self.last_heard = now;
            return Beat::Ask;
        }
        Beat::Wait(self.next_ask.min(give_up) - now)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Left,
    GivenUp,
}

pub fn watch(mut stream: &TcpStream, interval: Duration, patience: Duration) -> io::Result<Ending> {
    let mut heartbeat = Heartbeat::new(interval, patience, Instant::now());
    let mut buffer = [0; 64];
    loop {
        let wait = match heartbeat.next(Instant::now()) {
            Beat::Wait(wait) => wait,
            Beat::Ask => {
                stream.write_all(b"ping\n")?;
                continue;
            }
            Beat::GiveUp => return Ok(Ending::GivenUp),
        };
        stream.set_read_timeout(Some(wait))?;
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(Ending::Left),
            Ok(_) => heartbeat.heard(Instant::now()),
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => {}
                _ => return Err(error),
            },
        }
    }
}
