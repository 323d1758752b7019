//! hint: stops-writing-too
//! While it is stopped it does nothing, so that nothing ever changes.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};

pub const HIGH: usize = 64 * 1024;

pub const LOW: usize = 16 * 1024;

pub const BUFFER: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wants {
    pub read: bool,
    pub write: bool,
}

#[derive(Debug, Default)]
pub struct Relay {
    waiting: VecDeque<u8>,
    stopped: bool,
    ended: bool,
}

impl Relay {
    pub fn new() -> Relay {
        Relay::default()
    }

    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    pub fn turn(&mut self, from: &mut impl Read, to: &mut impl Write) -> io::Result<Wants> {
        if self.stopped && self.waiting.len() > LOW {
            return Ok(Wants {
                read: false,
                write: true,
            });
        }
        self.write(to)?;
        let mark = if self.stopped { LOW } else { HIGH };
        self.stopped = self.waiting.len() > mark;
        if !self.stopped && !self.ended {
            let mut buffer = [0; BUFFER];
            match from.read(&mut buffer) {
                Ok(0) => self.ended = true,
                Ok(count) => self.waiting.extend(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            self.stopped = self.waiting.len() > HIGH;
        }
        Ok(Wants {
            read: !self.stopped && !self.ended,
            write: !self.waiting.is_empty(),
        })
    }

    fn write(&mut self, to: &mut impl Write) -> io::Result<()> {
        while !self.waiting.is_empty() {
            match to.write(self.waiting.as_slices().0) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => drop(self.waiting.drain(..count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
