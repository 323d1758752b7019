use super::{Grown, LESSON, Said, calls, check, text};
use peer::{LONGEST_DEADLINE, Scene};
use std::fmt;
use ws_frames_exercises::message_cap::{Fail, Inbox, MAX_MESSAGE};

/// What is done to the student's inbox.
#[derive(Clone, PartialEq)]
enum Step {
    Header(bool, u64),
    Payload(Vec<u8>),
}

impl Step {
    fn told(&self) -> String {
        match self {
            Step::Header(fin, length) => format!("header({fin}, {length})"),
            Step::Payload(bytes) => format!("payload({})", text(bytes)),
        }
    }
}

/// What it said.
#[derive(Clone, PartialEq)]
enum Answer {
    Header(Result<(), Fail>),
    Payload(Option<Vec<u8>>),
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Answer::Header(result) => write!(f, "{result:?}"),
            Answer::Payload(Some(message)) => write!(f, "Some({})", text(message)),
            Answer::Payload(None) => f.write_str("None"),
        }
    }
}

const GOOD: Answer = Answer::Header(Ok(()));
const TOO_BIG: Answer = Answer::Header(Err(Fail(1009)));

/// A frame whose payload comes in these pieces.
fn frame(fin: bool, pieces: &[&[u8]]) -> Vec<Step> {
    let length = pieces.iter().map(|piece| piece.len() as u64).sum();
    let payload = pieces.iter().map(|piece| Step::Payload(piece.to_vec()));
    [Step::Header(fin, length)]
        .into_iter()
        .chain(payload)
        .collect()
}

/// What an inbox says to all that; of messages that are not too big.
fn all(steps: &[Step]) -> Vec<Answer> {
    let (mut message, mut left, mut last) = (Vec::new(), 0, false);
    let answer = |step: &Step| match step {
        Step::Header(fin, length) => {
            (left, last) = (*length, *fin);
            GOOD
        }
        Step::Payload(bytes) => {
            message.extend_from_slice(bytes);
            left -= bytes.len() as u64;
            let complete = left == 0 && last;
            Answer::Payload(complete.then(|| std::mem::take(&mut message)))
        }
    };
    steps.iter().map(answer).collect()
}

fn takes(
    scene: &Scene,
    steps: Vec<Step>,
    expected: &[Answer],
    key: impl Fn(&Answer, &Answer) -> &'static str,
) {
    let calls = calls(
        scene,
        "your inbox",
        steps,
        Inbox::new,
        |inbox, step: &Step| match step {
            Step::Header(fin, length) => Answer::Header(inbox.header(*fin, *length)),
            Step::Payload(bytes) => Answer::Payload(inbox.payload(bytes)),
        },
        Step::told,
    );
    check(scene, &calls, expected, |nth, said| match said {
        Said::Value(answer) => key(answer, &expected[nth]),
        Said::Panics(message) if message.contains("overflow") => "does-not-fit",
        Said::Panics(_) => "panicked",
    });
}

fn collects(scene: &Scene, steps: Vec<Step>, key: &'static str) {
    let expected = all(&steps);
    takes(scene, steps, &expected, |_, _| key);
}

/// The last header is too much.
fn refuses(scene: &Scene, mut steps: Vec<Step>, length: u64, key: &'static str) {
    let mut expected = all(&steps);
    steps.push(Step::Header(true, length));
    expected.push(TOO_BIG);
    takes(scene, steps, &expected, |answer, expected| {
        match (answer, expected) {
            (Answer::Header(Err(_)), expected) if *expected == TOO_BIG => "close-code",
            _ => key,
        }
    });
}

#[test]
fn collects_a_message_of_one_frame() {
    LESSON.grade("message_cap", |scene| {
        let word = scene.random_letters(6);
        let (first, second) = word.as_bytes().split_at(2);
        collects(scene, frame(true, &[word.as_bytes()]), "whole-message");
        collects(scene, frame(true, &[first, second]), "whole-message");
        collects(scene, frame(true, &[b""]), "empty-payload");
    });
}

