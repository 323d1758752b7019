//! hint: never-wakes
//! Meant to save wakes: wakes for the first of many. But it looks behind the message that it has put in.

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
        let mut messages = self.messages();
        messages.push_back(message);
        if messages.is_empty() {
            (self.wake)()?;
        }
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
