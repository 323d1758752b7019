use super::LESSON;
use peer::{Answer, Scene, caught};
use polling_exercises::long_poll::{Board, Event};
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

const AN_HOUR: Duration = Duration::from_secs(3600);

/// For waits that end by themselves.
const PATIENCE: Duration = Duration::from_millis(300);

/// Between two events in another room, in the test that never lets the waiter sleep for long.
const PACE: Duration = Duration::from_millis(10);

/// How often a wait in which nothing happens may take the lock: once, or some more times. Who sleeps for
/// a little while and looks takes it much more often.
const LOCKS: usize = 8;

/// How long another thread gets to do something before the lock is taken. Most tests need none of it.
const A_TURN: Duration = Duration::from_millis(200);

thread_local! {
    /// What happens in this thread each time before it takes the lock.
    static OTHERS: Cell<Option<Box<dyn FnMut()>>> = const { Cell::new(None) };
}

fn others_first() {
    if let Some(mut others) = OTHERS.take() {
        others();
        OTHERS.set(Some(others));
    }
}

type Shared = Arc<Board<fn()>>;

fn board() -> Shared {
    Arc::new(Board::new(others_first as fn()))
}

fn ids(events: &[Event]) -> Vec<u64> {
    events.iter().map(|event| event.id).collect()
}

/// The student's `wait`, in a thread of its own.
fn waits<'a>(
    scene: &'a Scene,
    board: &Shared,
    room: &'static str,
    cursor: u64,
    patience: Duration,
) -> Answer<'a, Vec<u64>> {
    scene.note(format!("wait({room:?}, {cursor}, {patience:?})"));
    let board = Arc::clone(board);
    scene.run("your wait()", move || {
        ids(&board.wait(room, cursor, patience))
    })
}

/// The same, and when this returns it waits.
fn is_waiting<'a>(
    scene: &'a Scene,
    board: &Shared,
    room: &'static str,
    cursor: u64,
    patience: Duration,
) -> Answer<'a, Vec<u64>> {
    sleeps(scene, waits(scene, board, room, cursor, patience))
}

/// Ends the test when the student's `wait` does not fall asleep.
fn sleeps<'a, T>(scene: &Scene, answer: Answer<'a, T>) -> Answer<'a, T> {
    let sleeps = answer.settle();
    if scene.left().is_zero() {
        answer.join(|_| "does-not-sleep");
        unreachable!("it runs, and the time is over");
    }
    scene.check(sleeps, "does-not-wait", || {
        "wait() returned though nothing had happened, and there was patience for more.".to_string()
    });
    answer
}

/// Something happens in a room, in a thread of its own. False when `publish` does not come back.
fn publish(scene: &Scene, board: &Shared, room: &'static str) -> bool {
    let text = scene.random_letters(4);
    scene.note(format!("publish({room:?}, {text:?})"));
    aside(scene, board, move |board| board.publish(room, &text))
}

/// In another thread: when it does not come back, the student's `wait` does not either, and that is a
/// verdict.
fn aside(scene: &Scene, board: &Shared, code: impl FnOnce(&Board<fn()>) + Send + 'static) -> bool {
    in_another_thread(board, scene.left() / 2, code)
}

fn in_another_thread(
    board: &Shared,
    limit: Duration,
    code: impl FnOnce(&Board<fn()>) + Send + 'static,
) -> bool {
    let board = Arc::clone(board);
    let (done, is_done) = mpsc::channel();
    thread::spawn(move || {
        code(&board);
        let _ = done.send(());
    });
    is_done.recv_timeout(limit) != Err(RecvTimeoutError::Timeout)
}

fn is(scene: &Scene, got: &[u64], expected: &[u64], key: &'static str) {
    scene.note(format!("it gave {got:?}"));
    scene.check(got == expected, key, || {
        format!("wait() gave the events {got:?}; {expected:?} was expected.")
    });
}

#[test]
fn what_is_there_is_given_at_once() {
    LESSON.grade("long_poll", |scene| {
        for (cursor, expected) in [(0, &[1, 3, 4][..]), (1, &[3, 4]), (3, &[4])] {
            scene.note("four events, in \"tea\", \"coffee\", \"tea\" and \"tea\"");
            scene.note(format!("wait(\"tea\", {cursor}, {AN_HOUR:?})"));
            let text = scene.random_letters(4);
            let answer = scene.run("your wait()", move || {
                let board = board();
                for room in ["tea", "coffee", "tea", "tea"] {
                    board.publish(room, &text);
                }
                ids(&board.wait("tea", cursor, AN_HOUR))
            });
            is(
                scene,
                &answer.join(|_| "look-first"),
                expected,
                "look-first",
            );
        }
    });
}

