//! hint: no-cap
//! Compares in the wrong way: one more than the cap.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

pub struct Places {
    cap: usize,
    taken: Mutex<usize>,
    freed: Condvar,
}

pub struct Place {
    places: Arc<Places>,
}

impl Places {
    pub fn new(cap: usize) -> Arc<Places> {
        Arc::new(Places {
            cap,
            taken: Mutex::new(0),
            freed: Condvar::new(),
        })
    }

    pub fn take(self: &Arc<Self>) -> Place {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        while *taken > self.cap {
            // Lets the lock go while it waits, and has it again when it returns. Somebody else may
            // have been faster meanwhile: so this is a loop.
            taken = self
                .freed
                .wait(taken)
                .unwrap_or_else(PoisonError::into_inner);
        }
        *taken += 1;
        Place {
            places: Arc::clone(self),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let places = &self.places;
        *places.taken.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        places.freed.notify_one();
    }
}

pub fn serve(
    listener: TcpListener,
    cap: usize,
    converse: impl Fn(TcpStream) + Clone + Send + 'static,
) -> io::Result<()> {
    let places = Places::new(cap);
    loop {
        let place = places.take();
        let (stream, _) = listener.accept()?;
        let converse = converse.clone();
        thread::spawn(move || {
            let _place = place; // Dropped at the end of the thread, also when that is a panic.
            converse(stream);
        });
    }
}
