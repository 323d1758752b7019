//! What ends the wait of the loop from outside.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mio::{Registry, Token, Waker};
use threads::Stop;

// ANCHOR: wake
/// Makes an event out of `Stop::stop`, as long as it is kept.
pub(crate) struct WakeOnStop(Arc<Mutex<Option<Waker>>>);

impl WakeOnStop {
    pub(crate) fn new(registry: &Registry, token: Token, stop: &Stop) -> io::Result<Self> {
        let waker = Arc::new(Mutex::new(Some(Waker::new(registry, token)?)));
        let kept = Self(Arc::clone(&waker));
        stop.on_stop(move || {
            if let Some(waker) = &*locked(&waker) {
                // It is a write of eight bytes into an eventfd(2), and has nothing to fail for.
                let _ = waker.wake();
            }
        });
        Ok(kept)
    }
}

/// `Stop` may live on, and its closure with it: the descriptor must not.
impl Drop for WakeOnStop {
    fn drop(&mut self) {
        locked(&self.0).take();
    }
}

fn locked(waker: &Mutex<Option<Waker>>) -> MutexGuard<'_, Option<Waker>> {
    waker.lock().unwrap_or_else(PoisonError::into_inner)
}
// ANCHOR_END: wake