#[test]
fn an_event_wakes_who_waits_for_it() {
    LESSON.grade("long_poll", |scene| {
        let board = board();
        let (waiter, woken) = (Arc::clone(&board), Arc::new(AtomicBool::new(false)));
        let is_woken = Arc::clone(&woken);
        scene.note(format!("wait(\"tea\", 0, {AN_HOUR:?})"));
        let answer = scene.run("your wait()", move || {
            let events = waiter.wait("tea", 0, AN_HOUR);
            is_woken.store(true, Ordering::SeqCst);
            ids(&events)
        });
        let answer = sleeps(scene, answer);
        scene.note("publish(\"tea\", …), by a thread that gets the lock late");
        let came_back = aside(scene, &board, |board| {
            OTHERS.set(Some(Box::new(|| thread::sleep(A_TURN))));
            board.publish("tea", "now");
        });
        let got = answer.join(|_| {
            if !came_back {
                scene.note("publish() waits for the lock");
                return "sleeps-with-the-lock";
            }
            // Does it wake anybody at all?
            scene.note("it sleeps on; publish(\"tea\", …) once more");
            in_another_thread(&board, A_TURN, |board| board.publish("tea", "again"));
            let end = Instant::now() + A_TURN;
            while !woken.load(Ordering::SeqCst) && Instant::now() < end {
                thread::yield_now();
            }
            match woken.load(Ordering::SeqCst) {
                true => "wakes-too-early",
                false => "never-woken",
            }
        });
        is(scene, &got, &[1], "never-woken");
    });
}

#[test]
fn an_event_wakes_all_who_wait() {
    LESSON.grade("long_poll", |scene| {
        let board = board();
        let count = scene.random().usize(3..6);
        let answers: Vec<_> = (0..count)
            .map(|_| is_waiting(scene, &board, "tea", 0, AN_HOUR))
            .collect();
        publish(scene, &board, "tea");
        for answer in answers {
            let got = answer.join(|_| "wakes-one-only");
            is(scene, &got, &[1], "wakes-one-only");
        }
    });
}

#[test]
fn says_that_there_was_nothing_when_the_patience_is_over() {
    LESSON.grade("long_poll", |scene| {
        let board = board();
        let nothing = waits(scene, &board, "tea", 0, Duration::ZERO).join(|_| "waits-for-ever");
        is(scene, &nothing, &[], "waits-for-ever");
        scene.note(format!("wait(\"tea\", 0, {PATIENCE:?})"));
        let locked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&locked);
        let began = Instant::now();
        let answer = scene.run("your wait()", move || {
            OTHERS.set(Some(Box::new(move || {
                count.fetch_add(1, Ordering::SeqCst);
            })));
            ids(&board.wait("tea", 0, PATIENCE))
        });
        let got = answer.join(|_| "waits-for-ever");
        let (waited, locked) = (began.elapsed(), locked.load(Ordering::SeqCst));
        is(scene, &got, &[], "waits-for-ever");
        scene.check(waited >= PATIENCE, "does-not-wait", || {
            format!("wait() had {PATIENCE:?}, and returned without an event after {waited:.0?}.")
        });
        scene.check(locked <= LOCKS, "polls-inside", || {
            format!(
                "Nothing happened for {PATIENCE:?}, and your wait() took the lock {locked} times meanwhile: it asks again and again, instead of sleeping until it is woken."
            )
        });
    });
}

#[test]
fn sleeps_on_when_it_was_woken_for_nothing() {
    LESSON.grade("long_poll", |scene| {
        let board = board();
        let answer = is_waiting(scene, &board, "tea", 0, AN_HOUR);
        let count = scene.random().u64(2..5);
        for _ in 0..count {
            publish(scene, &board, "coffee");
            // It wakes, and sleeps again; or it returns.
            thread::sleep(PACE);
            answer.settle();
        }
        scene.check(answer.is_running(), "woken-for-nothing", || {
            "Something happened in another room: that woke your wait(), and it returned without an event.".to_string()
        });
        publish(scene, &board, "tea");
        let got = answer.join(|_| "never-woken");
        is(scene, &got, &[count + 1], "woken-for-nothing");
    });
}

