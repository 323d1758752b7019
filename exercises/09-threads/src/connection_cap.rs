//! Exercise: a cap on the number of conversations.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

/// A number of places, each of which one conversation may take.
pub struct Places {
    cap: usize,
    taken: Mutex<usize>,
    /// A place has become free.
    freed: Condvar,
}

/// A place that is taken, until this is dropped.
pub struct Place {
    places: Arc<Places>,
}

impl Places {
    /// `cap` places, all of them free. `cap` is at least 1.
    pub fn new(cap: usize) -> Arc<Places> {
        Arc::new(Places {
            cap,
            taken: Mutex::new(0),
            freed: Condvar::new(),
        })
    }

    /// Takes a place, and waits for one while all are taken.
    ///
    /// What will come: two threads that wait for the same place. When it becomes free, one of them
    /// gets it, and the other waits on, even if it was woken too.
    pub fn take(self: &Arc<Self>) -> Place {
        todo!(
            "lock the number of places that are taken; while it has reached the cap, wait until one is freed; count this one and return it"
        )
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        todo!("count one place less, and wake whoever waits for one")
    }
}

/// Has a conversation with each client of `listener`, at most `cap` of them at the same time, each
/// in a thread of its own. Returns only when `accept` fails.
///
/// A client is accepted when there is a place for it, and not before: until then it waits in the
/// backlog. Its place is free again when its conversation is over, however it ended.
///
/// What will come: more clients than places; clients that reset their connection; a conversation
/// that panics.
///
/// Example: with a cap of 2 the third client hears nothing until one of the first two is gone.
///
/// # Errors
/// The error of `accept`.
pub fn serve(
    listener: TcpListener,
    cap: usize,
    converse: impl Fn(TcpStream) + Clone + Send + 'static,
) -> io::Result<()> {
    todo!(
        "in a loop, take a place, then accept, then start a thread that owns the place while it calls converse"
    )
}
