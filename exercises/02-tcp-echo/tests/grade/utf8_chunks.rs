use super::LESSON;
use peer::Scene;
use std::fmt::{self, Write};
use tcp_echo_exercises::utf8_chunks::{DecodeError, Decoder};

/// Every length of a character, and the first and the last character of each length.
const TEXTS: [&str; 7] = [
    "hello",
    "한글",
    "안녕, world",
    "\u{7f}\u{80}\u{7ff}\u{800}",
    "\u{d7ff}\u{e000}\u{ffff}\u{10000}\u{10ffff}",
    "🙂",
    "👩‍👧 e\u{301}a",
];

/// Bytes that cannot be UTF-8, and after how many of them that is certain.
const INVALID: [(&[u8], usize); 8] = [
    (b"\xff", 1),
    // A character cannot begin with a byte that continues one.
    (b"ab\x80", 3),
    // Longer than need be: "/" in two bytes, a NUL in three.
    (b"\xc0\xaf", 1),
    (b"\xe0\x80\x80", 2),
    // Half of a UTF-16 surrogate pair.
    (b"\xed\xa0\x80", 2),
    // Beyond U+10FFFF.
    (b"\xf4\x90\x80\x80", 2),
    // Characters that break off: another one begins where they should go on.
    (b"\xed\x95a", 3),
    (b"\xf0\x9f\x99\xed\x95\x9c", 4),
];

type Pushed = Result<String, DecodeError>;

/// What a decoder said to one list of pieces.
struct Fed {
    pieces: Vec<Vec<u8>>,
    /// One answer for each piece, up to the first error.
    pushed: Vec<Pushed>,
    finished: Result<(), DecodeError>,
}

/// The answers of all the decoders of a test. The ladder tells of the one that was wrong only.
struct AllFed(Vec<Fed>);

impl fmt::Debug for AllFed {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("what stands above")
    }
}

/// Feeds each list of pieces to a new decoder of the student's.
fn feed(scene: &Scene, lists: Vec<Vec<Vec<u8>>>) -> Vec<Fed> {
    let decoders = scene.run("your decoder", move || {
        let one = |pieces: Vec<Vec<u8>>| {
            let mut decoder = Decoder::new();
            let mut pushed = Vec::new();
            for piece in &pieces {
                pushed.push(decoder.push(piece));
                if pushed.last().is_some_and(Result::is_err) {
                    break;
                }
            }
            Fed {
                pieces,
                pushed,
                finished: decoder.finish(),
            }
        };
        AllFed(lists.into_iter().map(one).collect())
    });
    decoders.join(|_| "waits-inside-push").0
}

fn feed_one(scene: &Scene, pieces: &[&[u8]]) -> Fed {
    let pieces = pieces.iter().map(|piece| piece.to_vec()).collect();
    feed(scene, vec![pieces]).remove(0)
}

/// `ed 95`, as the exercise's example writes it in Rust: `\xed\x95`.
fn shown(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = match byte {
            b' '..=b'~' => write!(out, "{}", char::from(*byte)),
            _ => write!(out, "\\x{byte:02x}"),
        };
        out
    })
}

/// `Scene::check`, and when it fails the first `calls` calls of `push` are in the ladder.
fn check(
    scene: &Scene,
    fed: &Fed,
    calls: usize,
    good: bool,
    key: &str,
    sentence: impl FnOnce() -> String,
) {
    if !good {
        for (piece, pushed) in fed.pieces.iter().zip(&fed.pushed).take(calls) {
            scene.note(format!("push(\"{}\") = {pushed:?}", shown(piece)));
        }
    }
    scene.check(good, key, sentence);
}

/// Checks each answer against the characters that are complete by then and were not before.
fn gives_each_character_at_once(scene: &Scene, fed: &Fed) {
    let all = fed.pieces.concat();
    let text = String::from_utf8_lossy(&all);
    let (mut before, mut given) = (0, 0);
    for (nth, (piece, pushed)) in fed.pieces.iter().zip(&fed.pushed).enumerate() {
        let arrived = before + piece.len();
        let complete = text.floor_char_boundary(arrived);
        let expected = &text[given..complete];
        let key = why_other(pushed, expected, given < before);
        check(
            scene,
            fed,
            nth + 1,
            pushed.as_deref() == Ok(expected),
            key,
            || {
                format!(
                    "push(\"{}\") returned {pushed:?}, and Ok({expected:?}) was expected.",
                    shown(piece)
                )
            },
        );
        (before, given) = (arrived, complete);
    }
    check(
        scene,
        fed,
        fed.pushed.len(),
        fed.finished.is_ok(),
        "gives-twice",
        || {
            format!(
                "Every character was complete and returned, and finish() returned {:?}; Ok(()) was expected.",
                fed.finished
            )
        },
    );
}

