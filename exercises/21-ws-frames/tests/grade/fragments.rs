use super::{LESSON, Said, calls, check, text};
use peer::Scene;
use std::fmt;
use ws_frames_exercises::fragments::{
    BINARY, CLOSE, CONTINUATION, Event, FIN, MAX_CONTROL, Messages, PING, PONG, TEXT, Wrong,
};

/// What the student's code says, with the bytes as text.
#[derive(Clone, PartialEq)]
struct Answer(Result<Option<Event>, Wrong>);

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let (name, bytes) = match &self.0 {
            Ok(None) => return f.write_str("None"),
            Err(wrong) => return write!(f, "Err({wrong:?})"),
            Ok(Some(Event::Text(bytes))) => ("Text", bytes),
            Ok(Some(Event::Binary(bytes))) => ("Binary", bytes),
            Ok(Some(Event::Close(bytes))) => ("Close", bytes),
            Ok(Some(Event::Ping(bytes))) => ("Ping", bytes),
            Ok(Some(Event::Pong(bytes))) => ("Pong", bytes),
        };
        write!(f, "{name}({})", text(bytes))
    }
}

type Frame = (u8, Vec<u8>);

fn frame(first: u8, payload: impl AsRef<[u8]>) -> Frame {
    (first, payload.as_ref().to_vec())
}

/// What frames say that are good.
fn all(frames: &[Frame]) -> Vec<Answer> {
    let mut begun: Option<Event> = None;
    let answer = |(first, payload): &Frame| {
        let new = match first & 0x0f {
            CONTINUATION => None,
            TEXT => Some(Event::Text(Vec::new())),
            BINARY => Some(Event::Binary(Vec::new())),
            CLOSE => return Answer(Ok(Some(Event::Close(payload.clone())))),
            PING => return Answer(Ok(Some(Event::Ping(payload.clone())))),
            _ => return Answer(Ok(Some(Event::Pong(payload.clone())))),
        };
        let mut message = new.or(begun.take());
        if let Some(Event::Text(bytes) | Event::Binary(bytes)) = &mut message {
            bytes.extend(payload);
        }
        match first & FIN {
            0 => {
                begun = message;
                Answer(Ok(None))
            }
            _ => Answer(Ok(message)),
        }
    };
    frames.iter().map(answer).collect()
}

/// Shows the frames to new `Messages` of the student's. The last one has this answer.
fn takes(
    scene: &Scene,
    frames: Vec<Frame>,
    expected: &[Answer],
    key: impl Fn(usize, &Answer) -> &'static str,
) {
    let calls = calls(
        scene,
        "your code",
        frames,
        Messages::new,
        |messages, (first, payload): &Frame| Answer(messages.frame(*first, payload)),
        |(first, payload)| format!("frame(0x{first:02x}, {})", text(payload)),
    );
    check(scene, &calls, expected, |nth, said| match said {
        Said::Value(answer) => key(nth, answer),
        Said::Panics(_) => "panicked",
    });
}

fn reads(scene: &Scene, frames: Vec<Frame>, key: impl Fn(usize, &Answer) -> &'static str) {
    let expected = all(&frames);
    takes(scene, frames, &expected, key);
}

/// The last frame is wrong.
fn refuses(scene: &Scene, frames: Vec<Frame>, wrong: Wrong, key: &'static str) {
    let (_, good) = frames
        .split_last()
        .map_or((None, &[][..]), |(last, good)| (Some(last), good));
    let mut expected = all(good);
    let last = expected.len();
    expected.push(Answer(Err(wrong)));
    takes(scene, frames, &expected, |nth, answer| match &answer.0 {
        Err(_) if nth == last => "which-wrong",
        _ if nth < last => "good-frames",
        _ => key,
    });
}

#[test]
fn gives_a_message_of_one_frame() {
    LESSON.grade("fragments", |scene| {
        let word = scene.random_letters(6);
        let long = scene.random_letters(300);
        let key = |_, answer: &Answer| match answer.0 {
            Err(Wrong::LongControl) => "control-is-short",
            _ => "one-frame",
        };
        for (opcode, payload) in [(TEXT, &word), (BINARY, &word), (TEXT, &long)] {
            reads(scene, vec![frame(FIN | opcode, payload)], key);
        }
    });
}

#[test]
fn joins_the_fragments_of_a_message() {
    LESSON.grade("fragments", |scene| {
        let words = [3, 200, 4].map(|length| scene.random_letters(length));
        for opcode in [BINARY, TEXT] {
            let frames = vec![
                frame(opcode, &words[0]),
                frame(CONTINUATION, &words[1]),
                frame(FIN | CONTINUATION, &words[2]),
            ];
            reads(scene, frames, |nth, answer| match &answer.0 {
                Ok(Some(_)) if nth < 2 => "waits-for-fin",
                Ok(Some(Event::Text(bytes) | Event::Binary(bytes))) if bytes.len() == 207 => {
                    "the-first-says-what"
                }
                Err(Wrong::LongControl) => "control-is-short",
                _ => "joins-fragments",
            });
        }
    });
}

#[test]
fn begins_anew_behind_each_message() {
    LESSON.grade("fragments", |scene| {
        let words = [3, 4, 5, 6, 7].map(|length| scene.random_letters(length));
        let frames = vec![
            frame(TEXT, &words[0]),
            frame(FIN | CONTINUATION, &words[1]),
            frame(FIN | BINARY, &words[2]),
            frame(BINARY, &words[3]),
            frame(FIN | CONTINUATION, &words[4]),
        ];
        reads(scene, frames, |_, _| "begins-anew");
    });
}

