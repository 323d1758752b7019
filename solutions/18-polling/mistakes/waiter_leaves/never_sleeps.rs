//! hint: never-sleeps
//! Looks for news and for its client as often as a processor can.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub const LOOK: Duration = Duration::from_millis(20);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    News,
    TimeOver,
    Gone,
}

#[derive(Debug)]
pub struct Waiters {
    most: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    let_in: u64,
    waiting: BTreeMap<u64, SyncSender<()>>,
}

#[derive(Debug)]
pub struct Waiter<'a> {
    waiters: &'a Waiters,
    number: u64,
    news: Receiver<()>,
}

impl Waiters {
    pub fn new(most: usize) -> Waiters {
        Waiters {
            most,
            state: Mutex::default(),
        }
    }

    pub fn register(&self) -> Option<Waiter<'_>> {
        let mut state = self.state();
        if state.waiting.len() >= self.most {
            return None;
        }
        let (tell, news) = sync_channel(1);
        let number = state.let_in;
        state.let_in += 1;
        state.waiting.insert(number, tell);
        Some(Waiter {
            waiters: self,
            number,
            news,
        })
    }

    pub fn tell_all(&self) {
        for waiter in self.state().waiting.values() {
            let _ = waiter.try_send(());
        }
    }

    pub fn count(&self) -> usize {
        self.state().waiting.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiter<'_> {
    pub fn wait(&self, patience: Duration, mut is_gone: impl FnMut() -> bool) -> Ended {
        let began = Instant::now();
        loop {
            if self.news.try_recv().is_ok() {
                return Ended::News;
            }
            if is_gone() {
                return Ended::Gone;
            }
            if began.elapsed() >= patience {
                return Ended::TimeOver;
            }
        }
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.waiters.state().waiting.remove(&self.number);
    }
}
