//! Exercise: a heartbeat that notices a black hole.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Watches over one peer. It has no socket and no clock: it is told what was heard, and what time
/// it is.
#[derive(Clone, Debug)]
pub struct Heartbeat {
    /// How long the peer may be silent before it is asked, and then between two questions.
    interval: Duration,
    /// How long the peer may be silent before it is given up. Longer than `interval`.
    patience: Duration,
    /// When something last came from the peer.
    last_heard: Instant,
    /// When the peer will be asked, if it stays silent.
    next_ask: Instant,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beat {
    /// Nothing for this long, which is more than zero: then something is to be done.
    Wait(Duration),
    /// Send the peer a question.
    Ask,
    /// The peer has been silent for `patience` or longer. It may still be connected.
    GiveUp,
}

impl Heartbeat {
    /// The peer was there at `now`.
    pub fn new(interval: Duration, patience: Duration, now: Instant) -> Heartbeat {
        Heartbeat {
            interval,
            patience,
            last_heard: now,
            next_ask: now + interval,
        }
    }

    /// Something came from the peer at `now`: an answer or anything else. It is there, and its
    /// silence begins anew.
    pub fn heard(&mut self, now: Instant) {
        todo!("remember when the peer was heard, and plan the next question from there")
    }

    /// What is to be done at `now`.
    ///
    /// After `interval` of silence, that is from the very moment on at which it is reached, the
    /// peer is asked, and asked again an `interval` after the last question. From `patience` of
    /// silence on it is given up, whatever else is due. That it was asked is no sign of life.
    ///
    /// What will come: calls that are earlier than promised; calls at exactly the right moment;
    /// calls that are much too late, because the machine was asleep; the same `now` twice.
    ///
    /// Example, with an `interval` of 10 s, a `patience` of 25 s and a peer that says nothing:
    /// `Wait(10 s)` at 0 s, `Ask` at 10 s and then `Wait(10 s)`, `Ask` at 20 s and then
    /// `Wait(5 s)`, `GiveUp` at 25 s.
    pub fn next(&mut self, now: Instant) -> Beat {
        todo!(
            "give up after patience, ask when the next question is due and plan another one, else wait for whichever of the two comes first"
        )
    }
}

/// How a watch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The peer ended the stream.
    Left,
    /// The peer was given up.
    GivenUp,
}

/// Lets a [`Heartbeat`] watch over the peer of `stream`, until the peer leaves or is given up.
///
/// This part is given: it is how a core without clock and socket is driven.
///
/// # Errors
/// Those of the connection.
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
