//! hint: drop-does-not-wait
//! Ends the queue, and does not wait for the workers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

pub type Job = Box<dyn FnOnce() + Send>;

pub struct Pool {
    jobs: Option<Sender<Job>>,
    workers: Vec<JoinHandle<()>>,
}

impl Pool {
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

    pub fn submit(&self, job: impl FnOnce() + Send + 'static) {
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(Box::new(job)); // It fails only when no worker is left.
        }
    }
}

pub fn work(queue: &Mutex<Receiver<Job>>) {
    loop {
        // The guard lives until the semicolon, and no longer.
        let taken = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match taken {
            Ok(job) => drop(catch_unwind(AssertUnwindSafe(job))),
            Err(_) => return,
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.jobs = None;
        self.workers.clear();
    }
}
