//! hint: wake-fails
//! Nobody learns that the loop could not be woken.

use std::collections::VecDeque;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Debug)]
pub struct Mailbox<W> {
    messages: Mutex<VecDeque<String>>,
    wake: W,
}

impl<W: Fn() -> io::Result<()>> Mailbox<W> {
    pub fn new(wake: W) -> Mailbox<W> {
        Mailbox {
            messages: Mutex::default(),
            wake,
        }
    }

    pub fn send(&self, message: String) -> io::Result<()> {
        self.messages().push_back(message);
        let _ = (self.wake)();
        Ok(())
    }

    pub fn receive(&self, mut take: impl FnMut(String)) {
        let waiting = std::mem::take(&mut *self.messages());
        for message in waiting {
            take(message);
        }
    }

    fn messages(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
