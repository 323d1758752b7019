//! Exercise: a bounded queue, and the thread that empties it.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// More would wait than may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// Frames that wait for one member's writer.
#[derive(Debug)]
pub struct Queue {
    /// Bytes that may wait, in all.
    limit: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    frames: VecDeque<Vec<u8>>,
    /// Of all `frames` together.
    bytes: usize,
    closed: bool,
}

impl Queue {
    /// Nothing waits. Never more than `limit` bytes will.
    pub fn new(limit: usize) -> Queue {
        Queue {
            limit,
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// Puts `frame` behind what waits. It never waits itself: those who call it hold the lock of
    /// the whole room.
    ///
    /// What will come: frames of any length, one that fills the queue exactly, one that is longer
    /// than the limit; a queue that is closed, which drops the frame and says `Ok`.
    ///
    /// # Errors
    /// [`Full`] when more than the limit would wait then. The frame is not taken.
    ///
    /// Example, with a limit of 10 bytes: 6 bytes are taken, 5 are not, 4 are.
    pub fn push(&self, frame: Vec<u8>) -> Result<(), Full> {
        let mut state = self.state();
        todo!(
            "drop the frame when the queue is closed, refuse it when it does not fit, else take it, count its bytes and wake the writer"
        )
    }

    /// Takes the frame that has waited longest, and waits for one when there is none. `None` when
    /// the queue is closed and empty: then nothing will come.
    pub fn pop(&self) -> Option<Vec<u8>> {
        let mut state = self.state();
        todo!(
            "wait on the condition variable while there is no frame and the queue is open; then take a frame and its bytes off"
        )
    }

    /// No more will be pushed. What waits is still given out.
    pub fn close(&self) {
        todo!("close it, and wake whoever waits")
    }

    /// Closes the queue and forgets what waits. This part is given.
    pub fn abandon(&self) {
        *self.state() = State {
            closed: true,
            ..State::default()
        };
        self.changed.notify_all();
    }

    /// Bytes that wait. This part is given.
    pub fn waiting(&self) -> usize {
        self.state().bytes
    }

    /// The lock. A thread that panicked while it had it is no reason to stop all others.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The writer: writes the frames of `queue` to `stream` until the queue is closed and empty.
///
/// What will come: a stream that takes a few bytes at a time, and one that makes a write wait for
/// very long. Meanwhile others push.
///
/// # Errors
/// What `stream` reports. Then nobody will write what waits: the queue is abandoned.
pub fn write_frames(queue: &Queue, mut stream: impl Write) -> io::Result<()> {
    todo!(
        "write frame after frame as they come; when a write fails, abandon the queue and return the error"
    )
}
