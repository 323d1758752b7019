use super::{Grown, LESSON, Said, calls, check, cuts, hex};
use peer::Scene;
use ws_frames_exercises::text_in_pieces::{Fail, Text};

/// Texts with the first and the last character of each length.
const TEXTS: [&str; 5] = [
    "hello",
    "안녕, 세계",
    "\u{7f}\u{80}\u{7ff}\u{800}",
    "\u{d7ff}\u{e000}\u{ffff}\u{10000}\u{10ffff}",
    "🙂 a e\u{301}",
];

/// Bytes that are no text, and after how many of them that is certain.
const WRONG: [(&[u8], usize); 12] = [
    (b"\xff", 1),
    (b"ab\x80", 3),
    (b"\xed\x95a", 3),
    (b"\xf0\x9f\x99\xed\x95\x9c", 4),
    // Too long for their character: NUL and "/" in two bytes, in three, in four.
    (b"\xc0\x80", 1),
    (b"\xc1\xaf", 1),
    (b"\xe0\x80\x80", 2),
    (b"\xf0\x80\x80\xaf", 2),
    // Half of a UTF-16 surrogate pair.
    (b"\xed\xa0\x80", 2),
    (b"\xed\xbf\xbf", 2),
    // Beyond U+10FFFF.
    (b"\xf4\x90\x80\x80", 2),
    (b"\xf5\x80\x80\x80", 1),
];

/// A piece, and whether the message ends with it.
type Piece = (Vec<u8>, bool);
type Checked = Result<(), Fail>;

/// Shows the pieces to a new `Text` of the student's, up to the one that `expected` does not allow.
fn takes(
    scene: &Scene,
    mut pieces: Vec<Piece>,
    expected: &[Checked],
    key: impl Fn(&Said<Checked>) -> &'static str,
) {
    pieces.truncate(expected.len());
    let calls = calls(
        scene,
        "your code",
        pieces,
        Text::new,
        |text, (bytes, is_end): &Piece| text.check(bytes, *is_end),
        |(bytes, is_end)| format!("check(&{}, {is_end})", hex(bytes)),
    );
    check(scene, &calls, expected, |nth, said| {
        match (said, &expected[nth]) {
            (Said::Value(Err(_)), Err(_)) => "close-code",
            _ => key(said),
        }
    });
}

fn accepts(scene: &Scene, pieces: Vec<Piece>, key: &'static str) {
    let expected = vec![Ok(()); pieces.len()];
    takes(scene, pieces, &expected, |_| key);
}

/// The last piece is the wrong one.
fn refuses(scene: &Scene, pieces: Vec<Piece>, key: &'static str) {
    let mut expected = vec![Ok(()); pieces.len() - 1];
    expected.push(Err(Fail(1007)));
    takes(scene, pieces, &expected, |_| key);
}

fn one_by_one(bytes: &[u8], is_end: bool) -> Vec<Piece> {
    let last = bytes.len().saturating_sub(1);
    let piece = |(nth, byte): (usize, &u8)| (vec![*byte], is_end && nth == last);
    bytes.iter().enumerate().map(piece).collect()
}

#[test]
fn accepts_text_that_comes_whole() {
    LESSON.grade("text_in_pieces", |scene| {
        let word = scene.random_letters(5);
        for text in TEXTS.into_iter().chain([&*word, ""]) {
            accepts(scene, vec![(text.into(), true)], "whole-text");
        }
    });
}

#[test]
fn refuses_bytes_that_are_no_text() {
    LESSON.grade("text_in_pieces", |scene| {
        for (bytes, _) in WRONG {
            let word = scene.random_letters(3);
            let whole = [word.as_bytes(), bytes, word.as_bytes()].concat();
            refuses(scene, vec![(whole, true)], "every-wrong-byte");
        }
    });
}

#[test]
fn accepts_text_cut_at_every_place() {
    LESSON.grade("text_in_pieces", |scene| {
        let word = scene.random_letters(3);
        for text in TEXTS {
            let text = format!("{word}{text}");
            for (first, second) in cuts(text.as_bytes()) {
                let pieces = vec![(first, false), (second, true)];
                accepts(scene, pieces, "character-in-two-pieces");
            }
            let mut pieces = one_by_one(text.as_bytes(), true);
            accepts(scene, pieces.clone(), "character-in-many-pieces");
            // Nothing, between any two of them.
            for at in (1..pieces.len()).rev() {
                pieces.insert(at, (Vec::new(), false));
            }
            accepts(scene, pieces, "character-in-many-pieces");
        }
    });
}

#[test]
fn refuses_a_character_that_goes_on_in_a_wrong_way() {
    LESSON.grade("text_in_pieces", |scene| {
        for (bytes, certain) in WRONG {
            for at in 1..certain {
                let (first, second) = bytes.split_at(at);
                let pieces = vec![(first.to_vec(), false), (second.to_vec(), true)];
                refuses(scene, pieces, "remembers-the-beginning");
            }
        }
        // One byte more than the character has.
        let pieces = vec![(b"\xed\x95".to_vec(), false), (b"\x9c\x9c".to_vec(), true)];
        refuses(scene, pieces, "remembers-the-beginning");
    });
}

