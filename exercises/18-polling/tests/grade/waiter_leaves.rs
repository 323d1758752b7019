use super::{LESSON, Wrong, good, must, probe};
use peer::{Scene, caught};
use polling_exercises::waiter_leaves::{Ended, LOOK, Waiter, Waiters};
use std::mem::ManuallyDrop;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

const AN_HOUR: Duration = Duration::from_secs(3600);

/// Places that no test fills by chance.
const MANY: usize = 100;

/// How often a client may be looked at in three times [`LOOK`]: three times, or some more. Who never sleeps
/// looks many thousand times.
const LOOKS: usize = 10;

/// Clients that come and go in a row.
const ROW: usize = 10;

/// Asks the student's code in a thread of its own. `key` is for when it does not return.
fn asks(
    scene: &Scene,
    key: &'static str,
    code: impl FnOnce() -> Result<(), Wrong> + Send + 'static,
) {
    let outcome = probe(scene, "your code", move |_| key, code);
    good(scene, outcome);
}

/// It leaves when the test says so, with [`leave`]: not when a part that is not written yet unwinds the
/// test, because `drop` may be such a part as well.
type Held<'a> = ManuallyDrop<Waiter<'a>>;

fn leave(waiter: Held) {
    drop(ManuallyDrop::into_inner(waiter));
}

fn registers<'a>(waiters: &'a Waiters, key: &'static str) -> Result<Held<'a>, Wrong> {
    let (count, waiter) = (waiters.count(), waiters.register());
    waiter.map(ManuallyDrop::new).ok_or_else(|| {
        let sentence =
            format!("There was room for another one, {count} waited, and register() said None.");
        (key, sentence)
    })
}

fn counts(waiters: &Waiters, expected: usize, key: &'static str, when: &str) -> Result<(), Wrong> {
    let count = waiters.count();
    must(count == expected, key, || {
        format!("{when}, and count() says {count}; {expected} was expected.")
    })
}

fn ended(got: Ended, expected: Ended, key: &'static str, when: &str) -> Result<(), Wrong> {
    must(got == expected, key, || {
        format!("{when}, and wait() returned {got:?}; {expected:?} was expected.")
    })
}

#[test]
fn news_wake_all_who_wait() {
    LESSON.grade("waiter_leaves", |scene| {
        let count = scene.random().usize(2..5);
        // Who does not come back from register hears nothing either, for another reason.
        asks(scene, "never-returns", || {
            registers(&Waiters::new(MANY), "hears-nothing").map(|_held| ())
        });
        asks(scene, "hears-nothing", move || {
            let waiters = Waiters::new(MANY);
            let mut waiting = Vec::new();
            for nth in 1..=count {
                waiting.push(registers(&waiters, "hears-nothing")?);
                counts(&waiters, nth, "hears-nothing", &format!("{nth} registered"))?;
            }
            waiters.tell_all();
            waiting.iter().try_for_each(|waiter| {
                let got = waiter.wait(AN_HOUR, || false);
                ended(got, Ended::News, "hears-nothing", "There were news")
            })
        });
    });
}

#[test]
fn who_was_answered_has_left() {
    LESSON.grade("waiter_leaves", |scene| {
        asks(scene, "never-leaves", || {
            let waiters = Waiters::new(MANY);
            for _ in 0..ROW {
                let waiter = registers(&waiters, "never-leaves")?;
                waiters.tell_all();
                waiter.wait(AN_HOUR, || false);
                leave(waiter);
                counts(
                    &waiters,
                    0,
                    "never-leaves",
                    "The one who waited heard the news and went",
                )?;
            }
            Ok(())
        });
    });
}

#[test]
fn who_heard_nothing_in_time_has_left() {
    LESSON.grade("waiter_leaves", |scene| {
        scene.note("wait(), three times, with nothing to hear");
        asks(scene, "waits-too-long", || {
            let waiters = Waiters::new(MANY);
            for patience in [LOOK / 2, 3 * LOOK, Duration::ZERO] {
                let waiter = registers(&waiters, "leaves-after-news-only")?;
                let (began, mut looks) = (Instant::now(), 0);
                let got = waiter.wait(patience, || {
                    looks += 1;
                    false
                });
                let waited = began.elapsed();
                leave(waiter);
                ended(got, Ended::TimeOver, "waits-too-long", "Nothing happened")?;
                must(waited >= patience, "too-early", || {
                    format!("wait() had {patience:?}, and said TimeOver after {waited:.0?}.")
                })?;
                must(looks <= LOOKS, "never-sleeps", || {
                    format!("wait() had {patience:?}, and asked is_gone {looks} times meanwhile; once every {LOOK:?} was expected.")
                })?;
                counts(
                    &waiters,
                    0,
                    "leaves-after-news-only",
                    "The time was over, the waiter went",
                )?;
            }
            Ok(())
        });
    });
}

