//! Grades the exercises of lesson 03.

use peer::{Lesson, Scene, caught};
use std::fmt::{self, Debug, Write};
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

/// Messages that one call of `receive_data` may give before the grader believes that there is no
/// end: no test has so many.
const ENDLESS: usize = 1000;
/// Bytes and messages that are shown of many.
const SHOWN: usize = 12;

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

impl fmt::Display for Heard {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for message in self.messages.iter().take(SHOWN) {
            write!(f, "Some(\"{}\"), ", shown(message))?;
        }
        if self.messages.len() > SHOWN {
            write!(f, "and so on ({} in all), ", self.messages.len())?;
        }
        match &self.then {
            Then::Waits => f.write_str("None"),
            Then::Refuses => f.write_str("Err(TooLong)"),
            Then::Panics(message) => write!(f, "a panic: {message}"),
            Then::Endless => f.write_str("and never None"),
        }
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
    for piece in &pieces {
        let mut messages = Vec::new();
        let then = caught(|| {
            decoder.receive_data(piece);
            loop {
                match decoder.next_event() {
                    Ok(Some(_)) if messages.len() == ENDLESS => break Then::Endless,
                    Ok(Some(message)) => messages.push(message),
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
    let mut out = String::new();
    for byte in bytes.iter().take(SHOWN) {
        let _ = match byte {
            b' '..=b'~' => write!(out, "{}", char::from(*byte)),
            b'\n' => write!(out, "\\n"),
            b'\r' => write!(out, "\\r"),
            _ => write!(out, "\\x{byte:02x}"),
        };
    }
    if bytes.len() > SHOWN {
        let _ = write!(out, "… {} bytes", bytes.len());
    }
    out
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
            scene.note(format!("receive_data(\"{}\"): {heard}", shown(piece)));
        }
        let departed = Departed {
            fed,
            nth,
            heard,
            expected: &expected,
        };
        scene.check(false, key(&departed), || {
            format!(
                "After receive_data(\"{}\") next_event() gave {heard}; expected was {expected}.",
                shown(piece)
            )
        });
    }
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
