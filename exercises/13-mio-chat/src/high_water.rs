//! Exercise: stop reading above a high-water mark.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};

/// Above so many waiting bytes the relay reads no more.
pub const HIGH: usize = 64 * 1024;

/// When so many or fewer wait, it reads again.
pub const LOW: usize = 16 * 1024;

/// Bytes that one read may bring.
pub const BUFFER: usize = 4096;

/// What the loop is to wait for before the next turn. It asks for nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wants {
    /// That there is something to read.
    pub read: bool,
    /// That there is room to write.
    pub write: bool,
}

/// Passes bytes on from one nonblocking stream to another.
#[derive(Debug, Default)]
pub struct Relay {
    waiting: VecDeque<u8>,
    /// Too much waits: nothing is read.
    stopped: bool,
    /// The end of the stream has come.
    ended: bool,
}

impl Relay {
    /// Nothing waits.
    pub fn new() -> Relay {
        Relay::default()
    }

    /// Bytes that were read and not written yet.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// One turn: writes what waits, as far as `to` takes it; then reads **once** from `from`, unless
    /// too much waits or the end has come; and says what to wait for.
    ///
    /// Too much: more than [`HIGH`] bytes. From then on nothing is read, turn for turn, until no
    /// more than [`LOW`] wait. So at most `HIGH + BUFFER` bytes are ever in memory.
    ///
    /// The loop is level-triggered: as long as you want to read and there is something, it calls at
    /// once. So want to read only while you would, and to write only while something waits.
    ///
    /// What will come: one who sends without end, to one who takes nothing, or a little at a time; a
    /// read that would block; the end of the stream while much waits; an `Interrupted` read.
    ///
    /// Example: 3 bytes are there, and nothing waits yet. The first turn reads them and wants both;
    /// the second writes them. After that it wants to read only.
    ///
    /// # Errors
    /// Whatever the streams report, but not `WouldBlock` and `Interrupted`.
    pub fn turn(&mut self, from: &mut impl Read, to: &mut impl Write) -> io::Result<Wants> {
        todo!(
            "write; decide by the marks whether reading is stopped; read once if not; say what to wait for"
        )
    }

    /// Given: writes what waits until `to` takes no more for now.
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