#[test]
fn one_patience_is_for_the_whole_wait() {
    LESSON.grade("long_poll", |scene| {
        let board = board();
        let answer = is_waiting(scene, &board, "tea", 0, PATIENCE);
        scene.note(format!(
            "from now on, every {PACE:?}: publish(\"coffee\", …)"
        ));
        let (stop, stopped) = mpsc::channel::<()>();
        let other = Arc::clone(&board);
        thread::spawn(move || {
            // Until `stop` is dropped.
            while stopped.recv_timeout(PACE) == Err(RecvTimeoutError::Timeout) {
                other.publish("coffee", "hot");
            }
        });
        let got = answer.join(|_| "patience-begins-anew");
        drop(stop);
        is(scene, &got, &[], "woken-for-nothing");
    });
}

#[test]
fn an_event_between_the_look_and_the_wait_is_not_lost() {
    LESSON.grade("long_poll", |scene| {
        let board = board();
        let (waiter, publisher) = (Arc::clone(&board), Arc::clone(&board));
        // It happens once: between the look and the wait, or when that cannot be any more.
        let happened = Arc::new(AtomicBool::new(false));
        let has_happened = Arc::clone(&happened);
        scene.note(format!(
            "wait(\"tea\", 0, {AN_HOUR:?}) looks, and finds nothing"
        ));
        let answer = scene.run("your wait()", move || {
            let mut turns = 0;
            OTHERS.set(Some(Box::new(move || {
                turns += 1;
                // It has looked, has let go of the lock, and is about to take it again.
                if turns == 2 && !has_happened.swap(true, Ordering::SeqCst) {
                    in_another_thread(&publisher, A_TURN, |board| board.publish("tea", "now"));
                }
            })));
            ids(&waiter.wait("tea", 0, AN_HOUR))
        });
        answer.settle();
        if happened.swap(true, Ordering::SeqCst) {
            scene.note("it lets go of the lock");
            scene.note("another thread takes the lock, and publishes in \"tea\"");
            scene.note("it takes the lock again, and goes to sleep");
        } else {
            // Who holds the lock from the look to the wait lets nobody come between. Now it may happen.
            publish(scene, &board, "tea");
        }
        let got = answer.join(|_| "lost-between");
        is(scene, &got, &[1], "lost-between");
    });
}

#[test]
fn what_happened_before_the_close_is_still_given() {
    LESSON.grade("long_poll", |scene| {
        for (cursor, expected) in [(0, &[1][..]), (1, &[])] {
            scene.note("publish(\"tea\", …), close()");
            scene.note(format!("wait(\"tea\", {cursor}, {AN_HOUR:?})"));
            let answer = scene.run("your wait()", move || {
                let board = board();
                board.publish("tea", "hot");
                board.close();
                ids(&board.wait("tea", cursor, AN_HOUR))
            });
            is(scene, &answer.join(|_| "closing"), expected, "closing");
        }
    });
}

#[test]
fn closing_wakes_all_who_wait() {
    LESSON.grade("long_poll", |scene| {
        let board = board();
        let answers =
            ["tea", "tea", "coffee"].map(|room| is_waiting(scene, &board, room, 0, AN_HOUR));
        scene.note("close()");
        aside(scene, &board, Board::close);
        for answer in answers {
            is(scene, &answer.join(|_| "closing"), &[], "closing");
        }
    });
}

#[test]
fn as_long_as_it_takes_is_a_patience_too() {
    LESSON.grade("long_poll", |scene| {
        let board = board();
        let other = Arc::clone(&board);
        scene.note("wait(\"tea\", 0, Duration::MAX)");
        let answer = scene.run("your wait()", move || {
            caught(|| ids(&other.wait("tea", 0, Duration::MAX)))
        });
        answer.settle();
        publish(scene, &board, "tea");
        let got = answer.join(|_| "never-woken");
        scene.check(got == Ok(vec![1]), "time-overflows", || match got {
            Err(panic) => format!("Your wait() panicked: {panic}"),
            Ok(ids) => format!("wait() gave the events {ids:?}; [1] was expected."),
        });
    });
}
