//! Exercise: who waits is known, and forgotten when it goes.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often a waiter looks whether its client is still there. (A server would do so once a second.)
pub const LOOK: Duration = Duration::from_millis(20);

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// There is something to tell.
    News,
    /// The time is over: the answer is that there was nothing.
    TimeOver,
    /// The client has closed its connection: there is nobody to answer to.
    Gone,
}

/// All who wait. Each one costs a thread and a connection, so there is a limit.
#[derive(Debug)]
pub struct Waiters {
    /// How many may wait at the same time.
    most: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// How many were ever let in: no two waiters have the same number.
    let_in: u64,
    /// Under the number of each: how it hears that there are news.
    waiting: BTreeMap<u64, SyncSender<()>>,
}

/// One who waits. When it is dropped, however that came, it waits no more: its place is free.
#[derive(Debug)]
pub struct Waiter<'a> {
    waiters: &'a Waiters,
    number: u64,
    news: Receiver<()>,
}

impl Waiters {
    /// Given: nobody waits, and never more than `most` will.
    pub fn new(most: usize) -> Waiters {
        Waiters {
            most,
            state: Mutex::default(),
        }
    }

    /// Lets one more wait. `None` when `most` wait already: the server answers 503 then, and nothing
    /// has changed.
    ///
    /// Example, with 2 places: two are let in, the third is not; the first one goes, and another one
    /// is let in.
    pub fn register(&self) -> Option<Waiter<'_>> {
        todo!(
            "refuse when all places are taken; else give it the next number and a channel with room for one, and remember the sending end"
        )
    }

    /// Given: there are news. All who wait hear of it; they leave by themselves.
    pub fn tell_all(&self) {
        for waiter in self.state().waiting.values() {
            // It fails when the waiter was told before, and has not looked yet.
            let _ = waiter.try_send(());
        }
    }

    /// Given: how many wait.
    pub fn count(&self) -> usize {
        self.state().waiting.len()
    }

    /// Given: the lock.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiter<'_> {
    /// Waits for news, for `patience` at most. Every [`LOOK`] it asks `is_gone` whether the client is
    /// gone.
    ///
    /// What will come: news before this is called, and long after; a client that is gone at once, or
    /// later; a patience that is much longer than [`LOOK`], or shorter; an `is_gone` that panics, which
    /// is not yours to catch. Others register, wait and leave meanwhile.
    pub fn wait(&self, patience: Duration, mut is_gone: impl FnMut() -> bool) -> Ended {
        todo!(
            "wait on the channel for LOOK at a time, and no longer than what is left of the patience; then ask is_gone, and the clock"
        )
    }
}

impl Drop for Waiter<'_> {
    /// Gives back the place of this waiter, and no other one.
    fn drop(&mut self) {
        todo!("take this waiter's number out of those who wait")
    }
}