/// The likeliest reason for an answer that is not the expected one.
fn why_other(pushed: &Pushed, expected: &str, was_pending: bool) -> &'static str {
    match pushed {
        Ok(got) if got.contains(char::REPLACEMENT_CHARACTER) => "replacement-character",
        Ok(got) if got.len() > expected.len() => "gives-twice",
        // Half a character was there already, and the other half was not enough.
        _ if was_pending => "loses-the-beginning",
        Ok(_) => "as-early-as-possible",
        Err(_) => "split-is-not-invalid",
    }
}

#[test]
fn decodes_text_that_arrives_whole() {
    LESSON.grade("utf8_chunks", |scene| {
        let text = scene.random_letters(4) + " 안녕";
        let fed = feed_one(scene, &[text.as_bytes()]);
        gives_each_character_at_once(scene, &fed);
    });
}

#[test]
fn keeps_the_first_bytes_of_a_character_for_the_next_push() {
    LESSON.grade("utf8_chunks", |scene| {
        let fed = feed_one(scene, &[b"\xed\x95", b"\x9c"]);
        gives_each_character_at_once(scene, &fed);
    });
}

#[test]
fn gives_what_is_complete_before_a_split_character() {
    LESSON.grade("utf8_chunks", |scene| {
        let word = scene.random_letters(3);
        let fed = feed_one(scene, &[&[word.as_bytes(), b"\xed"].concat(), b"\x95\x9c!"]);
        gives_each_character_at_once(scene, &fed);
    });
}

#[test]
fn decodes_every_split_into_two() {
    LESSON.grade("utf8_chunks", |scene| {
        let splits = |text: &'static str| {
            (0..=text.len()).map(|at| {
                let (first, second) = text.as_bytes().split_at(at);
                vec![first.to_vec(), second.to_vec()]
            })
        };
        let lists = TEXTS.into_iter().flat_map(splits).collect();
        for fed in feed(scene, lists) {
            gives_each_character_at_once(scene, &fed);
        }
    });
}

#[test]
fn decodes_text_that_arrives_byte_by_byte() {
    LESSON.grade("utf8_chunks", |scene| {
        let bytes = |text: &str| text.bytes().map(|byte| vec![byte]).collect();
        let lists = TEXTS.into_iter().map(bytes).collect();
        for fed in feed(scene, lists) {
            gives_each_character_at_once(scene, &fed);
        }
    });
}

#[test]
fn decodes_any_text_in_any_pieces() {
    LESSON.grade("utf8_chunks", |scene| {
        let mut pieces = vec![Vec::new()];
        for _ in 0..200 {
            // Characters of one, two, three and four bytes, each as often.
            let most = [0x7f, 0x7ff, 0xffff, 0x10_ffff][scene.random().usize(..4)];
            let character = scene
                .random()
                .char('\u{1}'..=char::from_u32(most).unwrap_or('a'));
            for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                if let Some(piece) = pieces.last_mut() {
                    piece.push(byte);
                }
                if scene.random().u8(..3) == 0 {
                    pieces.push(Vec::new());
                }
            }
        }
        for fed in feed(scene, vec![pieces]) {
            gives_each_character_at_once(scene, &fed);
        }
    });
}

#[test]
fn refuses_bytes_that_cannot_be_text_as_soon_as_they_come() {
    LESSON.grade("utf8_chunks", |scene| {
        let whole = INVALID.map(|(bytes, _)| vec![bytes.to_vec()]);
        let single = INVALID.map(|(bytes, certain)| bytes[..certain].chunks(1).map(<[u8]>::to_vec).collect());
        for fed in feed(scene, whole.into_iter().chain(single).collect()) {
            let bytes = fed.pieces.concat();
            let refused = fed.pushed.last() == Some(&Err(DecodeError::Invalid));
            let at_once = fed.pushed.len() == fed.pieces.len();
            let calls = fed.pushed.len();
            check(scene, &fed, calls, refused, "invalid-is-not-incomplete", || {
                format!(
                    "\"{}\" cannot be UTF-8, whatever follows, and push() did not say so; Err(Invalid) was expected.",
                    shown(&bytes)
                )
            });
            check(scene, &fed, calls, at_once, "split-is-not-invalid", || {
                let early = fed.pieces[..fed.pushed.len()].concat();
                format!(
                    "After \"{}\" a character could still be completed, and push() returned Err(Invalid) already.",
                    shown(&early)
                )
            });
        }
    });
}

#[test]
fn says_at_the_end_whether_a_character_is_incomplete() {
    LESSON.grade("utf8_chunks", |scene| {
        for bytes in [&b"\xed\x95"[..], b"a\xf0\x9f\x99"] {
            let fed = feed_one(scene, &[bytes]);
            let told = fed.finished == Err(DecodeError::Incomplete);
            check(scene, &fed, 1, told, "incomplete-end", || {
                format!(
                    "The stream ended after \"{}\", inside a character, and finish() returned {:?}; Err(Incomplete) was expected.",
                    shown(bytes),
                    fed.finished
                )
            });
        }
    });
}