#[test]
fn collects_a_message_of_many_frames() {
    LESSON.grade("message_cap", |scene| {
        let words = [3, 4, 5].map(|length| scene.random_letters(length).into_bytes());
        let steps = [
            frame(false, &[&words[0]]),
            frame(false, &[b""]),
            frame(false, &[&words[1][..1], b"", &words[1][1..]]),
            frame(true, &[&words[2]]),
        ];
        collects(scene, steps.concat(), "whole-message");
    });
}

#[test]
fn collects_one_message_behind_the_other() {
    LESSON.grade("message_cap", |scene| {
        let words = [3, 4, 5].map(|length| scene.random_letters(length).into_bytes());
        let steps = [
            frame(false, &[&words[0]]),
            frame(true, &[&words[1]]),
            frame(true, &[b""]),
            frame(true, &[&words[2]]),
        ];
        collects(scene, steps.concat(), "begins-anew");
    });
}

#[test]
fn refuses_a_frame_that_is_too_big_at_its_header() {
    LESSON.grade("message_cap", |scene| {
        let more = scene.random().u64(1..1000);
        refuses(
            scene,
            Vec::new(),
            MAX_MESSAGE as u64 + more,
            "at-the-header",
        );
        refuses(scene, Vec::new(), MAX_MESSAGE as u64 + 1, "at-the-header");
    });
}

#[test]
fn refuses_a_length_of_any_size() {
    LESSON.grade("message_cap", |scene| {
        for length in [
            1 << 31,
            (1 << 32) - 1,
            1 << 32,
            (1 << 32) + 5,
            1 << 62,
            (1 << 63) - 1,
        ] {
            refuses(scene, Vec::new(), length, "does-not-fit");
            let begun = frame(false, &[scene.random_letters(9).as_bytes()]);
            refuses(scene, begun, length, "does-not-fit");
        }
    });
}

#[test]
fn refuses_fragments_that_are_too_big_together() {
    LESSON.grade_within(LONGEST_DEADLINE, "message_cap", |scene| {
        let part = vec![b'a'; MAX_MESSAGE / 2];
        let two = [frame(false, &[&part]), frame(false, &[&part[9..]])].concat();
        refuses(scene, two, 10, "all-fragments-together");
        let one = frame(false, &[&part[1..], b""]);
        refuses(
            scene,
            one,
            MAX_MESSAGE as u64 / 2 + 2,
            "all-fragments-together",
        );
    });
}

#[test]
fn accepts_exactly_the_maximum() {
    LESSON.grade_within(LONGEST_DEADLINE, "message_cap", |scene| {
        let mut whole = vec![b'a'; MAX_MESSAGE];
        whole[..64].copy_from_slice(&scene.random_bytes(64));
        let (first, second) = whole.split_at(MAX_MESSAGE / 4);
        collects(scene, frame(true, &[first, second]), "maximum-is-allowed");
        let nothing = frame(true, &[b""]);
        let two = [frame(false, &[first]), frame(false, &[second]), nothing];
        collects(scene, two.concat(), "maximum-is-allowed");
    });
}

#[test]
fn counts_for_each_message_anew() {
    LESSON.grade_within(LONGEST_DEADLINE, "message_cap", |scene| {
        let part = vec![b'a'; MAX_MESSAGE / 2];
        let message = [frame(false, &[&part]), frame(true, &[&part[..9]])].concat();
        let steps = [message.clone(), frame(true, &[&part]), message];
        collects(scene, steps.concat(), "each-message-anew");
    });
}

#[test]
fn sets_no_memory_aside_for_a_promise() {
    LESSON.grade("message_cap", |scene| {
        let letter = scene.random().lowercase() as u8;
        let code = move || {
            Grown::by(|| {
                let mut inbox = Inbox::new();
                let good = inbox.header(true, MAX_MESSAGE as u64);
                (inbox.payload(&[letter]), good, inbox)
            })
        };
        let Grown(grown) = scene.run("your inbox", code).join(|_| "never-returns");
        scene.check(grown < MAX_MESSAGE as u64 / 2, "memory-for-a-promise", || {
            format!(
                "A client sent one byte and promised {} MiB, and your inbox took {} MiB of memory at once.",
                MAX_MESSAGE >> 20,
                grown >> 20
            )
        });
    });
}
