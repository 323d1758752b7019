use super::{Heard, LESSON, browser, shown};
use peer::{Scene, caught};
use std::fmt::{self, Debug};
use streaming_exercises::event_decoder::Decoder;

/// Pieces that stand in the ladder, at most.
const PIECES: usize = 6;

/// What a decoder said to one piece.
#[derive(Clone, PartialEq)]
struct Said {
    heard: Vec<Heard>,
    last_id: String,
    /// There was always another event.
    endless: bool,
    panic: Option<String>,
}

impl Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        if let Some(panic) = &self.panic {
            return write!(f, "a panic: {panic}");
        }
        write!(f, "{:?}", self.heard)?;
        if self.endless {
            f.write_str(" and so on, never None")?;
        }
        write!(f, ", last_id \"{}\"", shown(self.last_id.as_bytes()))
    }
}

/// A list of pieces and what a decoder said to each, up to the first that it did not survive.
struct Fed {
    pieces: Vec<Vec<u8>>,
    said: Vec<Said>,
}

/// The answers of all the decoders of a test. The ladder tells of the one that was wrong only.
struct AllFed(Vec<Fed>);

impl Debug for AllFed {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("what stands above")
    }
}

fn feed(pieces: Vec<Vec<u8>>) -> Fed {
    let mut decoder = Decoder::new();
    let mut said = Vec::new();
    let most: usize = pieces.iter().map(Vec::len).sum();
    for piece in &pieces {
        let mut heard = Vec::new();
        let ended = caught(|| {
            decoder.receive_data(piece);
            // An event takes two bytes at least.
            while heard.len() <= most {
                let Some(message) = decoder.next_event() else {
                    break;
                };
                heard.push(Heard {
                    name: message.name,
                    data: message.data,
                });
            }
            decoder.last_id().to_string()
        });
        let endless = heard.len() > most;
        if endless {
            heard.truncate(2);
        }
        let goes_on = ended.is_ok() && !endless;
        said.push(Said {
            heard,
            endless,
            panic: ended.as_ref().err().cloned(),
            last_id: ended.unwrap_or_default(),
        });
        if !goes_on {
            break;
        }
    }
    Fed { pieces, said }
}

/// Feeds each list of pieces to a new decoder of the student's, and expects after each piece what a
/// browser has heard by then.
fn decodes(scene: &Scene, key: &str, lists: Vec<Vec<Vec<u8>>>) {
    let decoders = scene.run("your decoder", move || {
        AllFed(lists.into_iter().map(feed).collect())
    });
    for fed in decoders.join(|_| "waits-inside-the-codec").0 {
        let mut arrived = Vec::new();
        let mut given = 0;
        for (nth, (piece, said)) in fed.pieces.iter().zip(&fed.said).enumerate() {
            arrived.extend_from_slice(piece);
            let browser = browser(&arrived);
            let expected = Said {
                heard: browser.heard[given..].to_vec(),
                last_id: browser.id,
                endless: false,
                panic: None,
            };
            given = browser.heard.len();
            if *said != expected {
                tell(scene, &fed, nth);
                scene.check(false, key, || sentence(said, &expected));
            }
        }
    }
}

fn sentence(said: &Said, expected: &Said) -> String {
    if said.panic.is_some() {
        return format!("next_event() ended in {said:?}.");
    }
    if said.endless || said.heard != expected.heard {
        return format!(
            "next_event() gave {:?}; expected were {:?}.",
            said.heard, expected.heard
        );
    }
    format!(
        "last_id() is \"{}\" by then; \"{}\" was expected.",
        shown(said.last_id.as_bytes()),
        shown(expected.last_id.as_bytes())
    )
}

/// Writes what happened into the ladder, up to the piece that went wrong.
fn tell(scene: &Scene, fed: &Fed, last: usize) {
    let first = (last + 1).saturating_sub(PIECES);
    if first > 0 {
        let before = fed.pieces[..first].concat();
        scene.note(format!(
            "… {first} pieces, {} bytes, before …",
            before.len()
        ));
    }
    for (piece, said) in fed.pieces.iter().zip(&fed.said).take(last + 1).skip(first) {
        scene.note(format!("receive_data(\"{}\")", shown(piece)));
        scene.note(format!("    {said:?}"));
    }
}

/// One list of one piece.
fn whole(stream: &str) -> Vec<Vec<Vec<u8>>> {
    vec![vec![stream.into()]]
}

/// `stream` in two pieces, cut at every place, and in single bytes.
fn cut(stream: &[u8]) -> Vec<Vec<Vec<u8>>> {
    let in_two = (1..stream.len()).map(|at| {
        let (first, second) = stream.split_at(at);
        vec![first.to_vec(), second.to_vec()]
    });
    let bytes = stream.chunks(1).map(<[u8]>::to_vec).collect();
    in_two.chain([bytes]).collect()
}

#[test]
fn returns_an_event_that_arrives_whole() {
    LESSON.grade("event_decoder", |scene| {
        let text = scene.random_letters(5);
        let stream = format!("data: {text}\n\n");
        decodes(scene, "a-blank-line-ends-it", whole(&stream));
    });
}

#[test]
fn waits_for_the_blank_line() {
    LESSON.grade("event_decoder", |scene| {
        let (first, last) = (scene.random_letters(5), scene.random_letters(3));
        let stream = format!("data: {first}\nevent: {last}\n\ndata: {last}\n");
        let lines = stream.split_inclusive('\n').map(|line| line.into());
        decodes(scene, "a-blank-line-ends-it", vec![lines.collect()]);
    });
}