#[test]
fn refuses_an_end_inside_a_character() {
    LESSON.grade("text_in_pieces", |scene| {
        for text in ["é", "한", "🙂"] {
            for length in 1..text.len() {
                let word = scene.random_letters(3);
                let cut = [word.as_bytes(), &text.as_bytes()[..length]].concat();
                refuses(scene, vec![(cut, true)], "ends-inside");
            }
        }
    });
}

#[test]
fn refuses_an_end_inside_a_character_that_comes_alone() {
    LESSON.grade("text_in_pieces", |scene| {
        let word = scene.random_letters(3);
        for end in ["\u{e9}", "한", "🙂"] {
            let cut = &end.as_bytes()[..end.len() - 1];
            let cut = [word.as_bytes(), cut].concat();
            let pieces = vec![(cut, false), (Vec::new(), true)];
            refuses(scene, pieces, "ends-with-nothing");
        }
    });
}

#[test]
fn checks_each_message_anew() {
    LESSON.grade("text_in_pieces", |scene| {
        let mut pieces = Vec::new();
        for _ in 0..3 {
            for text in TEXTS {
                let at = scene.random().usize(..=text.len());
                let (first, second) = text.as_bytes().split_at(at);
                pieces.push((first.to_vec(), false));
                pieces.push((second.to_vec(), true));
            }
        }
        accepts(scene, pieces, "messages-are-separate");
        // The second half of a character is no beginning.
        let pieces = vec![("한".into(), true), (b"\x95\x9c".to_vec(), true)];
        refuses(scene, pieces, "messages-are-separate");
    });
}

#[test]
fn refuses_with_the_first_byte_that_cannot_be_mended() {
    LESSON.grade("text_in_pieces", |scene| {
        for (bytes, certain) in WRONG {
            let word = scene.random_letters(2);
            let wrong = [word.as_bytes(), &bytes[..certain]].concat();
            refuses(scene, one_by_one(&wrong, false), "as-early-as-possible");
            let (last, first) = match wrong.split_last() {
                Some((last, first)) => (vec![*last], first.to_vec()),
                None => continue,
            };
            let pieces = vec![(first, false), (last, false)];
            refuses(scene, pieces, "as-early-as-possible");
        }
    });
}

#[test]
fn keeps_no_text() {
    const MUCH: usize = 16 << 20;
    const PIECES: usize = 16;
    LESSON.grade("text_in_pieces", |scene| {
        let letter = scene.random().lowercase() as u8;
        let code = move || {
            let mut piece = vec![letter; MUCH / PIECES];
            // Each piece ends inside a character.
            piece.truncate(MUCH / PIECES - 3);
            piece.splice(..0, [0x95, 0x9c]);
            piece.push(0xed);
            let first = [letter, 0xed];
            Grown::by(|| {
                let mut text = Text::new();
                let mut good = text.check(&first, false).is_ok();
                for _ in 0..PIECES {
                    good &= text.check(&piece, false).is_ok();
                }
                (text, good)
            })
        };
        let Grown(grown) = scene.run("your code", code).join(|_| "never-returns");
        scene.check(grown < MUCH as u64 / 2, "keeps-the-text", || {
            format!(
                "{} MiB of a text came, and your code held {} MiB of memory when they had been checked.",
                MUCH >> 20,
                grown >> 20
            )
        });
    });
}

#[test]
fn agrees_with_the_standard_library_on_any_bytes() {
    LESSON.grade("text_in_pieces", |scene| {
        for _ in 0..200 {
            let mut bytes = Vec::new();
            let length = scene.random().usize(1..4);
            for _ in 0..length {
                let character = scene.random().char('\u{0}'..=char::MAX);
                bytes.extend(character.to_string().bytes());
            }
            // Every second text has a byte that is another one, or none at all.
            if scene.random().bool() {
                let at = scene.random().usize(..bytes.len());
                bytes[at] = scene.random().u8(..);
            }
            let certain = match str::from_utf8(&bytes) {
                Ok(_) => None,
                // An end inside a character, or a byte that is wrong.
                Err(error) => Some(match error.error_len() {
                    None => bytes.len(),
                    Some(_) => (1..=bytes.len())
                        .find(|end| {
                            str::from_utf8(&bytes[..*end])
                                .is_err_and(|error| error.error_len().is_some())
                        })
                        .unwrap_or(bytes.len()),
                }),
            };
            match certain {
                None => accepts(scene, one_by_one(&bytes, true), "whole-text"),
                Some(end) => refuses(
                    scene,
                    one_by_one(&bytes[..end], end == bytes.len()),
                    "every-wrong-byte",
                ),
            }
        }
    });
}
