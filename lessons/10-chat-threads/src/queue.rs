//! What waits for one member.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::QueueFull;

// ANCHOR: queue
/// Frames that wait for one member's writer: bounded, and counted in bytes.
///
/// Those who speak call [`Queue::push`], which never waits: it takes the frame or says that there is
/// no room. The member's writer calls [`Queue::pop`], which does wait.
#[derive(Debug)]
pub struct Queue {
    limit: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The frame itself is shared by all members for whom it waits.
    frames: VecDeque<Arc<[u8]>>,
    /// Of all `frames` together.
    bytes: usize,
    closed: bool,
}

impl Queue {
    /// Nothing waits. Never more than `limit` bytes will.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// Puts `frame` behind what waits. A closed queue drops it: nobody would come for it.
    ///
    /// # Errors
    ///
    /// [`QueueFull`] when more than the limit would wait then. The frame is not taken.
    pub fn push(&self, frame: &Arc<[u8]>) -> Result<(), QueueFull> {
        let mut state = self.state();
        if state.closed {
            return Ok(());
        }
        if frame.len() > self.limit - state.bytes {
            return Err(QueueFull);
        }
        state.bytes += frame.len();
        state.frames.push_back(Arc::clone(frame));
        drop(state);
        self.changed.notify_all();
        Ok(())
    }

    /// Waits for a frame and takes it. `None` when the queue is closed and empty.
    pub fn pop(&self) -> Option<Arc<[u8]>> {
        // While this thread waits, the lock is free: pthread_cond_wait(3) gives it back.
        let mut state = self.wait_while(|state| state.frames.is_empty() && !state.closed);
        let frame = state.frames.pop_front()?;
        state.bytes -= frame.len();
        drop(state);
        self.changed.notify_all();
        Some(frame)
    }

    /// Waits until fewer than `mark` bytes wait, or the queue is closed.
    pub fn wait_below(&self, mark: usize) {
        drop(self.wait_while(|state| state.bytes >= mark && !state.closed));
    }

    /// Takes no more. What waits is still given out.
    pub fn close(&self) {
        self.state().closed = true;
        self.changed.notify_all();
    }

    /// Takes no more, and forgets what waits.
    pub fn abandon(&self) {
        *self.state() = State {
            closed: true,
            ..State::default()
        };
        self.changed.notify_all();
    }

    /// Bytes that wait.
    pub fn waiting(&self) -> usize {
        self.state().bytes
    }

    fn wait_while(&self, condition: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        self.changed
            .wait_while(self.state(), |state| condition(state))
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
// ANCHOR_END: queue
