//! How a server learns that it should stop, whatever it waits for.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

// ANCHOR: stop
/// Asks a server to stop. One clone is the server's, another belongs to whoever decides.
///
/// A server that waits sees no flag. So each engine says once, with [`Stop::on_stop`], what wakes
/// it: another connection, a byte in a pipe, a `Waker`.
#[derive(Clone, Default)]
pub struct Stop {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    stopped: bool,
    wake: Vec<Box<dyn FnOnce() + Send>>,
}

impl Stop {
    /// Nothing has been asked yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks, and wakes whoever should hear it. To ask again changes nothing.
    pub fn stop(&self) {
        let wake = {
            let mut state = self.state();
            state.stopped = true;
            std::mem::take(&mut state.wake)
        };
        // The lock is free by now: what wakes a server may take other locks, or look at this one.
        for wake in wake {
            wake();
        }
    }

    /// Whether the server should stop.
    pub fn is_stopped(&self) -> bool {
        self.state().stopped
    }

    /// Calls `wake` once: when somebody asks, or now when somebody has asked already.
    pub fn on_stop(&self, wake: impl FnOnce() + Send + 'static) {
        {
            let mut state = self.state();
            if !state.stopped {
                state.wake.push(Box::new(wake));
                return;
            }
        }
        wake();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
// ANCHOR_END: stop

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stop({})", self.is_stopped())
    }
}
