use super::{LESSON, frame, prefix, shown, told};
use framing_exercises::read_frame::{MAX_FRAME, read_frame};
use peer::{Scene, Script, Step, Why};
use std::fmt;
use std::io::{self, ErrorKind};

/// What the student's function returned. A payload may be too long for a line of the ladder.
struct Frame(io::Result<Option<Vec<u8>>>);

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match &self.0 {
            Ok(Some(payload)) => write!(f, "Ok(Some(\"{}\"))", shown(payload)),
            other => f.write_str(&told(other)),
        }
    }
}

impl Frame {
    fn is(&self, payload: &[u8]) -> bool {
        matches!(&self.0, Ok(Some(got)) if got == payload)
    }

    fn failed(&self, kind: ErrorKind) -> bool {
        matches!(&self.0, Err(error) if error.kind() == kind)
    }
}

/// One call of the student's function.
fn call(scene: &Scene, script: &Script) -> Frame {
    let mut stream = script.clone();
    scene
        .run("your function", move || Frame(read_frame(&mut stream)))
        .join(stuck)
}

fn stuck(why: Why) -> &'static str {
    match why {
        Why::Spinning => "reads-past-the-end",
        _ => "waits-for-more",
    }
}

/// Calls the student's function once and expects this payload.
fn expect(scene: &Scene, script: &Script, payload: &[u8], key: &str) {
    let frame = call(scene, script);
    scene.check(frame.is(payload), key, || {
        format!(
            "Your function returned {frame:?}; Ok(Some(\"{}\")) was expected.",
            shown(payload)
        )
    });
}

/// Calls the student's function once and expects this error; `came` is what came before it.
fn expect_failure(scene: &Scene, script: &Script, kind: ErrorKind, key: &str, came: &str) {
    let frame = call(scene, script);
    scene.check(frame.failed(kind), key, || {
        format!("{came}, and your function returned {frame:?}; Err({kind:?}) was expected.")
    });
}

#[test]
fn reads_a_frame_that_arrives_whole() {
    LESSON.grade("read_frame", |scene| {
        for length in [5, 300] {
            let word = scene.random_letters(length);
            let script = scene.script([Step::data(frame(&word))]);
            expect(scene, &script, word.as_bytes(), "prefix-then-payload");
        }
    });
}

#[test]
fn reads_a_frame_that_arrives_in_pieces() {
    LESSON.grade("read_frame", |scene| {
        let word = scene.random_letters(4);
        let bytes = frame(&word);
        for at in 1..bytes.len() {
            let (first, second) = bytes.split_at(at);
            let script = scene.script([Step::data(first), Step::data(second)]);
            expect(scene, &script, word.as_bytes(), "one-read-one-frame");
        }
    });
}

#[test]
fn returns_while_the_client_stays_silent() {
    LESSON.grade("read_frame", |scene| {
        let (listener, address) = scene.listener();
        let word = scene.random_letters(7);
        let server = scene.run("your server", move || {
            Frame(
                listener
                    .accept()
                    .and_then(|(mut stream, _)| read_frame(&mut stream)),
            )
        });
        let mut client = scene.connect("client", address);
        client.send(&frame(&word));
        scene.note("the client is silent, and stays connected");
        let frame = server.join(stuck);
        scene.check(frame.is(word.as_bytes()), "waits-for-more", || {
            format!("A whole frame came, and your function returned {frame:?}.")
        });
    });
}

#[test]
fn leaves_the_next_frame_in_the_stream() {
    LESSON.grade("read_frame", |scene| {
        let words = [scene.random_letters(3), String::new(), scene.random_letters(5)];
        let stream: Vec<u8> = words.iter().flat_map(frame).collect();
        let mut left = stream.len();
        let script = scene.script([Step::data(stream)]);
        for word in &words {
            expect(scene, &script, word.as_bytes(), "reads-ahead");
            left -= frame(word).len();
            let missing = left.saturating_sub(script.unread());
            scene.check(missing == 0, "reads-ahead", || {
                format!(
                    "Your function took {missing} bytes more than its frame has, and they are gone: the next call will miss them."
                )
            });
        }
    });
}

#[test]
fn an_end_between_two_frames_is_a_good_end() {
    LESSON.grade("read_frame", |scene| {
        let word = scene.random_letters(3);
        let script = scene.script([Step::data(frame(&word))]);
        expect(scene, &script, word.as_bytes(), "prefix-then-payload");
        let end = call(scene, &script);
        scene.check(matches!(end.0, Ok(None)), "end-between-frames", || {
            format!(
                "The stream ended behind a whole frame, and your function returned {end:?}; Ok(None) was expected."
            )
        });
    });
}

#[test]
fn an_end_inside_the_prefix_is_an_error() {
    LESSON.grade("read_frame", |scene| {
        for came in 1..4 {
            let script = scene.script([Step::data(&prefix(5)[..came])]);
            let sentence = format!("The stream ended after {came} of the prefix's 4 bytes");
            let key = "end-inside-the-prefix";
            expect_failure(scene, &script, ErrorKind::UnexpectedEof, key, &sentence);
        }
    });
}

#[test]
fn an_end_inside_the_payload_is_an_error() {
    LESSON.grade("read_frame", |scene| {
        let word = scene.random_letters(6);
        for came in [0, 1, 5] {
            let script = scene.script([Step::data(&frame(&word)[..4 + came])]);
            let sentence = format!("The stream ended after {came} of the payload's 6 bytes");
            let key = "end-inside-the-payload";
            expect_failure(scene, &script, ErrorKind::UnexpectedEof, key, &sentence);
        }
    });
}

#[test]
fn refuses_a_length_over_the_maximum() {
    LESSON.grade("read_frame", |scene| {
        let longest = vec![b'x'; MAX_FRAME];
        let script = scene.script([Step::data(frame(&longest))]);
        expect(scene, &script, &longest, "maximum-is-allowed");
        for length in [MAX_FRAME + 1, 0xffff_ffff] {
            let script = scene.script([Step::data(prefix(length))]);
            let sentence = format!("A prefix said {length} bytes");
            let key = "trusts-the-length";
            expect_failure(scene, &script, ErrorKind::InvalidData, key, &sentence);
        }
    });
}

#[test]
fn reports_a_reset() {
    LESSON.grade("read_frame", |scene| {
        let reset = scene.script([Step::Reset]);
        let key = "reset-is-an-error";
        expect_failure(
            scene,
            &reset,
            ErrorKind::ConnectionReset,
            key,
            "The stream was reset",
        );
    });
}

#[test]
fn goes_on_after_an_interrupted_read() {
    LESSON.grade("read_frame", |scene| {
        let word = scene.random_letters(4);
        let bytes = frame(&word);
        for at in [0, 2, 4, 6] {
            let (first, second) = bytes.split_at(at);
            // A piece of no bytes would be an end.
            let before = (at > 0).then(|| Step::data(first));
            let after = [Step::Interrupted, Step::data(second)];
            let script = scene.script(before.into_iter().chain(after));
            expect(scene, &script, word.as_bytes(), "interrupted");
        }
    });
}