#[test]
fn returns_every_event_of_one_read() {
    LESSON.grade("event_decoder", |scene| {
        let words = [(); 3].map(|()| scene.random_letters(4));
        let events = words.map(|word| format!("data: {word}\n\n")).concat();
        decodes(scene, "each-event-once", whole(&(events + "data: ne")));
    });
}

#[test]
fn joins_the_lines_of_a_text() {
    LESSON.grade("event_decoder", |scene| {
        let word = scene.random_letters(4);
        for text in [
            format!("data: {word}\ndata: b\ndata: c\n\n"),
            format!("data: {word}\ndata: \ndata: \ndata: c\ndata: \n\n"),
            format!("data: \n\ndata: \ndata: {word}\n\n"),
        ] {
            decodes(scene, "lines-of-a-text", whole(&text));
        }
    });
}

#[test]
fn hears_nothing_in_comments_and_blank_lines() {
    LESSON.grade("event_decoder", |scene| {
        let word = scene.random_letters(5);
        for stream in [
            format!(":\n\n: {word}\n\n:data: {word}\n\ndata: a\n\n"),
            format!("\n\n\ndata: {word}\n\n\n\n"),
            format!("data: {word}\n: comment\ndata: b\n\n"),
            format!("{word}: 5\n{word}\nDATA: no\ndata : no\nretry: 5\ndata: a\n\n"),
        ] {
            decodes(scene, "nothing-to-hear", whole(&stream));
        }
    });
}

#[test]
fn takes_a_name_for_one_event() {
    LESSON.grade("event_decoder", |scene| {
        let name = scene.random_letters(5);
        for stream in [
            format!("event: {name}\ndata: a\n\ndata: b\n\n"),
            format!("event: {name}\n\ndata: b\n\n"),
            format!("event: x\nevent: {name}\ndata: a\n\nevent\ndata: b\n\n"),
        ] {
            decodes(scene, "a-name-for-one-event", whole(&stream));
        }
    });
}

#[test]
fn takes_one_space_away() {
    LESSON.grade("event_decoder", |scene| {
        let word = scene.random_letters(5);
        for stream in [
            format!("data:{word}\n\n"),
            format!("data:  {word} \n\n"),
            format!("data: a: {word}:\n\n"),
            format!("data:\t{word}\n\n"),
            format!("data\ndata:\ndata: {word}\n\ndata\n\n"),
        ] {
            decodes(scene, "one-space", whole(&stream));
        }
    });
}

#[test]
fn counts_an_id_when_its_event_is_complete() {
    LESSON.grade("event_decoder", |scene| {
        let id = scene.random().u32(10..10_000);
        let stream = format!("id: {id}\ndata: a\n\nid: 2{id}\ndata: b\n");
        let lines = stream.split_inclusive('\n').map(|line| line.into());
        decodes(scene, "id-of-a-complete-event", vec![lines.collect()]);
    });
}

#[test]
fn keeps_an_id_until_there_is_another() {
    LESSON.grade("event_decoder", |scene| {
        let id = scene.random_letters(4);
        for stream in [
            format!("id: {id}\ndata: a\n\ndata: b\n\n"),
            format!("id: {id}\n\ndata: b\n"),
            format!("id: {id}\ndata: a\n\nid: x\0y\ndata: b\n\n"),
            format!("id: {id}\ndata: a\n\nid\ndata: b\n\n"),
        ] {
            decodes(scene, "the-id-stays", whole(&stream));
        }
    });
}

#[test]
fn returns_events_cut_at_every_place() {
    LESSON.grade("event_decoder", |scene| {
        let word = scene.random_letters(3);
        let stream = format!("id: 7\ndata: {word}\ndata: b\n\n:\n\nevent: x\ndata: c\n\n");
        decodes(scene, "kept-between-reads", cut(stream.as_bytes()));
    });
}

#[test]
fn returns_characters_cut_at_every_place() {
    LESSON.grade("event_decoder", |scene| {
        let mut stream = "data: 안녕 🙂\n\n".as_bytes().to_vec();
        decodes(scene, "text-of-a-whole-line", cut(&stream));
        stream.splice(8..9, [0xff, b'a', 0x80]);
        decodes(scene, "text-of-a-whole-line", vec![vec![stream]]);
    });
}

#[test]
fn knows_all_three_line_ends() {
    LESSON.grade("event_decoder", |scene| {
        let word = scene.random_letters(3);
        for end in ["\r\n", "\r"] {
            let stream = format!("id: 7\ndata: {word}\ndata: b\n\n\ndata: c\n\n:");
            decodes(scene, "three-line-ends", whole(&stream.replace('\n', end)));
        }
        let mixed = format!("data: {word}\r\ndata: b\rdata: c\n\r\ndata: d\r\r\n\n\rdata: e\n\r:");
        decodes(scene, "three-line-ends", whole(&mixed));
    });
}

#[test]
fn knows_line_ends_cut_at_every_place() {
    LESSON.grade("event_decoder", |scene| {
        let word = scene.random_letters(3);
        for end in ["\r\n", "\r"] {
            let stream = format!("id: 7\ndata: {word}\ndata: b\n\ndata: c\n\n");
            let stream = stream.replace('\n', end);
            decodes(scene, "cut-behind-a-cr", cut(stream.as_bytes()));
        }
        // Nothing came in one of the reads.
        let pieces = ["data: a\r", "", "\ndata: b\r\n\r", "", "\n", "data: c\n\n"];
        let pieces = pieces.map(|piece| piece.as_bytes().to_vec());
        decodes(scene, "cut-behind-a-cr", vec![pieces.to_vec()]);
    });
}
