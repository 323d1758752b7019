//! Grades the exercises of lesson 18.

use peer::{Lesson, Scene, Why};
use std::fmt::{self, Debug};

mod between_polls;
mod jittered_repoll;
mod long_poll;
mod since_cursor;
mod waiter_leaves;

static LESSON: Lesson = Lesson::new("18-polling", include_str!("../../exercises.toml"));

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
    key: impl FnOnce(Why) -> &'static str,
    code: impl FnOnce() -> T + Send + 'static,
) -> T {
    scene.run(name, || Probed(code())).join(key).0
}

/// Ends the test when the probe found something wrong.
fn good(scene: &Scene, outcome: Result<(), Wrong>) {
    if let Err((key, sentence)) = outcome {
        scene.check(false, key, || sentence);
    }
}

/// `Err` with `key` and the sentence, unless `good`.
fn must(good: bool, key: &'static str, sentence: impl FnOnce() -> String) -> Result<(), Wrong> {
    if good { Ok(()) } else { Err((key, sentence())) }
}
