//! The pool by itself.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};

use threads::pool::Pool;

use crate::DEADLINE;

#[test]
fn does_every_job_once() {
    let done = Arc::new(AtomicUsize::new(0));
    let pool = Pool::new(3, 2).unwrap();
    for _ in 0..1_000 {
        let done = Arc::clone(&done);
        pool.submit(move || {
            done.fetch_add(1, Ordering::Relaxed);
        });
    }
    drop(pool);
    assert_eq!(done.load(Ordering::Relaxed), 1_000);
}

#[test]
fn works_on_as_many_jobs_at_once_as_there_are_workers() {
    let pool = Pool::new(3, 3).unwrap();
    let meeting = Arc::new(Barrier::new(3));
    let (met, meetings) = mpsc::channel();
    for _ in 0..3 {
        let (meeting, met) = (Arc::clone(&meeting), met.clone());
        pool.submit(move || {
            meeting.wait(); // None of the three goes on before all are here.
            met.send(()).unwrap();
        });
    }
    for _ in 0..3 {
        meetings.recv_timeout(DEADLINE).unwrap();
    }
}

#[test]
fn outlives_more_panics_than_it_has_workers() {
    let pool = Pool::new(2, 8).unwrap();
    for _ in 0..6 {
        // Not panic!(): this one prints nothing.
        pool.submit(|| std::panic::resume_unwind(Box::new("a bad job")));
    }
    let (sender, done) = mpsc::channel();
    pool.submit(move || sender.send(7).unwrap());
    assert_eq!(done.recv_timeout(DEADLINE).unwrap(), 7);
}

#[test]
fn whoever_brings_too_many_jobs_waits() {
    let pool = Pool::new(1, 2).unwrap();
    let (go, may_go) = mpsc::channel::<()>();
    let (started, begun) = mpsc::channel();
    pool.submit(move || {
        started.send(()).unwrap();
        let _ = may_go.recv();
    });
    begun.recv_timeout(DEADLINE).unwrap();
    // One is worked on, and two wait. The fourth finds no room until the first is done.
    pool.submit(|| ());
    pool.submit(|| ());
    let (sender, submitted) = mpsc::channel();
    let bringing = std::thread::spawn(move || {
        pool.submit(|| ());
        sender.send(()).unwrap();
    });
    assert!(submitted.recv_timeout(crate::SHORT).is_err());
    drop(go);
    submitted.recv_timeout(DEADLINE).unwrap();
    bringing.join().unwrap();
}