#[test]
fn a_client_that_goes_ends_the_wait() {
    LESSON.grade("waiter_leaves", |scene| {
        let later = scene.random().usize(2..5);
        scene.note(format!("wait({AN_HOUR:?}), three times"));
        scene.note(format!(
            "the client is gone at look 1, then {later}, then 1"
        ));
        asks(scene, "never-looks", move || {
            let waiters = Waiters::new(MANY);
            for looks in [1, later, 1] {
                let waiter = registers(&waiters, "gone-and-still-there")?;
                let mut looked = 0;
                let got = waiter.wait(AN_HOUR, || {
                    looked += 1;
                    looked >= looks
                });
                leave(waiter);
                ended(got, Ended::Gone, "never-looks", "The client was gone")?;
                counts(
                    &waiters,
                    0,
                    "gone-and-still-there",
                    "The client was gone, the waiter too",
                )?;
            }
            Ok(())
        });
    });
}

#[test]
fn a_waiter_leaves_however_it_came() {
    LESSON.grade("waiter_leaves", |scene| {
        asks(scene, "never-returns", || {
            let waiters = Waiters::new(MANY);
            let key = "leaves-however-it-came";
            // The server could not send the head of its answer, and returned with `?`.
            leave(registers(&waiters, key)?);
            counts(&waiters, 0, key, "One registered and was dropped before it waited")?;
            let waiter = registers(&waiters, key)?;
            let waiter = ManuallyDrop::into_inner(waiter);
            let panic = caught(move || waiter.wait(AN_HOUR, || resume_unwind(Box::new(()))));
            must(panic.is_err(), key, || {
                format!("is_gone panicked, and wait() returned {panic:?}: that panic is for others to catch.")
            })?;
            counts(&waiters, 0, key, "A panic ended a wait")
        });
    });
}

#[test]
fn no_more_wait_than_may() {
    LESSON.grade("waiter_leaves", |scene| {
        let most = scene.random().usize(2..6);
        asks(scene, "never-returns", move || {
            let waiters = Waiters::new(most);
            for _ in 0..3 {
                let mut waiting = Vec::new();
                for _ in 0..most {
                    waiting.push(registers(&waiters, "a-refused-one-takes-no-place")?);
                }
                for _ in 0..ROW {
                    let refused = waiters.register().is_none();
                    must(refused, "no-limit", || {
                        format!("{most} may wait, {most} did, and register() let in another one.")
                    })?;
                }
                counts(
                    &waiters,
                    most,
                    "a-refused-one-takes-no-place",
                    "Some were refused",
                )?;
                waiting.into_iter().for_each(leave);
                counts(&waiters, 0, "a-refused-one-takes-no-place", "All have left")?;
            }
            Ok(())
        });
    });
}

#[test]
fn who_leaves_takes_nobody_along() {
    LESSON.grade("waiter_leaves", |scene| {
        let leaves = scene.random().usize(1..3);
        asks(scene, "somebody-elses-place", move || {
            let key = "somebody-elses-place";
            let waiters = Waiters::new(MANY);
            let mut waiting = Vec::new();
            for _ in 0..4 {
                waiting.push(registers(&waiters, key)?);
            }
            leave(waiting.remove(leaves));
            counts(&waiters, 3, key, "Four registered, one left")?;
            waiting.push(registers(&waiters, key)?);
            counts(&waiters, 4, key, "Another one registered")?;
            waiters.tell_all();
            for waiter in waiting {
                let got = waiter.wait(LOOK, || false);
                leave(waiter);
                ended(got, Ended::News, key, "There were news for four")?;
            }
            counts(&waiters, 0, key, "All have left")
        });
    });
}

#[test]
fn others_come_and_go_while_one_waits() {
    LESSON.grade("waiter_leaves", |scene| {
        let waiters = Arc::new(Waiters::new(MANY));
        let (say, looks) = mpsc::channel();
        let (let_go, wait) = mpsc::channel::<()>();
        let first = Arc::clone(&waiters);
        // It waits until the others are done, or until the test is over.
        let one = scene.run("your wait()", move || {
            let waiter = registers(&first, "hears-nothing").ok()?;
            let ended = waiter.wait(AN_HOUR, || {
                let _ = say.send(());
                wait.recv_timeout(LOOK) != Err(RecvTimeoutError::Timeout)
            });
            leave(waiter);
            Some(ended)
        });
        let looked = looks.recv_timeout(scene.left());
        if looked.is_err() {
            one.join(|_| "never-looks");
            return;
        }
        scene.note("one waits");
        let others = Arc::clone(&waiters);
        asks(scene, "waits-with-the-lock", move || {
            let waiter = registers(&others, "waits-with-the-lock")?;
            waiter.wait(LOOK, || false);
            leave(waiter);
            counts(
                &others,
                1,
                "waits-with-the-lock",
                "One waits, another one came and went",
            )
        });
        drop(let_go);
        one.join(|_| "never-looks");
    });
}

#[test]
fn news_that_come_late_are_heard() {
    LESSON.grade("waiter_leaves", |scene| {
        let after = LOOK * scene.random().u32(2..5);
        asks(scene, "hears-nothing", move || {
            let waiters = Waiters::new(MANY);
            let waiter = registers(&waiters, "hears-nothing")?;
            let got = thread::scope(|scope| {
                scope.spawn(|| {
                    thread::sleep(after);
                    waiters.tell_all();
                });
                waiter.wait(AN_HOUR, || false)
            });
            leave(waiter);
            let when = "There were news after a while";
            ended(got, Ended::News, "hears-nothing", when)
        });
    });
}
