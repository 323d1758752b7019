use super::{LESSON, told};
use nonblocking_exercises::read_what_came::{Stopped, read_what_came};
use peer::{Scene, Script, Step};
use std::io::{self, ErrorKind};

/// More than any of these tests brings.
const NO_LIMIT: usize = 1024 * 1024;

/// Nothing is there now.
fn not_yet() -> Step {
    Step::Failed(ErrorKind::WouldBlock)
}

/// Calls the student's function once, with `input` as it is; it comes back with the outcome.
fn read(
    scene: &Scene,
    script: &Script,
    input: &[u8],
    limit: usize,
) -> (io::Result<Stopped>, Vec<u8>) {
    let (mut socket, mut input) = (script.clone(), input.to_vec());
    let answer = scene.run("your function", move || {
        let outcome = read_what_came(&mut socket, &mut input, limit);
        Outcome(outcome, input)
    });
    let Outcome(outcome, input) = answer.join(|_| "would-block");
    scene.note(format!("your function returned {}", told(&outcome)));
    (outcome, input)
}

struct Outcome(io::Result<Stopped>, Vec<u8>);

impl std::fmt::Debug for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&told(&self.0))
    }
}

fn is(scene: &Scene, outcome: &io::Result<Stopped>, expected: Stopped, key: &str, what: &str) {
    scene.check(
        matches!(outcome, Ok(stopped) if *stopped == expected),
        key,
        || {
            format!(
                "{what}, and your function returned {}; Ok({expected:?}) was expected.",
                told(outcome)
            )
        },
    );
}

#[test]
fn reads_until_nothing_is_there() {
    LESSON.grade("read_what_came", |scene| {
        let words = scene.random_letters(12);
        let (one, two) = words.split_at(5);
        let script = scene.script([
            Step::data(one),
            Step::data(two),
            not_yet(),
            Step::data("this comes later"),
            not_yet(),
        ]);
        let (outcome, input) = read(scene, &script, b"", NO_LIMIT);
        scene.check(input.len() <= words.len(), "would-block", || {
            "The socket said WouldBlock, and your function read again at once: a loop that uses the processor until something comes.".to_string()
        });
        scene.check(outcome.is_ok() || input.len() < words.len(), "would-block", || {
            format!(
                "Nothing more was there, and your function returned {}; Ok(NotYet) was expected.",
                told(&outcome)
            )
        });
        scene.compare(
            words.as_bytes(),
            &input,
            "stops-too-early",
            "More had come than your function read.",
        );
        is(
            scene,
            &outcome,
            Stopped::NotYet,
            "would-block",
            "Nothing more was there",
        );
    });
}

#[test]
fn the_end_is_not_the_same_as_nothing_yet() {
    LESSON.grade("read_what_came", |scene| {
        let words = scene.random_letters(8);
        let script = scene.script([not_yet(), Step::data(&words)]);
        let (outcome, _) = read(scene, &script, b"", NO_LIMIT);
        is(
            scene,
            &outcome,
            Stopped::NotYet,
            "would-block",
            "Nothing was there",
        );
        let (outcome, input) = read(scene, &script, b"", NO_LIMIT);
        scene.compare(
            words.as_bytes(),
            &input,
            "stops-too-early",
            "More had come than your function read.",
        );
        is(
            scene,
            &outcome,
            Stopped::End,
            "end-of-stream",
            "The stream ended",
        );
    });
}

#[test]
fn puts_it_behind_what_was_there() {
    LESSON.grade("read_what_came", |scene| {
        let words = scene.random_letters(12);
        let (before, came) = words.split_at(4);
        let script = scene.script([Step::data(came), not_yet()]);
        let (_, input) = read(scene, &script, before.as_bytes(), NO_LIMIT);
        scene.compare(
            words.as_bytes(),
            &input,
            "input-is-not-empty",
            "The input should be what it was, and then what came.",
        );
    });
}

#[test]
fn stops_at_the_limit() {
    LESSON.grade("read_what_came", |scene| {
        let limit = scene.random().usize(1100..1900);
        let letters = scene.random_letters(4000);
        let bytes = letters.as_bytes();
        let script = scene.script([Step::data(bytes), not_yet()]);
        let (outcome, input) = read(scene, &script, b"", limit);
        let read_of_it = bytes.len() - script.unread();
        scene.check(read_of_it <= limit, "over-the-limit", || {
            format!("The limit was {limit} bytes, and your function read {read_of_it}.")
        });
        let what = format!("The limit of {limit} bytes was reached");
        is(scene, &outcome, Stopped::Full, "full-is-not-the-end", &what);
        scene.compare(
            &bytes[..limit],
            &input,
            "over-the-limit",
            "Up to the limit, everything should be in the input.",
        );
    });
}

#[test]
fn reads_nothing_when_there_is_no_room() {
    LESSON.grade("read_what_came", |scene| {
        let full = scene.random_letters(10);
        let script = scene.script([Step::data("more"), not_yet()]);
        let (outcome, input) = read(scene, &script, full.as_bytes(), full.len());
        scene.check(
            script.unread() == 4 && input.len() == full.len(),
            "over-the-limit",
            || "The input was full, and your function read more.".to_string(),
        );
        is(
            scene,
            &outcome,
            Stopped::Full,
            "full-is-not-the-end",
            "The input was full",
        );
    });
}

#[test]
fn tries_again_after_an_interruption() {
    LESSON.grade("read_what_came", |scene| {
        let words = scene.random_letters(8);
        let script = scene.script([
            Step::Interrupted,
            Step::data(&words),
            Step::Interrupted,
            not_yet(),
        ]);
        let (outcome, input) = read(scene, &script, b"", NO_LIMIT);
        is(
            scene,
            &outcome,
            Stopped::NotYet,
            "interrupted",
            "A signal interrupted a read",
        );
        scene.compare(
            words.as_bytes(),
            &input,
            "interrupted",
            "A signal interrupted a read, and not everything was read.",
        );
    });
}

#[test]
fn other_errors_are_returned() {
    LESSON.grade("read_what_came", |scene| {
        let words = scene.random_letters(8);
        let script = scene.script([Step::data(&words), Step::Reset]);
        let (outcome, input) = read(scene, &script, b"", NO_LIMIT);
        let reset = |error: &io::Error| error.kind() == ErrorKind::ConnectionReset;
        scene.check(outcome.as_ref().is_err_and(reset), "error-is-told", || {
            format!(
                "The connection was reset, and your function returned {}.",
                told(&outcome)
            )
        });
        scene.compare(
            words.as_bytes(),
            &input,
            "error-is-told",
            "What came before the error should be in the input.",
        );
    });
}
