use super::{ENOUGH, LESSON, Seen, Step, Stream, once, play, shown};
use peer::Scene;
use std::future::{pending, ready};
use std::io;
use tokio_chat_exercises::lost_bytes::{Outcome, read_unless};

/// When the interruption is ready.
#[derive(Clone, Copy, Debug)]
enum Interrupted {
    AtOnce,
    AfterOneTurn,
    Never,
}

/// Bytes that every read wants.
const WANTED: usize = 4;

/// The outcome as a student writes it.
fn told(outcome: &Option<io::Result<Outcome>>) -> String {
    match outcome {
        Some(Ok(Outcome::Read(bytes))) => format!("Ok(Read(\"{}\"))", shown(bytes)),
        Some(Ok(Outcome::Interrupted { lost })) => format!("Ok(Interrupted {{ lost: {lost} }})"),
        Some(Err(error)) => format!("Err({:?})", error.kind()),
        None => "nothing: it waits".to_string(),
    }
}

/// One call of the student's function, and what was seen of the stream.
fn call(scene: &Scene, steps: Vec<Step>, interrupted: Interrupted) -> (String, Seen) {
    let (mut stream, seen) = Stream::new(steps);
    let outcome = play(scene, "your function", "reads", move || async move {
        let interruption = async {
            match interrupted {
                Interrupted::AtOnce => ready(()).await,
                Interrupted::AfterOneTurn => tokio::task::yield_now().await,
                Interrupted::Never => pending().await,
            }
        };
        let mut future = Box::pin(read_unless(&mut stream, WANTED, interruption));
        // Asked again and again: whoever waits by then, waits for ever.
        for _ in 0..ENOUGH {
            if let Some(outcome) = once(future.as_mut()).await {
                return told(&Some(outcome));
            }
            tokio::task::yield_now().await;
        }
        told(&None)
    });
    (outcome, seen)
}

/// Calls the student's function once, and expects `expected`.
fn expect(
    scene: &Scene,
    steps: Vec<Step>,
    interrupted: Interrupted,
    expected: &str,
    key: &str,
) -> Seen {
    let (outcome, seen) = call(scene, steps, interrupted);
    if outcome != expected {
        for line in &seen.history().lines {
            scene.note(line.clone());
        }
        scene.note(match interrupted {
            Interrupted::Never => "the interruption is never ready",
            Interrupted::AtOnce | Interrupted::AfterOneTurn => "the interruption is ready",
        });
    }
    scene.check(outcome == expected, key, || {
        format!("Your function returned {outcome}; {expected} was expected.")
    });
    seen
}

#[test]
fn reads_when_nothing_interrupts() {
    LESSON.grade("lost_bytes", |scene| {
        let word = scene.random_letters(WANTED);
        let (first, second) = word.as_bytes().split_at(1);
        let more = [second, b"more"].concat();
        let steps = vec![Step::Bytes(first.into()), Step::Wait, Step::Bytes(more)];
        let expected = format!("Ok(Read(\"{word}\"))");
        let seen = expect(scene, steps, Interrupted::Never, &expected, "reads");
        let taken = seen.history().taken;
        scene.check(taken == WANTED, "reads", || {
            format!("Your function took {taken} bytes from the stream; {WANTED} are wanted.")
        });
    });
}

#[test]
fn the_read_wins_when_both_are_ready() {
    LESSON.grade("lost_bytes", |scene| {
        // More than once: without an order, chance decides.
        for _ in 0..30 {
            let word = scene.random_letters(WANTED);
            let steps = vec![Step::Bytes(word.clone().into())];
            let expected = format!("Ok(Read(\"{word}\"))");
            expect(scene, steps, Interrupted::AtOnce, &expected, "read-wins");
        }
    });
}

#[test]
fn says_how_many_bytes_are_lost() {
    LESSON.grade("lost_bytes", |scene| {
        for lost in [3, 0, 1, 2] {
            let mut came = scene.random_bytes(lost);
            // A zero is a byte, too.
            if let Some(last) = came.last_mut() {
                *last = 0;
            }
            let mut steps: Vec<_> = came
                .into_iter()
                .map(|byte| Step::Bytes(vec![byte]))
                .collect();
            steps.push(Step::Silence);
            for interrupted in [Interrupted::AtOnce, Interrupted::AfterOneTurn] {
                let expected = format!("Ok(Interrupted {{ lost: {lost} }})");
                expect(scene, steps.clone(), interrupted, &expected, "lost");
            }
        }
    });
}

#[test]
fn an_end_that_is_too_early_is_an_error() {
    LESSON.grade("lost_bytes", |scene| {
        for came in [3, 0] {
            let steps = match came {
                0 => vec![],
                _ => vec![Step::Bytes(scene.random_bytes(came))],
            };
            expect(
                scene,
                steps,
                Interrupted::Never,
                "Err(UnexpectedEof)",
                "end-of-stream",
            );
        }
    });
}

#[test]
fn reports_a_reset() {
    LESSON.grade("lost_bytes", |scene| {
        let steps = vec![Step::Bytes(scene.random_bytes(2)), Step::Reset];
        expect(
            scene,
            steps,
            Interrupted::Never,
            "Err(ConnectionReset)",
            "end-of-stream",
        );
    });
}
