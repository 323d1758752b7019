//! hint: empty-is-the-end
//! Takes an empty queue for one that has ended.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// A job, as the queue holds it.
pub type Job = Box<dyn FnOnce() + Send>;

/// A fixed number of threads that do jobs. Dropping it waits until every job is done.
pub struct Pool {
    /// The end of the queue where jobs go in. Without it the queue comes to its end.
    jobs: Option<Sender<Job>>,
    workers: Vec<JoinHandle<()>>,
}

impl Pool {
    /// Starts `workers` threads. All of them take their jobs from one queue.
    pub fn new(workers: usize) -> Pool {
        let (jobs, queue) = mpsc::channel();
        let queue = Arc::new(Mutex::new(queue));
        let start = |_| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || work(&queue))
        };
        Pool {
            jobs: Some(jobs),
            workers: (0..workers).map(start).collect(),
        }
    }

    /// Puts a job into the queue.
    pub fn submit(&self, job: impl FnOnce() + Send + 'static) {
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(Box::new(job)); // It fails only when no worker is left.
        }
    }
}

/// What each worker does: takes a job, does it, takes the next one, until the queue has ended.
///
/// What will come: more jobs than workers, which must not wait for each other while a worker is
/// free; more jobs that panic than there are workers; the end of the queue (`recv` fails), with
/// jobs before it.
///
/// Example: the only worker gets a job that panics and one that sends `7`. The `7` arrives.
pub fn work(queue: &Mutex<Receiver<Job>>) {
    loop {
        // The guard lives until the semicolon, and no longer.
        let taken = queue.lock().unwrap_or_else(PoisonError::into_inner).try_recv();
        match taken {
            Ok(job) => drop(catch_unwind(AssertUnwindSafe(job))),
            Err(_) => return,
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.jobs = None;
        for worker in self.workers.drain(..) {
            let _ = worker.join();
        }
    }
}
