//! Grades the exercises of lesson 22.

use peer::{Lesson, Scene};
use std::cell::RefCell;
use std::fmt::{self, Debug};
use std::io;

mod close_codes;
mod close_handshake;
mod heartbeat;
mod interoperate;
mod second_engine;
mod slow_consumer;

static LESSON: Lesson = Lesson::new("22-ws-session", include_str!("../../exercises.toml"));

/// A result as a student writes it: `Err(ConnectionReset)`, whatever else an `io::Error` holds.
fn told<T: Debug>(result: &io::Result<T>) -> String {
    match result {
        Ok(value) => format!("Ok({value:?})"),
        Err(error) => format!("Err({:?})", error.kind()),
    }
}

/// What went wrong: the hint's key, and the sentence.
type Wrong = (&'static str, String);

/// What a probe of the student's code came to. The ladder needs no more of it.
struct Probed<T>(T);

impl<T> Debug for Probed<T> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("what stands above")
    }
}

/// Runs `code`, which asks the student's code, in a thread of its own.
fn probe<T: Send + 'static>(
    scene: &Scene,
    name: &str,
    code: impl FnOnce() -> T + Send + 'static,
) -> T {
    scene
        .run(name, || Probed(code()))
        .join(|_| "never-returns")
        .0
}

thread_local! {
    /// What the student's code did to a grader's socket, for the ladder.
    static TOLD: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Lines of that which are shown: the last ones.
const SHOWN: usize = 12;

/// Writes a line into the ladder, should [`checked`] find something wrong.
fn tell(line: impl Into<String>) {
    TOLD.with_borrow_mut(|told| told.push(line.into()));
}

/// What was told belongs to something that is over.
fn tell_anew() {
    TOLD.take();
}

/// Runs `code`, which asks the student's code and checks its answers.
fn checked(scene: &Scene, name: &str, code: impl FnOnce() -> Result<(), Wrong> + Send + 'static) {
    let (outcome, told) = probe(scene, name, || (code(), TOLD.take()));
    let Err((key, sentence)) = outcome else {
        return;
    };
    let first = told.len().saturating_sub(SHOWN);
    if first > 0 {
        scene.note(format!("… {first} calls before this …"));
    }
    for line in &told[first..] {
        scene.note(line);
    }
    scene.check(false, key, || sentence);
}

/// `Err` with `key` and the sentence, unless `good`.
fn must(good: bool, key: &'static str, sentence: impl FnOnce() -> String) -> Result<(), Wrong> {
    if good { Ok(()) } else { Err((key, sentence())) }
}
