use super::LESSON;
use peer::Scene;
use std::panic::resume_unwind;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Duration;
use threads_exercises::panicking_jobs::{Job, Pool, work};

/// How long nothing must come for a test to believe that nothing will.
const A_WHILE: Duration = Duration::from_millis(100);

/// A pool for a test. It is not dropped: that is graded by itself, and it may hang.
fn pool(scene: &Scene, workers: usize) -> Arc<Pool> {
    scene.note(format!("a pool of {workers}"));
    let pool = Arc::new(Pool::new(workers));
    std::mem::forget(Arc::clone(&pool));
    pool
}

/// Submits a job that sends `number`.
fn submit(pool: &Pool, number: usize) -> Receiver<usize> {
    let (sender, done) = mpsc::channel();
    pool.submit(move || {
        let _ = sender.send(number);
    });
    done
}

/// A panic like any other, except that it prints nothing into the verdict.
fn panics() {
    resume_unwind(Box::new("a bug in the job"));
}

fn is_done(scene: &Scene, done: &Receiver<usize>) -> bool {
    done.recv_timeout(scene.left()).is_ok()
}

/// In a pool, a worker that is not written yet would die out of our sight.
fn started(scene: &Scene) {
    let (_, queue) = mpsc::channel();
    let work = move || work(&Mutex::new(queue));
    scene
        .run("your worker", work)
        .join(|_| "worker-never-returns");
}

#[test]
fn a_worker_does_what_is_in_the_queue_and_returns_at_its_end() {
    LESSON.grade("panicking_jobs", |scene| {
        let (jobs, queue) = mpsc::channel::<Job>();
        let (sender, done) = mpsc::channel();
        for number in 1..=3 {
            let sender = sender.clone();
            let _ = jobs.send(Box::new(move || {
                let _ = sender.send(number);
            }));
        }
        drop((jobs, sender));
        scene.note("3 jobs are in the queue, and behind them is its end");
        let work = move || work(&Mutex::new(queue));
        scene
            .run("your worker", work)
            .join(|_| "worker-never-returns");
        let count = done.iter().count();
        scene.check(count == 3, "job-not-done", || {
            format!("3 jobs were in the queue. Done: {count}.")
        });
    });
}

#[test]
fn does_every_job() {
    LESSON.grade("panicking_jobs", |scene| {
        started(scene);
        let pool = pool(scene, 3);
        let jobs: Vec<_> = (0..20).map(|number| submit(&pool, number)).collect();
        let done = jobs.iter().filter(|done| is_done(scene, done)).count();
        scene.check(done == 20, "job-not-done", || {
            format!("20 jobs were submitted. Done: {done}.")
        });
    });
}

/// Each job comes a while after the one before. So the queue was empty, and had not ended.
#[test]
fn waits_while_the_queue_is_empty() {
    LESSON.grade("panicking_jobs", |scene| {
        started(scene);
        let (jobs, queue) = mpsc::channel::<Job>();
        let work = move || work(&Mutex::new(queue));
        let working = scene.run("your worker", work);
        scene.note("3 jobs, and each comes a while after the one before");
        for number in 0..3 {
            // Time for a worker to leave. For one that waits it does not matter how long.
            thread::sleep(A_WHILE);
            let (sender, done) = mpsc::channel();
            let job = move || {
                let _ = sender.send(number);
            };
            // The worker owns the queue: who has left takes no job any more.
            let is_there = working.is_running() && jobs.send(Box::new(job)).is_ok();
            scene.check(is_there, "empty-is-the-end", || {
                format!("The queue was empty and had not ended. Jobs done: {number}. Then the worker returned.")
            });
            scene.check(is_done(scene, &done), "job-not-done", || {
                "A job came while the worker waited, and was not done.".to_string()
            });
        }
        drop(jobs);
        working.join(|_| "worker-never-returns");
    });
}

#[test]
fn does_jobs_at_the_same_time() {
    LESSON.grade("panicking_jobs", |scene| {
        started(scene);
        let pool = pool(scene, 3);
        let meeting = Arc::new(Barrier::new(3));
        let (sender, met) = mpsc::channel();
        for _ in 0..3 {
            let (meeting, sender) = (Arc::clone(&meeting), sender.clone());
            pool.submit(move || {
                meeting.wait();
                let _ = sender.send(0);
            });
        }
        scene.note("three jobs that go on when all three have begun");
        scene.check(is_done(scene, &met), "lock-held-while-working", || {
            "Three workers had three jobs, and the jobs did not run at the same time: they wait for each other for ever.".to_string()
        });
    });
}

#[test]
fn has_no_more_threads_than_workers() {
    LESSON.grade("panicking_jobs", |scene| {
        started(scene);
        let pool = pool(scene, 2);
        let (go, may_go) = mpsc::channel::<()>();
        let may_go = Arc::new(Mutex::new(may_go));
        let (sender, begun) = mpsc::channel();
        for number in 0..3 {
            let (sender, may_go) = (sender.clone(), Arc::clone(&may_go));
            pool.submit(move || {
                let _ = sender.send(number);
                let _ = may_go.lock().map(|may_go| may_go.recv());
            });
        }
        scene.note("three jobs that wait until they are told to end");
        let two = is_done(scene, &begun) && is_done(scene, &begun);
        scene.check(two, "lock-held-while-working", || {
            "Two workers had three jobs, and they did not work at the same time.".to_string()
        });
        let third = begun.recv_timeout(A_WHILE);
        scene.check(third.is_err(), "a-thread-for-each-job", || {
            "The pool has two workers, and three jobs ran at the same time.".to_string()
        });
        drop(go);
        scene.check(is_done(scene, &begun), "job-not-done", || {
            "Two jobs ended, and the third, which had waited, was never done.".to_string()
        });
    });
}

#[test]
fn survives_more_panics_than_it_has_workers() {
    LESSON.grade("panicking_jobs", |scene| {
        started(scene);
        let workers = scene.random().usize(1..4);
        let pool = pool(scene, workers);
        for _ in 0..=workers {
            pool.submit(panics);
        }
        scene.note(format!("{} jobs panic", workers + 1));
        let done = submit(&pool, 7);
        scene.check(is_done(scene, &done), "dies-with-its-jobs", || {
            format!(
                "The pool had {workers} workers, {} jobs panicked, and the job after them was never done.",
                workers + 1
            )
        });
    });
}

#[test]
fn dropping_the_pool_waits_for_every_job() {
    LESSON.grade("panicking_jobs", |scene| {
        let pool = Pool::new(1);
        let (go, may_go) = mpsc::channel::<()>();
        pool.submit(move || {
            let _ = may_go.recv();
        });
        let jobs: Vec<_> = (0..10).map(|number| submit(&pool, number)).collect();
        pool.submit(panics);
        let last = submit(&pool, 11);
        let dropping = scene.run("your drop()", move || drop(pool));
        scene.note(
            "1 worker; a job that waits, 10 jobs, one that panics, one more; the pool is dropped",
        );
        let waits = dropping.settle();
        scene.check(waits, "drop-does-not-wait", || {
            "The pool was dropped while a job was still running, and drop() did not wait for it."
                .to_string()
        });
        drop(go);
        dropping.join(|_| "drop-hangs");
        let done = jobs
            .iter()
            .chain([&last])
            .filter(|done| done.try_recv().is_ok());
        let done = done.count();
        scene.check(done == 11, "drop-loses-jobs", || {
            format!("11 good jobs were in the queue when the pool was dropped. Done: {done}.")
        });
    });
}
