use super::{LESSON, bytes};
use peer::Scene;
use udp::{Chances, Lossy};
use udp_exercises::once_each::{MAX_MESSAGE, Receiver};

/// Bytes of a message in a full piece.
const PIECE: usize = 1196;

/// Conversations through a bad network, each with a seed of its own.
const CONVERSATIONS: u64 = 200;
/// Attempts for one piece. A receiver that never acknowledges it must not take for ever.
const ATTEMPTS: usize = 100;

fn datagram(number: u32, piece: &[u8]) -> Vec<u8> {
    [&number.to_be_bytes()[..], piece].concat()
}

fn shown(datagram: &[u8]) -> String {
    match datagram.split_first_chunk() {
        Some((number, [])) => format!("number {}, the end", u32::from_be_bytes(*number)),
        Some((number, piece)) => {
            let number = u32::from_be_bytes(*number);
            format!("number {number}, {}", bytes(piece.len()))
        }
        None => format!("a datagram of {}", bytes(datagram.len())),
    }
}

/// What the student's receiver did: the answer to each datagram, and the message at the end.
struct Done {
    answers: Vec<Option<u32>>,
    message: Option<Vec<u8>>,
}

impl std::fmt::Debug for Done {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match &self.message {
            Some(message) => write!(f, "a message of {}", bytes(message.len())),
            None => write!(f, "no message"),
        }
    }
}

/// Gives `datagrams` to the student's receiver, and writes its answers into the ladder.
fn received(scene: &Scene, datagrams: &[Vec<u8>]) -> Done {
    let given = datagrams.to_vec();
    let running = scene.run("your receiver", move || {
        let mut receiver = Receiver::new();
        Done {
            answers: given.iter().map(|d| receiver.receive_datagram(d)).collect(),
            message: receiver.message().map(<[u8]>::to_vec),
        }
    });
    let done = running.join(|_| "never-returns");
    for (datagram, answer) in datagrams.iter().zip(&done.answers) {
        let answer = match answer {
            Some(number) => format!("acknowledges {number}"),
            None => "no answer".to_string(),
        };
        scene.note(format!("{}  →  {answer}", shown(datagram)));
    }
    done
}

/// Ends the test when the answers are others than `expected`.
fn answers(scene: &Scene, done: &Done, expected: &[Option<u32>], key: &str) {
    let first = (0..expected.len()).find(|&at| done.answers[at] != expected[at]);
    let Some(at) = first else { return };
    scene.check(false, key, || {
        format!(
            "To datagram {} of the list below your receiver returned {:?}; {:?} was expected.",
            at + 1,
            done.answers[at],
            expected[at]
        )
    });
}

/// Ends the test when the message is not `expected`.
fn message(scene: &Scene, done: &Done, expected: &[u8], key: &str, sentence: &str) {
    match &done.message {
        Some(message) => scene.compare(expected, message, key, sentence),
        None => scene.check(false, "the-end-is-a-piece", || {
            "The end has come, and message() is still None.".to_string()
        }),
    }
}

#[test]
fn puts_pieces_together_until_the_end() {
    LESSON.grade("once_each", |scene| {
        let pieces = [scene.random_letters(3), scene.random_letters(4)];
        let mut datagrams = vec![
            datagram(0, pieces[0].as_bytes()),
            datagram(1, pieces[1].as_bytes()),
        ];
        let before = received(scene, &datagrams);
        scene.check(before.message.is_none(), "the-end-is-a-piece", || {
            "The end has not come, and there is a message already.".to_string()
        });
        datagrams.push(datagram(2, b""));
        let done = received(scene, &datagrams);
        let expected = [Some(0), Some(1), Some(2)];
        answers(scene, &done, &expected, "acknowledge-its-number");
        let sentence = "The pieces came in order, and the message is another.";
        message(
            scene,
            &done,
            pieces.concat().as_bytes(),
            "the-end-is-a-piece",
            sentence,
        );
    });
}

#[test]
fn keeps_a_piece_once_that_came_twice() {
    LESSON.grade("once_each", |scene| {
        let pieces = [scene.random_letters(3), scene.random_letters(4)];
        let [first, second] = [0, 1].map(|at| datagram(at as u32, pieces[at].as_bytes()));
        // Number 0 comes once more after number 1: an old copy that took a longer way.
        let end = datagram(2, b"");
        let datagrams = [&first, &first, &second, &first, &second, &end].map(Clone::clone);
        let done = received(scene, &datagrams);
        let sentence = "A piece that came twice is in the message twice.";
        let expected = pieces.concat();
        message(
            scene,
            &done,
            expected.as_bytes(),
            "duplicate-delivery",
            sentence,
        );
    });
}

