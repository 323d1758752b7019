//! hint: spins
//! Looks into the queue in a loop, with the lock in its hand.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

#[derive(Debug)]
pub struct Queue {
    limit: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    frames: VecDeque<Vec<u8>>,
    bytes: usize,
    closed: bool,
}

impl Queue {
    pub fn new(limit: usize) -> Queue {
        Queue {
            limit,
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    pub fn push(&self, frame: Vec<u8>) -> Result<(), Full> {
        let mut state = self.state();
        if state.closed {
            return Ok(());
        }
        if frame.len() > self.limit - state.bytes {
            return Err(Full);
        }
        state.bytes += frame.len();
        state.frames.push_back(frame);
        self.changed.notify_all();
        Ok(())
    }

    pub fn pop(&self) -> Option<Vec<u8>> {
        let state = self.state();
        drop(state);
        loop {
            let mut state = self.state();
            if let Some(frame) = state.frames.pop_front() {
                state.bytes -= frame.len();
                return Some(frame);
            }
            if state.closed {
                return None;
            }
        }
    }

    pub fn close(&self) {
        self.state().closed = true;
        self.changed.notify_all();
    }

    pub fn abandon(&self) {
        *self.state() = State {
            closed: true,
            ..State::default()
        };
        self.changed.notify_all();
    }

    pub fn waiting(&self) -> usize {
        self.state().bytes
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub fn write_frames(queue: &Queue, mut stream: impl Write) -> io::Result<()> {
    while let Some(frame) = queue.pop() {
        stream.write_all(&frame).inspect_err(|_| queue.abandon())?;
    }
    Ok(())
}
