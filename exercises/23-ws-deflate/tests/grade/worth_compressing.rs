use super::{LESSON, bytes};
use peer::Scene;
use ws_deflate_exercises::worth_compressing::{Frame, MAX_FRAME, Opcode, WORTH_IT, frames};

/// Frames that are shown of many.
const SHOWN: usize = 6;

/// What the student's code did with a message.
#[derive(Debug)]
struct Sent {
    /// What `compress` was given, each time.
    given: Vec<Vec<u8>>,
    frames: Vec<Frame>,
}

impl Sent {
    fn payload(&self) -> Vec<u8> {
        let payloads = self.frames.iter().map(|frame| &frame.payload[..]);
        payloads.collect::<Vec<_>>().concat()
    }
}

fn told(frame: &Frame) -> String {
    let rsv1 = if frame.rsv1 { ", RSV1" } else { "" };
    let fin = if frame.fin { ", FIN" } else { "" };
    format!(
        "{:?}{rsv1}{fin}, {}",
        frame.opcode,
        bytes(frame.payload.len())
    )
}

/// Sends `message` with a `compress` that makes `compressed` of whatever it is given.
fn sent(scene: &Scene, opcode: Opcode, message: &[u8], compressed: &[u8]) -> Sent {
    scene.note(format!("{opcode:?}, {}", bytes(message.len())));
    let (message, compressed) = (message.to_vec(), compressed.to_vec());
    let answer = scene.run("your code", move || {
        let mut given = Vec::new();
        let frames = frames(opcode, &message, |bytes: &[u8]| {
            given.push(bytes.to_vec());
            compressed.clone()
        });
        Sent { given, frames }
    });
    let sent = answer.join(|_| "never-returns");
    for given in &sent.given {
        scene.note(format!("    compress() is given {}", bytes(given.len())));
    }
    for frame in sent.frames.iter().take(SHOWN) {
        scene.note(format!("    frame: {}", told(frame)));
    }
    if sent.frames.len() > SHOWN {
        scene.note(format!("    … {} more", sent.frames.len() - SHOWN));
    }
    sent
}

/// The message must go as it is.
fn goes_as_it_is(scene: &Scene, opcode: Opcode, message: &[u8], key: &'static str) {
    let sent = sent(scene, opcode, message, b"compressed");
    scene.check(sent.given.is_empty(), key, || {
        format!(
            "compress() was called for {opcode:?} of {}.",
            bytes(message.len())
        )
    });
    let is_marked = sent.frames.iter().any(|frame| frame.rsv1);
    scene.check(!is_marked, "rsv1-says-compressed", || {
        "RSV1 is set, and the message is not compressed.".to_string()
    });
    let one = match &sent.frames[..] {
        [one] => one,
        frames => {
            let count = frames.len();
            scene.check(false, "one-frame-at-least", || {
                format!("The message became {count} frames; expected was one.")
            });
            return;
        }
    };
    scene.check(one.fin && one.opcode == opcode, "first-and-last", || {
        format!("The frame is: {}. Expected was {opcode:?}, FIN.", told(one))
    });
    scene.compare(
        message,
        &one.payload,
        "short-goes-as-it-is",
        "The payload is not the message.",
    );
}

/// The message must go compressed, as `payload`.
fn goes_as(scene: &Scene, opcode: Opcode, message: &[u8], payload: &[u8], key: &'static str) {
    let sent = sent(scene, opcode, message, payload);
    let calls = sent.given.len();
    scene.check(calls > 0, key, || {
        format!("{opcode:?} of {} was not compressed.", bytes(message.len()))
    });
    let whole = sent.given.iter().all(|given| given == message);
    scene.check(calls == 1 && whole, "once-and-whole", || match whole {
        true => format!("compress() was called {calls} times for one message."),
        false => "compress() was given something else than the message.".to_string(),
    });
    scene.check(sent.payload() != message, "send-what-it-gave", || {
        format!(
            "compress() was called, and gave {}; the message was sent as it is.",
            bytes(payload.len())
        )
    });
    let Some((first, behind)) = sent.frames.split_first() else {
        scene.check(false, "one-frame-at-least", || {
            "There is no frame.".to_string()
        });
        return;
    };
    scene.check(first.rsv1, "rsv1-says-compressed", || {
        "The message is compressed, and its first frame has no RSV1.".to_string()
    });
    let is_marked = behind.iter().any(|frame| frame.rsv1);
    scene.check(!is_marked, "rsv1-on-the-first-only", || {
        "RSV1 is set on a continuation: the peer must fail the connection.".to_string()
    });
    let continued = behind
        .iter()
        .all(|frame| frame.opcode == Opcode::Continuation);
    scene.check(
        first.opcode == opcode && continued,
        "first-and-last",
        || {
            "The first frame says what the message is, and the others are continuations."
                .to_string()
        },
    );
    let longest = sent.frames.iter().map(|frame| frame.payload.len()).max();
    let too_long = longest.is_some_and(|longest| longest > MAX_FRAME);
    scene.check(!too_long, "whole-frames", || {
        format!("A frame has more than {MAX_FRAME} bytes.")
    });
    let expected = payload.len().div_ceil(MAX_FRAME);
    scene.check(sent.frames.len() == expected, "whole-frames", || {
        format!(
            "A payload of {} became {} frames; expected were {expected}.",
            bytes(payload.len()),
            sent.frames.len()
        )
    });
    let fins = sent.frames.iter().filter(|frame| frame.fin).count();
    let ends = sent.frames.last().is_some_and(|frame| frame.fin);
    scene.check(fins == 1 && ends, "first-and-last", || {
        "FIN belongs on the last frame, and on no other.".to_string()
    });
    let sentence = "The frames hold another payload than compress() gave.";
    scene.compare(payload, &sent.payload(), "send-what-it-gave", sentence);
}

