use super::{LESSON, told};
use nonblocking_exercises::out_buffer::{Flushed, OutBuffer};
use peer::{Scene, Sink, Take};
use std::io::{self, ErrorKind};

/// Calls the student's `flush` with `sink`. The rest that waits comes back with the outcome.
fn flush(scene: &Scene, mut out: OutBuffer, sink: &Sink) -> (io::Result<Flushed>, OutBuffer) {
    let mut socket = sink.clone();
    let answer = scene.run("your out-buffer", move || {
        let outcome = out.flush(&mut socket);
        Outcome(outcome, out)
    });
    let Outcome(outcome, out) = answer.join(|_| "would-block");
    scene.note(format!("flush returned {}", told(&outcome)));
    (outcome, out)
}

struct Outcome(io::Result<Flushed>, OutBuffer);

impl std::fmt::Debug for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&told(&self.0))
    }
}

/// A buffer in which `bytes` wait.
fn filled(bytes: &[u8]) -> OutBuffer {
    let mut out = OutBuffer::default();
    out.push(bytes);
    out
}

/// A flush that came to the end wrote `bytes` in order, and nothing waits.
fn all_written(
    scene: &Scene,
    outcome: &io::Result<Flushed>,
    out: &OutBuffer,
    sink: &Sink,
    bytes: &[u8],
) {
    let written = sink.written();
    let sentence = if written.len() < bytes.len() && matches!(outcome, Ok(Flushed::All)) {
        format!(
            "Your flush returned Ok(All), and {} of {} bytes were written.",
            written.len(),
            bytes.len()
        )
    } else {
        "Other bytes were written than those that waited.".to_string()
    };
    scene.compare(bytes, &written, "short-write", &sentence);
    scene.check(
        matches!(outcome, Ok(Flushed::All)) && out.waiting().is_empty(),
        "short-write",
        || {
            format!(
                "Everything was written, and your flush returned {} while {} bytes wait.",
                told(outcome),
                out.waiting().len()
            )
        },
    );
}

/// The socket was full after `taken` of `bytes`: this flush must say so, and keep the rest.
fn blocked(
    scene: &Scene,
    outcome: &io::Result<Flushed>,
    out: &OutBuffer,
    sink: &Sink,
    (bytes, taken): (&[u8], usize),
) {
    if let Err(error) = outcome {
        scene.check(false, "would-block", || {
            format!(
                "The socket was full, and your flush returned Err({:?}); Ok(Blocked) was expected.",
                error.kind()
            )
        });
    }
    scene.check(sink.written().len() <= taken, "would-block", || {
        "The socket said WouldBlock, and your flush wrote again at once: a loop that uses the processor until there is room.".to_string()
    });
    scene.check(
        matches!(outcome, Ok(Flushed::Blocked)),
        "would-block",
        || {
            format!(
                "The socket was full, and your flush returned {}; Ok(Blocked) was expected.",
                told(outcome)
            )
        },
    );
    scene.compare(
        &bytes[taken..],
        out.waiting(),
        "short-write",
        "What waits now is not what the socket did not take.",
    );
}

#[test]
fn writes_what_waits() {
    LESSON.grade("out_buffer", |scene| {
        let words = scene.random_letters(12);
        let sink = scene.sink([]);
        let (outcome, out) = flush(scene, filled(words.as_bytes()), &sink);
        all_written(scene, &outcome, &out, &sink, words.as_bytes());
    });
}

#[test]
fn goes_on_after_a_short_write() {
    LESSON.grade("out_buffer", |scene| {
        let words = scene.random_letters(12);
        let sink = scene.sink([Take::Bytes(5), Take::Bytes(1)]);
        let (outcome, out) = flush(scene, filled(words.as_bytes()), &sink);
        scene.check(
            !matches!(outcome, Ok(Flushed::Blocked)),
            "stops-too-early",
            || {
                "The socket took a part and did not say WouldBlock, and your flush returned Ok(Blocked).".to_string()
            },
        );
        all_written(scene, &outcome, &out, &sink, words.as_bytes());
    });
}

