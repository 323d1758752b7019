//! hint: short-write
//! Writes a frame with write_all: nobody knows how much of it was taken.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Write};
use std::sync::Arc;

pub const MOST_WAITING: usize = 64 * 1024;

pub const TOO_SLOW: [u8; 4] = [0x88, 0x02, 0x03, 0xf0];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    Queued,
    PutOut,
    Gone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flushed {
    All,
    Waits,
    Over,
}

#[derive(Debug, Default)]
pub struct Outbox {
    frames: VecDeque<Arc<[u8]>>,
    sent: usize,
    waiting: usize,
    is_put_out: bool,
}

impl Outbox {
    pub fn new() -> Outbox {
        Outbox::default()
    }

    pub fn waiting(&self) -> usize {
        self.waiting
    }

    pub fn push(&mut self, frame: &Arc<[u8]>) -> Pushed {
        if self.is_put_out {
            return Pushed::Gone;
        }
        if self.waiting + frame.len() <= MOST_WAITING {
            self.waiting += frame.len();
            self.frames.push_back(Arc::clone(frame));
            return Pushed::Queued;
        }
        self.is_put_out = true;
        self.frames.truncate(usize::from(self.sent > 0));
        self.frames.push_back(Arc::from(TOO_SLOW));
        self.waiting = self.frames.iter().map(|frame| frame.len()).sum::<usize>() - self.sent;
        Pushed::PutOut
    }

    pub fn flush(&mut self, to: &mut impl Write) -> io::Result<Flushed> {
        while let Some(frame) = self.frames.front() {
            match to
                .write_all(&frame[self.sent..])
                .map(|()| frame.len() - self.sent)
            {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.sent += count;
                    self.waiting -= count;
                    if self.sent == frame.len() {
                        self.frames.pop_front();
                        self.sent = 0;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Flushed::Waits),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(match self.is_put_out {
            true => Flushed::Over,
            false => Flushed::All,
        })
    }
}