fn of_messages(scene: &Scene) -> Opcode {
    match scene.random().bool() {
        true => Opcode::Text,
        false => Opcode::Binary,
    }
}

#[test]
fn a_short_message_goes_as_it_is() {
    LESSON.grade("worth_compressing", |scene| {
        let message = scene.random_letters(WORTH_IT / 2);
        for opcode in [Opcode::Text, Opcode::Binary] {
            goes_as_it_is(scene, opcode, message.as_bytes(), "short-goes-as-it-is");
        }
    });
}

#[test]
fn a_long_message_is_compressed() {
    LESSON.grade("worth_compressing", |scene| {
        let message = scene.random_letters(500);
        let payload = scene.random_bytes(200);
        for opcode in [Opcode::Text, Opcode::Binary] {
            goes_as(
                scene,
                opcode,
                message.as_bytes(),
                &payload,
                "long-is-compressed",
            );
        }
    });
}

#[test]
fn the_size_decides_from_its_first_byte() {
    LESSON.grade("worth_compressing", |scene| {
        let opcode = of_messages(scene);
        let message = scene.random_letters(WORTH_IT + 1).into_bytes();
        goes_as_it_is(scene, opcode, &message[..WORTH_IT - 1], "exactly-so-many");
        goes_as(
            scene,
            opcode,
            &message[..WORTH_IT],
            b"payload",
            "exactly-so-many",
        );
        goes_as(scene, opcode, &message, b"payload", "exactly-so-many");
    });
}

#[test]
fn a_payload_of_many_frames_is_marked_once() {
    LESSON.grade("worth_compressing", |scene| {
        let more = scene.random().usize(1..MAX_FRAME);
        for length in [MAX_FRAME + more, 4 * MAX_FRAME + more, MAX_FRAME + 1] {
            let message = scene.random_bytes(3 * length);
            let payload = scene.random_bytes(length);
            let opcode = of_messages(scene);
            goes_as(scene, opcode, &message, &payload, "long-is-compressed");
        }
    });
}

#[test]
fn a_payload_of_whole_frames_has_no_frame_more() {
    LESSON.grade("worth_compressing", |scene| {
        for length in [MAX_FRAME, 2 * MAX_FRAME, 5 * MAX_FRAME] {
            let message = scene.random_bytes(2 * length);
            let payload = scene.random_bytes(length);
            goes_as(
                scene,
                Opcode::Binary,
                &message,
                &payload,
                "long-is-compressed",
            );
        }
    });
}

#[test]
fn what_became_longer_is_sent_all_the_same() {
    LESSON.grade("worth_compressing", |scene| {
        for length in [WORTH_IT, 300, MAX_FRAME] {
            let message = scene.random_bytes(length);
            let payload = [&message[..], &scene.random_bytes(7)].concat();
            goes_as(
                scene,
                Opcode::Binary,
                &message,
                &payload,
                "long-is-compressed",
            );
        }
    });
}

#[test]
fn an_empty_message_is_one_frame() {
    LESSON.grade("worth_compressing", |scene| {
        for opcode in [Opcode::Text, Opcode::Binary] {
            goes_as_it_is(scene, opcode, b"", "short-goes-as-it-is");
        }
    });
}

#[test]
fn a_ping_is_never_compressed() {
    LESSON.grade("worth_compressing", |scene| {
        for length in [0, WORTH_IT, 125] {
            let payload = scene.random_bytes(length);
            goes_as_it_is(
                scene,
                Opcode::Ping,
                &payload,
                "control-frames-go-as-they-are",
            );
        }
    });
}
