//! hint: one-for-each-event
//! One event, one message: the others wait for events that were merged into the first.

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
        (self.wake)()
    }

    pub fn receive(&self, mut take: impl FnMut(String)) {
        let message = self.messages().pop_front();
        if let Some(message) = message {
            take(message);
        }
    }

    fn messages(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
