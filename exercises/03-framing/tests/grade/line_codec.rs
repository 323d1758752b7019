use super::{
    Decode, Departed, Heard, LESSON, Then, check, cut_anywhere, cut_in_two, cut_into_bytes, feed,
};
use framing_exercises::line_codec::{Decoder, MAX_LINE};
use peer::Scene;

impl Decode for Decoder {
    fn new() -> Self {
        Decoder::new()
    }

    fn receive_data(&mut self, bytes: &[u8]) {
        self.receive_data(bytes);
    }

    fn next_event(&mut self) -> Result<Option<Vec<u8>>, ()> {
        self.next_event().map_err(|_| ())
    }
}

/// What a decoder says that sees all of `stream` at once.
fn all(stream: &[u8]) -> Heard {
    let mut lines: Vec<&[u8]> = stream.split(|byte| *byte == b'\n').collect();
    let unfinished = lines.pop().unwrap_or_default();
    let good = lines
        .iter()
        .take_while(|line| line.len() <= MAX_LINE)
        .count();
    let refuses = good < lines.len() || unfinished.len() > MAX_LINE;
    let without_return = |line: &&[u8]| line.strip_suffix(b"\r").unwrap_or(line).to_vec();
    Heard {
        messages: lines[..good].iter().map(without_return).collect(),
        then: if refuses { Then::Refuses } else { Then::Waits },
    }
}

/// The likeliest reason for an answer that is not the expected one.
fn why(departed: &Departed) -> &'static str {
    let (heard, expected) = (departed.heard, departed.expected);
    let whole = |pieces: &[Vec<u8>]| pieces.concat().last().is_none_or(|byte| *byte == b'\n');
    let begins_alike = expected.messages.starts_with(&heard.messages);
    if !whole(&departed.fed.pieces[..departed.nth]) {
        "line-from-one-read"
    } else if heard.then == Then::Endless {
        "gives-twice"
    } else if heard.messages.len() < expected.messages.len() && begins_alike {
        "forgets-the-rest"
    } else if !whole(&departed.fed.pieces[..=departed.nth]) {
        "line-from-one-read"
    } else {
        "only-the-end-goes"
    }
}

fn decodes(scene: &Scene, lists: Vec<Vec<Vec<u8>>>) {
    for fed in feed::<Decoder>(scene, lists) {
        check(scene, &fed, all, why);
    }
}

#[test]
fn decodes_a_line_that_arrives_whole() {
    LESSON.grade("line_codec", |scene| {
        let line = scene.random_letters(6) + "\n";
        decodes(scene, vec![vec![line.into_bytes()]]);
    });
}

#[test]
fn decodes_every_line_of_one_read() {
    LESSON.grade("line_codec", |scene| {
        let lines = scene.random_letters(3) + "\n\n안녕\n\n";
        decodes(scene, vec![vec![lines.into_bytes()]]);
    });
}

#[test]
fn removes_the_end_of_a_line_and_nothing_else() {
    LESSON.grade("line_codec", |scene| {
        let word = scene.random_letters(3);
        for line in [" \t{} \t\n", "{}\r\n", "{}\r\r\n", "\r{}\n", "\r\n"] {
            let line = line.replace("{}", &word).into_bytes();
            for fed in feed::<Decoder>(scene, vec![vec![line]]) {
                check(scene, &fed, all, |_| "only-the-end-goes");
            }
        }
    });
}

#[test]
fn decodes_lines_cut_at_every_place() {
    LESSON.grade("line_codec", |scene| {
        let stream = scene.random_letters(4) + "\nab\r\n\n안\n";
        let bytes = cut_into_bytes(stream.as_bytes());
        let lists = cut_in_two(stream.as_bytes()).chain([bytes]).collect();
        decodes(scene, lists);
    });
}

#[test]
fn decodes_lines_that_are_not_text() {
    LESSON.grade("line_codec", |scene| {
        let mut stream: Vec<u8> = b"\xff\xfe\n\0\x80\n".to_vec();
        for _ in 0..50 {
            let length = scene.random().usize(..200);
            stream.extend(scene.random_bytes(length));
            stream.push(b'\n');
        }
        let pieces = cut_anywhere(scene, &stream);
        for fed in feed::<Decoder>(scene, vec![vec![b"\xff\xfe\n".to_vec()], pieces]) {
            check(scene, &fed, all, |_| "not-text");
        }
    });
}

#[test]
fn the_maximum_is_for_one_line_and_not_for_one_read() {
    LESSON.grade("line_codec", |scene| {
        let lines = (scene.random_letters(MAX_LINE / 2) + "\n").repeat(5);
        for fed in feed::<Decoder>(scene, vec![vec![lines.into_bytes()]]) {
            check(scene, &fed, all, |_| "limit-is-for-one-line");
        }
    });
}

#[test]
fn refuses_a_line_over_the_maximum() {
    LESSON.grade("line_codec", |scene| {
        let more = scene.random().usize(1..100);
        let stream = "ok\n".to_string() + &scene.random_letters(MAX_LINE + more) + "\nno\n";
        for fed in feed::<Decoder>(scene, vec![vec![stream.into_bytes()]]) {
            check(scene, &fed, all, |departed| {
                match departed.heard.messages.len() {
                    0 => "limit-is-for-one-line",
                    _ => "no-maximum",
                }
            });
        }
    });
}

#[test]
fn refuses_a_line_without_end() {
    LESSON.grade("line_codec", |scene| {
        let endless = scene.random_letters(MAX_LINE + 1);
        let whole = vec![endless.clone().into_bytes()];
        for fed in feed::<Decoder>(scene, vec![whole, cut_into_bytes(endless.as_bytes())]) {
            let key = |departed: &Departed| match departed.heard.then {
                Then::Refuses => "maximum-is-allowed",
                _ => "waits-for-the-newline",
            };
            check_last(scene, &fed, key);
        }
    });
}

/// As `check`, for so many pieces that the ladder shows the last only.
fn check_last(scene: &Scene, fed: &super::Fed, key: impl Fn(&Departed) -> &'static str) {
    let arrived: Vec<u8> = fed.pieces[..fed.heard.len()].concat();
    let (Some(heard), expected) = (fed.heard.last(), all(&arrived)) else {
        return;
    };
    let departed = Departed {
        fed,
        nth: fed.heard.len() - 1,
        heard,
        expected: &expected,
    };
    let (got, wanted) = (heard.answers().join(", "), expected.answers().join(", "));
    let count = arrived.len();
    scene.note(format!(
        "receive_data: {count} bytes in all, and no newline"
    ));
    scene.note(format!("    next_event() = {got}"));
    scene.check(heard.then == expected.then, key(&departed), || {
        format!(
            "{count} bytes came without a newline, and next_event() gave {got}; expected was {wanted}."
        )
    });
}

#[test]
fn accepts_a_line_of_exactly_the_maximum() {
    LESSON.grade("line_codec", |scene| {
        let line = scene.random_letters(MAX_LINE - 1);
        for end in ["x\n", "\r\n"] {
            let stream = format!("{line}{end}").into_bytes();
            let (first, newline) = stream.split_at(MAX_LINE);
            let pieces = vec![first.to_vec(), newline.to_vec()];
            for fed in feed::<Decoder>(scene, vec![vec![stream.clone()], pieces]) {
                check(scene, &fed, all, |_| "maximum-is-allowed");
            }
        }
    });
}
