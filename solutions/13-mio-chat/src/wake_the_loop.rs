//! Exercise: messages from other threads for a loop that sleeps.

use std::collections::VecDeque;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What other threads have to say to a loop that sleeps in `poll`.
///
/// `wake` makes an event for the loop: with mio it is `move || waker.wake()`. Several calls of it,
/// before the loop has looked, make **one** event.
#[derive(Debug)]
pub struct Mailbox<W> {
    messages: Mutex<VecDeque<String>>,
    wake: W,
}

impl<W: Fn() -> io::Result<()>> Mailbox<W> {
    /// No messages.
    pub fn new(wake: W) -> Mailbox<W> {
        Mailbox {
            messages: Mutex::default(),
            wake,
        }
    }

    /// Hands a message to the loop, and wakes it. Any thread calls this, at any time: the loop may
    /// sleep, or be in the middle of [`Mailbox::receive`].
    ///
    /// The loop is fast. It may have looked into the mailbox before `wake` returns.
    ///
    /// # Errors
    /// What `wake` reports.
    pub fn send(&self, message: String) -> io::Result<()> {
        // BEGIN SOLUTION: put the message behind those that wait, and wake the loop: in the right order
        self.messages().push_back(message);
        (self.wake)()
        // END SOLUTION
    }

    /// The loop calls this when it was woken: gives all messages that wait now to `take`, in the
    /// order in which they came.
    ///
    /// `take` may call [`Mailbox::send`], even each time. What comes during this call has made an
    /// event of its own, and is for the next call: or the loop would never get to its other clients.
    ///
    /// Example: three messages were sent, and made one event. One call takes all three.
    pub fn receive(&self, mut take: impl FnMut(String)) {
        // BEGIN SOLUTION: take the whole queue out of the mutex, and give its messages to take when the lock is free again
        let waiting = std::mem::take(&mut *self.messages());
        for message in waiting {
            take(message);
        }
        // END SOLUTION
    }

    /// Given: the queue, locked until the guard is dropped.
    fn messages(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
