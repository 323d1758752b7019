//! Grades the exercises of lesson 13.

use peer::{Lesson, Scene};
use std::fmt::{self, Debug};
use std::io;

mod budgeted_turn;
mod deadline_queue;
mod high_water;
mod stale_tokens;
mod wake_the_loop;

static LESSON: Lesson = Lesson::new("13-mio-chat", include_str!("../../exercises.toml"));

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
struct Probed(Result<(), Wrong>);

impl Debug for Probed {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("what stands above")
    }
}

/// Runs `code`, which asks the student's code and checks its answers, in a thread of its own.
fn probe(scene: &Scene, name: &str, code: impl FnOnce() -> Result<(), Wrong> + Send + 'static) {
    let Probed(outcome) = scene.run(name, || Probed(code())).join(|_| "never-returns");
    if let Err((key, sentence)) = outcome {
        scene.check(false, key, || sentence);
    }
}

/// `Err` with `key` and the sentence, unless `good`.
fn must(good: bool, key: &'static str, sentence: impl FnOnce() -> String) -> Result<(), Wrong> {
    if good { Ok(()) } else { Err((key, sentence())) }
}
