//! One conversation, which never waits.

use std::io::{self, ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use crate::{Flushed, OutBuffer};

/// Policy, slow client: bytes of echo that may wait in memory for one client. From there on nothing
/// more is read from it; the kernel's buffers fill, and the client's own writes come to a stop.
pub const HIGH_WATER_MARK: usize = 64 * 1024;

/// Policy, busy client: bytes that are read from one client before the others have their turn.
pub const BUDGET: usize = 64 * 1024;

// ANCHOR: interest
/// What a connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interest {
    /// Bytes that can be read, or the end of the stream.
    pub readable: bool,
    /// Room for bytes that are to be written.
    pub writable: bool,
}

/// What became of a turn.
#[derive(Debug)]
pub enum Turn {
    /// There will be something to do when this happens, not before.
    Waits(Interest),
    /// The conversation is over: bytes echoed, or how it failed.
    Over(io::Result<u64>),
}
// ANCHOR_END: interest

/// One client's echo, over a stream that does not block.
///
/// It has no clock: it is told what time it is.
#[derive(Debug)]
pub struct Connection<S> {
    stream: S,
    /// Read and not yet written.
    waiting: OutBuffer,
    /// No more will be read.
    input_ended: bool,
    echoed: u64,
    /// When a byte was last read or written.
    last_move: Instant,
    idle: Duration,
}

impl<S: Read + Write> Connection<S> {
    /// A conversation that begins `now`, and is given up when nothing moves for `idle`.
    pub fn new(stream: S, idle: Duration, now: Instant) -> Self {
        Self {
            stream,
            waiting: OutBuffer::default(),
            input_ended: false,
            echoed: 0,
            last_move: now,
            idle,
        }
    }

    /// The stream.
    pub fn stream(&self) -> &S {
        &self.stream
    }

    /// Time until the client is given up, if nothing moves until then.
    pub fn patience(&self, now: Instant) -> Duration {
        let still = now.saturating_duration_since(self.last_move);
        self.idle.saturating_sub(still)
    }

    /// Nothing more is read. What has been read will still be written.
    pub fn end_input(&mut self) {
        self.input_ended = true;
    }

    // ANCHOR: turn
    /// Does what can be done without waiting.
    ///
    /// Writes what waits, reads what has come, and again, until the stream says `WouldBlock`, or
    /// the client has had its share ([`BUDGET`]), or too much waits ([`HIGH_WATER_MARK`]).
    /// `scratch` takes what is read, for as long as the turn lasts; it must not be empty.
    pub fn turn(&mut self, now: Instant, scratch: &mut [u8]) -> Turn {
        match self.advance(now, scratch) {
            // Policy, idle client: nothing has moved, in neither direction.
            Ok(Turn::Waits(_)) if self.patience(now).is_zero() => {
                let sentence = format!("nothing moved for {:?}", self.idle);
                Turn::Over(Err(io::Error::new(ErrorKind::TimedOut, sentence)))
            }
            Ok(turn) => turn,
            Err(error) => Turn::Over(Err(error)),
        }
    }

    fn advance(&mut self, now: Instant, scratch: &mut [u8]) -> io::Result<Turn> {
        let mut budget = BUDGET;
        loop {
            let flushed = self.flush(now)?;
            if self.input_ended && flushed == Flushed::All {
                return Ok(Turn::Over(Ok(self.echoed)));
            }
            let room = HIGH_WATER_MARK - self.waiting.len();
            let most = scratch.len().min(room).min(budget);
            if self.input_ended || most == 0 {
                break; // To read into no room at all would say Ok(0), which is not the end.
            }
            match self.stream.read(&mut scratch[..most]) {
                Ok(0) => self.input_ended = true,
                Ok(count) => {
                    self.waiting.push(&scratch[..count]);
                    self.last_move = now;
                    budget -= count;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Turn::Waits(Interest {
            readable: !self.input_ended && self.waiting.len() < HIGH_WATER_MARK,
            writable: !self.waiting.is_empty(),
        }))
    }
    // ANCHOR_END: turn

    fn flush(&mut self, now: Instant) -> io::Result<Flushed> {
        let before = self.waiting.len();
        let flushed = self.waiting.flush(&mut self.stream);
        let moved = before - self.waiting.len();
        if moved > 0 {
            self.echoed += moved as u64;
            self.last_move = now;
        }
        flushed
    }
}