#[test]
fn keeps_what_a_full_socket_did_not_take() {
    LESSON.grade("out_buffer", |scene| {
        let words = scene.random_letters(12);
        let taken = scene.random().usize(2..10);
        let sink = scene.sink([Take::Bytes(taken - 1), Take::Bytes(1), Take::WouldBlock]);
        let (outcome, out) = flush(scene, filled(words.as_bytes()), &sink);
        blocked(scene, &outcome, &out, &sink, (words.as_bytes(), taken));
    });
}

#[test]
fn goes_on_later_and_in_order() {
    LESSON.grade("out_buffer", |scene| {
        let words = scene.random_letters(12);
        let more = scene.random_letters(6);
        let steps = [
            Take::WouldBlock,
            Take::Bytes(3),
            Take::WouldBlock,
            Take::Bytes(7),
        ];
        let sink = scene.sink(steps);
        let (outcome, out) = flush(scene, filled(words.as_bytes()), &sink);
        blocked(scene, &outcome, &out, &sink, (words.as_bytes(), 0));
        let (outcome, mut out) = flush(scene, out, &sink);
        blocked(scene, &outcome, &out, &sink, (words.as_bytes(), 3));
        scene.note("push: 6 bytes more");
        out.push(more.as_bytes());
        let (outcome, out) = flush(scene, out, &sink);
        let all = words + &more;
        all_written(scene, &outcome, &out, &sink, all.as_bytes());
    });
}

#[test]
fn tries_again_after_an_interruption() {
    LESSON.grade("out_buffer", |scene| {
        let words = scene.random_letters(12);
        let sink = scene.sink([Take::Interrupted, Take::Bytes(4), Take::Interrupted]);
        let (outcome, out) = flush(scene, filled(words.as_bytes()), &sink);
        scene.check(matches!(outcome, Ok(Flushed::All)), "interrupted", || {
            format!(
                "A signal interrupted a write, and your flush returned {}.",
                told(&outcome)
            )
        });
        all_written(scene, &outcome, &out, &sink, words.as_bytes());
    });
}

#[test]
fn a_write_that_takes_nothing_is_an_error() {
    LESSON.grade("out_buffer", |scene| {
        let words = scene.random_letters(12);
        let sink = scene.sink([Take::Bytes(4), Take::Nothing]);
        let (outcome, _) = flush(scene, filled(words.as_bytes()), &sink);
        let zero = |error: &io::Error| error.kind() == ErrorKind::WriteZero;
        scene.check(outcome.as_ref().is_err_and(zero), "write-zero", || {
            format!(
                "A write took nothing and gave no error, and your flush returned {}; Err(WriteZero) was expected.",
                told(&outcome)
            )
        });
    });
}

#[test]
fn other_errors_are_returned() {
    LESSON.grade("out_buffer", |scene| {
        let words = scene.random_letters(12);
        let kind = ErrorKind::ConnectionReset;
        let sink = scene.sink([Take::Bytes(4), Take::Failed(kind)]);
        let (outcome, _) = flush(scene, filled(words.as_bytes()), &sink);
        let same = |error: &io::Error| error.kind() == kind;
        scene.check(outcome.as_ref().is_err_and(same), "error-is-told", || {
            format!(
                "The write failed with {kind:?}, and your flush returned {}.",
                told(&outcome)
            )
        });
    });
}

#[test]
fn writes_nothing_when_nothing_waits() {
    LESSON.grade("out_buffer", |scene| {
        let sink = scene.sink([]);
        let (outcome, _) = flush(scene, OutBuffer::default(), &sink);
        scene.check(
            matches!(outcome, Ok(Flushed::All)) && sink.writes() == 0,
            "nothing-waits",
            || {
                format!(
                    "Nothing waits. Your flush called write all the same, and returned {}.",
                    told(&outcome)
                )
            },
        );
    });
}
