//! What waits to be written, and what that means for reading.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Write};
use std::sync::Arc;

use chat_threads::{MAX_QUEUE, QueueFull};

/// Frames that one call may write. The kernel takes up to 1,024 pieces, writev(2); more than these
/// save little.
const PIECES: usize = 64;

// ANCHOR: outbox
/// The frames that wait for one member, at most [`MAX_QUEUE`] bytes. They are shared with all
/// others who were told the same: a frame is in memory once.
#[derive(Debug, Default)]
pub struct Outbox {
    frames: VecDeque<Arc<[u8]>>,
    /// So many bytes of the first frame have been written.
    sent: usize,
    /// All bytes that wait.
    waiting: usize,
}

impl Outbox {
    /// Puts `frame` behind what waits.
    ///
    /// # Errors
    ///
    /// Policy, slow consumer: [`QueueFull`] when more than [`MAX_QUEUE`] bytes would wait.
    pub fn push(&mut self, frame: &Arc<[u8]>) -> Result<(), QueueFull> {
        let waiting = self.waiting + frame.len();
        if waiting > MAX_QUEUE {
            return Err(QueueFull);
        }
        self.waiting = waiting;
        self.frames.push_back(Arc::clone(frame));
        Ok(())
    }

    /// Bytes that wait.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// Writes until nothing waits, which is `true`, or `to` takes no more for now.
    ///
    /// # Errors
    ///
    /// Whatever `to` reports, but not `WouldBlock` and `Interrupted`.
    pub fn write_to(&mut self, to: &mut impl Write) -> io::Result<bool> {
        while self.waiting > 0 {
            let mut pieces = [IoSlice::new(&[]); PIECES];
            let mut count = 0;
            for (piece, frame) in pieces.iter_mut().zip(&self.frames) {
                let sent = if count == 0 { self.sent } else { 0 };
                *piece = IoSlice::new(&frame[sent..]);
                count += 1;
            }
            match to.write_vectored(&pieces[..count]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(taken) => self.remove(taken),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    fn remove(&mut self, taken: usize) {
        self.waiting -= taken;
        self.sent += taken;
        while let Some(first) = self.frames.front()
            && self.sent >= first.len()
        {
            self.sent -= first.len();
            self.frames.pop_front();
        }
        if self.frames.is_empty() {
            self.frames = VecDeque::new(); // Whoever has taken everything needs no memory.
        }
    }
}
// ANCHOR_END: outbox

// ANCHOR: throttle
/// Whether to read on, by what waits to be written.
///
/// One mark would do, but at that mark it would change its mind with every byte.
#[derive(Debug)]
pub struct Throttle {
    high: usize,
    low: usize,
    stopped: bool,
}

impl Throttle {
    /// Stops above `high` waiting bytes, and goes on when no more than `low` are left.
    pub fn new(high: usize, low: usize) -> Self {
        Self {
            high,
            low,
            stopped: false,
        }
    }

    /// Whether to read nothing now that `waiting` bytes wait.
    pub fn stops(&mut self, waiting: usize) -> bool {
        let mark = if self.stopped { self.low } else { self.high };
        self.stopped = waiting > mark;
        self.stopped
    }
}
// ANCHOR_END: throttle
