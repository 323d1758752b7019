//! The other end of the line, for graders.
//!
//! A graded test is a small play. The student's code is on one side; this library is on the
//! other, scripted and sometimes hostile. Both meet on real sockets (or on a [`Script`], an
//! in-memory stream that splits bytes exactly as told), and everything is written down. When
//! the student's code does something else than the script, the test ends with a verdict:
//! one sentence, the ladder of what happened, the first wrong byte, and one hint.
//!
//! ```text
//! static LESSON: Lesson = Lesson::new("02-tcp-echo", include_str!("../../exercises.toml"));
//!
//! #[test]
//! fn echoes_what_arrives_in_pieces() {
//!     LESSON.grade("echo_until_eof", |scene| {
//!         let (listener, address) = scene.listener();
//!         let server = scene.run("your server", move || serve(listener));
//!         let mut client = scene.connect("client", address);
//!         client.send(b"hello");
//!         client.expect(b"hello", |why| match why {
//!             Why::Ended => "one-read-one-message",
//!             _ => "blocked",
//!         });
//!         client.half_close();
//!         client.expect_end(|_| "never-closes");
//!         server.join("blocked");
//!     });
//! }
//! ```
//!
//! Rooms: [`Scene`] (one test: deadline, seed, the student's threads), [`Line`] (one end of a
//! TCP connection), [`Host`] (a listener for exercises that write a client), [`Script`]
//! and [`Sink`] (in memory, to read from and to write to), [`Datagrams`] (a UDP socket behind a network that may be bad), and the suites
//! that every server of a kind passes: [`mod@echo`] and [`chat`]. Behind
//! them: the ladder, the bytes, the verdict and its report, and where a thread is blocked. For
//! graders that look closer: [`caught`] (a panic that has a meaning) and [`address_space`]
//! (memory that was asked for).
//!
//! Rules that graders can rely on: no wait is longer than the test's deadline; no port is
//! fixed; nothing is random but what [`Scene::random`] gives, and its seed is in the verdict
//! (`PEER_SEED` replays it).

mod bytes;
mod caught;
pub mod chat;
mod datagrams;
pub mod echo;
mod engine;
mod full_duplex;
mod ladder;
mod line;
mod memory;
mod scene;
mod script;
mod sink;
mod trickle;
mod verdict;
mod whereabouts;

pub use bytes::as_rust;
pub use caught::caught;
pub use datagrams::Datagrams;
pub use engine::Report;
pub use line::{Host, Line};
pub use memory::address_space;
pub use scene::{Answer, Scene, of_the_machine};
pub use script::{Script, Step};
pub use sink::{Sink, Take};
pub use verdict::{Verdict, Why};

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

/// How long a test may take, unless it says otherwise.
pub const DEADLINE: Duration = Duration::from_secs(2);

/// The longest deadline that a test may ask for.
pub const LONGEST_DEADLINE: Duration = Duration::from_secs(5);

/// The exercises of one lesson, as its grader knows them.
pub struct Lesson {
    pub(crate) chapter: &'static str,
    pub(crate) exercises: &'static str,
}

impl Lesson {
    /// `chapter` is the name of the chapter's page (`02-tcp-echo`), `exercises` the text of the
    /// lesson's `exercises.toml`, where the hints are.
    pub const fn new(chapter: &'static str, exercises: &'static str) -> Lesson {
        Lesson { chapter, exercises }
    }

    /// Runs one graded test of `exercise` within [`DEADLINE`].
    ///
    /// # Panics
    /// When the student's code fails the test. The verdict is printed before, or written to
    /// the file that the environment variable `COURSE_REPORT` names.
    pub fn grade(&self, exercise: &str, test: impl FnOnce(&Scene)) {
        self.grade_within(DEADLINE, exercise, test);
    }

    /// Like [`Lesson::grade`], for a test that moves so much that it needs more time.
    ///
    /// # Panics
    /// As [`Lesson::grade`]; also when `deadline` is over [`LONGEST_DEADLINE`].
    pub fn grade_within(&self, deadline: Duration, exercise: &str, test: impl FnOnce(&Scene)) {
        match judge(deadline, test) {
            Ok(()) => verdict::report_passed(exercise),
            Err(verdict) => {
                verdict.report(self, exercise);
                // Not panic!(): the verdict is the message, and it is already out.
                resume_unwind(Box::new("the verdict is above"));
            }
        }
    }
}

/// Runs `test` and returns its verdict when the student's code failed it.
///
/// # Panics
/// When the test itself is at fault, not the student's code; and when `deadline` is over
/// [`LONGEST_DEADLINE`].
pub fn judge(deadline: Duration, test: impl FnOnce(&Scene)) -> Result<(), Verdict> {
    assert!(
        deadline <= LONGEST_DEADLINE,
        "a test may take {LONGEST_DEADLINE:?} at most"
    );
    scene::keep_panics_of_students();
    let scene = Scene::new(deadline);
    let ended = catch_unwind(AssertUnwindSafe(|| {
        test(&scene);
        scene.nobody_panicked();
    }));
    match ended {
        Ok(()) => Ok(()),
        Err(payload) => match payload.downcast::<Verdict>() {
            Ok(verdict) => Err(Verdict {
                seed: scene.seed(),
                ..*verdict
            }),
            // The grader itself is wrong (or this library): say so as any test would.
            Err(payload) => resume_unwind(payload),
        },
    }
}