#[test]
fn gives_control_frames_at_once() {
    LESSON.grade("fragments", |scene| {
        for opcode in [PING, PONG, CLOSE] {
            for length in [4, 0, MAX_CONTROL] {
                let payload = scene.random_letters(length);
                reads(
                    scene,
                    vec![frame(FIN | opcode, payload)],
                    |_, answer| match &answer.0 {
                        Err(Wrong::LongControl) => "maximum-is-allowed",
                        _ => "control-frames",
                    },
                );
            }
        }
    });
}

#[test]
fn gives_a_ping_between_two_fragments() {
    LESSON.grade("fragments", |scene| {
        let words = [3, 4, 5, 6].map(|length| scene.random_letters(length));
        let frames = vec![
            frame(TEXT, &words[0]),
            frame(FIN | PING, &words[1]),
            frame(CONTINUATION, &words[2]),
            frame(FIN | PONG, ""),
            frame(FIN | PING, ""),
            frame(FIN | CONTINUATION, &words[3]),
        ];
        reads(scene, frames, |_, _| "ping-in-between");
    });
}

#[test]
fn takes_fragments_without_a_byte() {
    LESSON.grade("fragments", |scene| {
        let word = scene.random_letters(5);
        let frames = vec![
            frame(TEXT, ""),
            frame(CONTINUATION, ""),
            frame(CONTINUATION, &word),
            frame(FIN | CONTINUATION, ""),
            frame(FIN | TEXT, ""),
            frame(BINARY, ""),
            frame(FIN | CONTINUATION, ""),
        ];
        reads(scene, frames, |_, _| "nothing-is-a-fragment-too");
    });
}

#[test]
fn refuses_each_reserved_bit() {
    LESSON.grade("fragments", |scene| {
        let word = scene.random_letters(5);
        for bit in [0x40, 0x20, 0x10] {
            for opcode in [TEXT, BINARY, PING] {
                let frames = vec![frame(FIN | bit | opcode, &word)];
                refuses(scene, frames, Wrong::ReservedBit, "reserved-bits");
            }
            let frames = vec![frame(TEXT, &word), frame(FIN | bit | CONTINUATION, &word)];
            refuses(scene, frames, Wrong::ReservedBit, "reserved-bits");
        }
    });
}

#[test]
fn refuses_each_reserved_opcode() {
    LESSON.grade("fragments", |scene| {
        let word = scene.random_letters(5);
        for opcode in (0x3..=0x7).chain(0xb..=0xf) {
            let frames = vec![frame(FIN | opcode, &word)];
            refuses(scene, frames, Wrong::ReservedOpcode, "reserved-opcodes");
        }
    });
}

#[test]
fn refuses_a_control_frame_in_fragments() {
    LESSON.grade("fragments", |scene| {
        let word = scene.random_letters(5);
        for opcode in [PING, PONG, CLOSE] {
            let frames = vec![frame(opcode, &word)];
            refuses(scene, frames, Wrong::FragmentedControl, "control-is-whole");
        }
        let frames = vec![frame(TEXT, &word), frame(PING, &word)];
        refuses(scene, frames, Wrong::FragmentedControl, "control-is-whole");
    });
}

#[test]
fn refuses_a_long_control_frame() {
    LESSON.grade("fragments", |scene| {
        for opcode in [PING, PONG, CLOSE] {
            for length in [MAX_CONTROL + 1, 300, 70_000] {
                let frames = vec![frame(FIN | opcode, scene.random_letters(length))];
                refuses(scene, frames, Wrong::LongControl, "control-is-short");
            }
        }
    });
}

#[test]
fn refuses_a_continuation_of_nothing() {
    LESSON.grade("fragments", |scene| {
        let word = scene.random_letters(5);
        let key = "nothing-to-continue";
        let wrong = [
            vec![frame(FIN | CONTINUATION, &word)],
            vec![frame(CONTINUATION, &word)],
            vec![frame(CONTINUATION, "")],
            vec![frame(FIN | TEXT, &word), frame(FIN | CONTINUATION, &word)],
            vec![
                frame(TEXT, &word),
                frame(FIN | CONTINUATION, &word),
                frame(CONTINUATION, &word),
            ],
        ];
        for frames in wrong {
            refuses(scene, frames, Wrong::NothingToContinue, key);
        }
    });
}

#[test]
fn refuses_a_message_inside_another_one() {
    LESSON.grade("fragments", |scene| {
        let word = scene.random_letters(5);
        for first in [TEXT, BINARY] {
            for second in [TEXT, BINARY, FIN | TEXT, FIN | BINARY] {
                let frames = vec![frame(first, &word), frame(second, &word)];
                refuses(scene, frames, Wrong::UnfinishedMessage, "one-at-a-time");
                let frames = vec![
                    frame(first, ""),
                    frame(CONTINUATION, ""),
                    frame(FIN | PING, ""),
                    frame(second, &word),
                ];
                refuses(scene, frames, Wrong::UnfinishedMessage, "one-at-a-time");
            }
        }
    });
}

#[test]
fn takes_any_good_frames() {
    LESSON.grade("fragments", |scene| {
        let mut frames = Vec::new();
        let mut inside = false;
        for _ in 0..300 {
            let length = scene.random().usize(..200);
            let kind = [TEXT, BINARY][scene.random().usize(..2)];
            let fin = FIN * scene.random().u8(..2);
            let (first, length) = match scene.random().u8(..5) {
                0 => (FIN | PING, length % (MAX_CONTROL + 1)),
                1 => (FIN | PONG, length % (MAX_CONTROL + 1)),
                _ if inside => (fin | CONTINUATION, length),
                _ => (fin | kind, length),
            };
            if first & 0x0f < CLOSE {
                inside = first & FIN == 0;
            }
            frames.push(frame(first, scene.random_bytes(length)));
        }
        reads(scene, frames, |_, _| "good-frames");
    });
}
