//! Grades the exercises of lesson 03.

use peer::{Lesson, Scene, caught};
use std::fmt::{self, Debug};
use std::io;

mod length_prefix;
mod line_codec;
mod pipelined;
mod read_frame;

static LESSON: Lesson = Lesson::new("03-framing", include_str!("../../exercises.toml"));

/// A result as a student writes it: `Err(ConnectionReset)`, whatever else an `io::Error` holds.
fn told<T: Debug>(result: &io::Result<T>) -> String {
    match result {
        Ok(value) => format!("Ok({value:?})"),
        Err(error) => format!("Err({:?})", error.kind()),
    }
}

/// Bytes that are shown of many, and answers of next_event in the ladder.
const SHOWN: usize = 12;
const ANSWERS: usize = 4;

/// A student's decoder, whatever it is called.
trait Decode {
    fn new() -> Self;
    fn receive_data(&mut self, bytes: &[u8]);
    /// `Err` stands for `Err(TooLong)`.
    fn next_event(&mut self) -> Result<Option<Vec<u8>>, ()>;
}

/// How it ended to ask for the messages that one piece completed.
#[derive(Clone, PartialEq)]
enum Then {
    /// `Ok(None)`: more bytes are needed.
    Waits,
    /// `Err(TooLong)`.
    Refuses,
    Panics(String),
    /// There was always another message.
    Endless,
}

/// What a decoder said to one piece.
#[derive(Clone, PartialEq)]
struct Heard {
    messages: Vec<Vec<u8>>,
    then: Then,
}

impl Heard {
    /// What each call of `next_event` returned, as a student writes it.
    fn answers(&self) -> Vec<String> {
        let message = |message: &Vec<u8>| format!("Some(\"{}\")", shown(message));
        let then = match &self.then {
            Then::Waits => "None".to_string(),
            Then::Refuses => "Err(TooLong)".to_string(),
            Then::Panics(message) => format!("a panic: {message}"),
            Then::Endless => "and so on, never None".to_string(),
        };
        self.messages.iter().map(message).chain([then]).collect()
    }
}

/// One list of pieces and what a decoder said to each, up to the first that it did not survive.
struct Fed {
    pieces: Vec<Vec<u8>>,
    heard: Vec<Heard>,
}

/// The answers of all the decoders of a test. The ladder tells of the one that was wrong only.
struct AllFed(Vec<Fed>);

impl Debug for AllFed {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("what stands above")
    }
}

/// Feeds each list of pieces to a new decoder of the student's.
fn feed<D: Decode>(scene: &Scene, lists: Vec<Vec<Vec<u8>>>) -> Vec<Fed> {
    let decoders = scene.run("your decoder", move || {
        AllFed(lists.into_iter().map(feed_one::<D>).collect())
    });
    decoders.join(|_| "waits-inside-the-codec").0
}

fn feed_one<D: Decode>(pieces: Vec<Vec<u8>>) -> Fed {
    let mut decoder = D::new();
    let mut heard = Vec::new();
    // Each message takes at least one byte of those that came, and all of its own.
    let mut left = 0;
    for piece in &pieces {
        left += piece.len();
        let mut messages = Vec::new();
        let then = caught(|| {
            decoder.receive_data(piece);
            loop {
                match decoder.next_event() {
                    Ok(Some(message)) => {
                        let taken = message.len().max(1);
                        messages.push(message);
                        if taken > left {
                            break Then::Endless;
                        }
                        left -= taken;
                    }
                    Ok(None) => break Then::Waits,
                    Err(()) => break Then::Refuses,
                }
            }
        });
        let then = then.unwrap_or_else(Then::Panics);
        let goes_on = then == Then::Waits;
        heard.push(Heard { messages, then });
        if !goes_on {
            break;
        }
    }
    Fed { pieces, heard }
}

/// `\x00\x00\x00\x02hi`, as Rust writes it. Of long ones the beginning.
fn shown(bytes: &[u8]) -> String {
    peer::as_rust(bytes, SHOWN)
}

/// Where a decoder departed from what was expected.
struct Departed<'a> {
    fed: &'a Fed,
    /// The piece, and what the decoder said to it.
    nth: usize,
    heard: &'a Heard,
    expected: &'a Heard,
}

/// Checks what the decoder said to each piece against `all`, which decodes everything that has come
/// by then at once. `key` chooses the hint at the first difference.
fn check(
    scene: &Scene,
    fed: &Fed,
    all: fn(&[u8]) -> Heard,
    key: impl Fn(&Departed) -> &'static str,
) {
    let mut arrived = Vec::new();
    let mut given = 0;
    for (nth, (piece, heard)) in fed.pieces.iter().zip(&fed.heard).enumerate() {
        arrived.extend_from_slice(piece);
        let mut expected = all(&arrived);
        expected.messages.drain(..given);
        given += expected.messages.len();
        if *heard == expected {
            continue;
        }
        for (piece, heard) in fed.pieces.iter().zip(&fed.heard).take(nth + 1) {
            scene.note(format!("receive_data(\"{}\")", shown(piece)));
            let answers = heard.answers();
            for answer in answers.iter().take(ANSWERS) {
                scene.note(format!("    next_event() = {answer}"));
            }
            if answers.len() > ANSWERS {
                scene.note(format!("    … {} more …", answers.len() - ANSWERS));
            }
        }
        let departed = Departed {
            fed,
            nth,
            heard,
            expected: &expected,
        };
        scene.check(false, key(&departed), || {
            let (got, wanted) = first_difference(&heard.answers(), &expected.answers());
            format!("next_event() gave {got}; expected was {wanted}.")
        });
    }
}

/// The first answer that is not the expected one, and the expected one.
fn first_difference(got: &[String], wanted: &[String]) -> (String, String) {
    let differ = |(got, wanted): &(&String, &String)| got != wanted;
    got.iter()
        .zip(wanted)
        .find(differ)
        .map(|(got, wanted)| (got.clone(), wanted.clone()))
        .unwrap_or_default()
}

/// `stream` in two pieces, cut at every place. The cuts that leave a piece empty come last: an empty
/// piece teaches less.
fn cut_in_two(stream: &[u8]) -> impl Iterator<Item = Vec<Vec<u8>>> {
    let places = (1..stream.len()).chain([0, stream.len()]);
    places.map(|at| {
        let (first, second) = stream.split_at(at);
        vec![first.to_vec(), second.to_vec()]
    })
}

fn cut_into_bytes(stream: &[u8]) -> Vec<Vec<u8>> {
    stream.chunks(1).map(<[u8]>::to_vec).collect()
}

fn cut_anywhere(scene: &Scene, stream: &[u8]) -> Vec<Vec<u8>> {
    let mut pieces = vec![Vec::new()];
    for byte in stream {
        if let Some(piece) = pieces.last_mut() {
            piece.push(*byte);
        }
        if scene.random().u8(..40) == 0 {
            pieces.push(Vec::new());
        }
    }
    pieces
}

/// `payload` as the lesson's frames are on the wire.
fn frame(payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    let mut frame = prefix(payload.len());
    frame.extend_from_slice(payload);
    frame
}

fn prefix(length: usize) -> Vec<u8> {
    u32::try_from(length)
        .unwrap_or(u32::MAX)
        .to_be_bytes()
        .to_vec()
}
