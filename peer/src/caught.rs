//! A panic of the student's code as an answer, for graders that know what it means.

use crate::Verdict;
use crate::scene::PANIC;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Runs a part of the student's code and returns the message of its panic, with file and line.
///
/// Without this, every panic is a verdict with the key `panicked`. A grader that can tell why the
/// code panicked (a slice that hopes for four bytes, a sum that overflows) catches it, and gives
/// the hint for that. To be called inside the code that [`Scene::run`](crate::Scene::run) runs. An
/// exercise that is not started, and a verdict of a [`Script`](crate::Script), go on unwinding.
///
/// # Errors
/// The message of the panic.
pub fn caught<T>(code: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(code)).map_err(|payload| {
        let message = PANIC.take().unwrap_or_default();
        // The next panic of this thread is to be kept as well.
        PANIC.set(Some(message.clone()));
        if payload.is::<Verdict>() || message.starts_with("not yet implemented") {
            resume_unwind(payload);
        }
        message
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DEADLINE, judge};

    #[test]
    fn a_panic_is_an_answer_with_its_place() {
        let judged = judge(DEADLINE, |scene| {
            let code = || {
                let two = Vec::from([0_u8; 2]);
                [
                    caught(|| two[..4].len()),
                    caught(|| two[..4].len()),
                    caught(|| 7),
                ]
            };
            let [first, second, third] = scene.run("your code", code).join(|_| "never-returns");
            let message = first.unwrap_err();
            assert!(message.contains("range end index 4"), "{message}");
            assert!(message.contains("caught.rs:"), "{message}");
            assert!(second.is_err());
            assert_eq!(third, Ok(7));
        });
        assert_eq!(judged, Ok(()));
    }

    #[test]
    fn what_is_not_started_stays_so() {
        let judged = judge(DEADLINE, |scene| {
            let code = || caught(|| -> u8 { todo!("write this") });
            let _ = scene.run("your code", code).join(|_| "never-returns");
        });
        let verdict = judged.unwrap_err();
        assert_eq!(verdict.key, "not-started");
        assert_eq!(verdict.sentence, "Not written yet: write this");
    }
}
