//! A fixed number of threads, and conversations that wait for one.

use std::io;
use std::net::TcpListener;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crate::conversations::Conversations;
use crate::{Limits, News, Stop};

// ANCHOR: pool
type Job = Box<dyn FnOnce() + Send>;

/// Workers that do one job after another. A job that panics costs nobody anything but itself.
///
/// Dropping the pool waits until every job that was submitted is done.
pub struct Pool {
    jobs: Option<SyncSender<Job>>,
    workers: Vec<JoinHandle<()>>,
}

impl Pool {
    /// Starts `workers` threads. Besides what they work on, `waiting` jobs may wait.
    ///
    /// # Errors
    ///
    /// When a thread cannot be started, pthread_create(3).
    pub fn new(workers: usize, waiting: usize) -> io::Result<Self> {
        let (jobs, queue) = mpsc::sync_channel(waiting);
        let queue = Arc::new(Mutex::new(queue));
        let mut pool = Self {
            jobs: Some(jobs),
            workers: Vec::new(),
        };
        for number in 0..workers {
            let queue = Arc::clone(&queue);
            let worker = thread::Builder::new()
                .name(format!("worker {number}"))
                .spawn(move || work(&queue))?;
            pool.workers.push(worker);
        }
        Ok(pool)
    }

    /// Gives a job to the next worker that is free.
    ///
    /// Policy, full queue: whoever brings jobs faster than they are done waits here.
    pub fn submit(&self, job: impl FnOnce() + Send + 'static) {
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(Box::new(job)); // It fails when nobody takes jobs: workers always do.
        }
    }
}

fn work(queue: &Mutex<Receiver<Job>>) {
    loop {
        // The lock is for taking a job. It is free again at the end of this statement, before the
        // work begins; `while let Ok(job) = queue.lock()….recv()` would keep it for the whole body.
        let taken = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = taken else {
            return; // The pool is dropped, and the queue is empty.
        };
        // Policy, panic: it has been printed by now. The worker goes on.
        let _ = catch_unwind(AssertUnwindSafe(job));
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.jobs = None; // The end of the queue.
        for worker in self.workers.drain(..) {
            let _ = worker.join();
        }
    }
}
// ANCHOR_END: pool

// ANCHOR: serve
/// Echoes for as many clients at a time as there are workers, `limits.connections`, until `stop`.
///
/// A worker holds one conversation until its end, whether or not anything is said. So idle clients
/// occupy workers, and who comes when all are taken waits in the backlog.
///
/// Returns how many conversations had to be cut off at the end. Then no thread and no socket of
/// the server is left.
///
/// # Errors
///
/// When the workers cannot be started, or when `accept` fails for good. All conversations are
/// ended then, too.
pub fn serve(
    listener: TcpListener,
    limits: Limits,
    stop: &Stop,
    report: impl Fn(News) + Send + Sync + 'static,
) -> io::Result<usize> {
    // No queue: for whom there is a seat, there is a worker, now or in a moment.
    let pool = Pool::new(limits.connections, 0)?;
    let conversations = Conversations::new(&listener, limits, stop)?;
    let report = Arc::new(report);
    let accepted = conversations.accept_each(listener, &*report, |conversation| {
        let report = Arc::clone(&report);
        pool.submit(move || report(conversation.hold(|conversation| tcp_echo::echo(conversation))));
    });
    let cut_off = conversations.drain();
    drop(pool); // Waits for its workers.
    accepted.map(|()| cut_off)
}
// ANCHOR_END: serve