#[test]
fn acknowledges_again_what_comes_again() {
    LESSON.grade("once_each", |scene| {
        let piece = scene.random_letters(3);
        let [piece, end] = [datagram(0, piece.as_bytes()), datagram(1, b"")];
        let datagrams = [&piece, &piece, &end, &end, &piece].map(Clone::clone);
        let done = received(scene, &datagrams);
        let expected = [0, 0, 1, 1, 0].map(Some);
        answers(scene, &done, &expected, "silent-to-duplicates");
    });
}

#[test]
fn waits_for_the_piece_that_is_missing() {
    LESSON.grade("once_each", |scene| {
        let pieces: Vec<String> = (1..=3).map(|length| scene.random_letters(length)).collect();
        let piece = |at: usize| datagram(at as u32, pieces[at].as_bytes());
        let end = || datagram(3, b"");
        let more = datagram(4, b"more");
        // The end, too, must wait for its turn, and nothing can follow it.
        let datagrams = [piece(0), end(), piece(2), piece(1), piece(2), end(), more];
        let done = received(scene, &datagrams);
        let expected = [Some(0), None, None, Some(1), Some(2), Some(3), None];
        let key = "acknowledges-what-it-skips";
        answers(scene, &done, &expected, key);
        let sentence = "A piece came too early, and the message is another.";
        message(scene, &done, pieces.concat().as_bytes(), key, sentence);
    });
}

#[test]
fn ignores_datagrams_without_a_number() {
    LESSON.grade("once_each", |scene| {
        let piece = scene.random_letters(5);
        let mut datagrams: Vec<Vec<u8>> = (0..4).map(|length| vec![0; length]).collect();
        datagrams.push(datagram(0, piece.as_bytes()));
        datagrams.push(datagram(1, b""));
        let done = received(scene, &datagrams);
        let expected = [None, None, None, None, Some(0), Some(1)];
        answers(scene, &done, &expected, "too-short");
        let sentence = "Datagrams without a number came, and the message is another.";
        message(scene, &done, piece.as_bytes(), "too-short", sentence);
    });
}

#[test]
fn takes_no_more_than_the_maximum() {
    LESSON.grade("once_each", |scene| {
        let full = scene.random_bytes(PIECE);
        let pieces = MAX_MESSAGE / PIECE;
        let mut datagrams: Vec<Vec<u8>> = (0..pieces as u32).map(|n| datagram(n, &full)).collect();
        let left = MAX_MESSAGE - pieces * PIECE;
        let next = pieces as u32;
        datagrams.push(datagram(next, &full[..left + 1]));
        datagrams.push(datagram(next, &full[..left]));
        datagrams.push(datagram(next + 1, b"x"));
        datagrams.push(datagram(next + 1, b""));
        let done = received(scene, &datagrams);
        let mut expected: Vec<Option<u32>> = (0..next).map(Some).collect();
        expected.extend([None, Some(next), None, Some(next + 1)]);
        answers(scene, &done, &expected, "no-limit");
    });
}

#[test]
fn every_message_arrives_through_a_bad_network() {
    LESSON.grade("once_each", |scene| {
        let text = scene.random_bytes(60);
        let seed = scene.seed();
        let sent = text.clone();
        let running = scene.run("your receiver", move || {
            (0..CONVERSATIONS)
                .map(|n| conversation(&sent, seed + 2 * n))
                .find(|message| message.as_ref() != Some(&sent))
        });
        let wrong = running.join(|_| "never-returns");
        match wrong {
            None => {}
            Some(None) => scene.check(false, "silent-to-duplicates", || {
                format!("A piece was sent {ATTEMPTS} times and was never acknowledged.")
            }),
            Some(Some(message)) => {
                let sentence =
                    "The sender was told that all had arrived, and the message is another.";
                scene.compare(&text, &message, "duplicate-delivery", sentence);
            }
        }
    });
}

/// A whole message, 5 bytes a piece, through a bad network in both directions; `None` when the
/// sender has given up.
fn conversation(text: &[u8], seed: u64) -> Option<Vec<u8>> {
    let chances = Chances {
        lost: 25,
        twice: 15,
        late: 15,
    };
    let (mut there, mut back) = (Lossy::new(seed, chances), Lossy::new(seed + 1, chances));
    let mut receiver = Receiver::new();
    for (number, piece) in (0..).zip(text.chunks(5).chain([&[][..]])) {
        let acknowledged = (0..ATTEMPTS).any(|_| {
            there.receive_datagram(datagram(number, piece));
            while let Some(datagram) = there.next_datagram() {
                if let Some(answer) = receiver.receive_datagram(&datagram) {
                    back.receive_datagram(answer);
                }
            }
            let mut heard = std::iter::from_fn(|| back.next_datagram());
            heard.any(|answer| answer == number)
        });
        if !acknowledged {
            return None;
        }
    }
    receiver.message().map(<[u8]>::to_vec)
}
