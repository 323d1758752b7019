//! Grades the exercises of lesson 17.

use peer::{Lesson, Scene, caught};
use std::fmt::{self, Debug};

mod chunked;
mod header_deadline;
mod message_length;
mod request_head;
mod safe_path;
mod smuggling;

static LESSON: Lesson = Lesson::new("17-http", include_str!("../../exercises.toml"));

/// Bytes that are shown of many, and answers of next_event in the ladder.
const SHOWN: usize = 14;
const ANSWERS: usize = 4;

/// A student's decoder, whatever it is called.
trait Decode {
    fn new() -> Self;
    fn receive_data(&mut self, bytes: &[u8]);
    fn next_event(&mut self) -> Said;
}

/// One answer of a decoder.
#[derive(Clone, PartialEq)]
enum Said {
    Message(Vec<u8>),
    /// The body is over, and so many bytes stand behind it.
    End(Vec<u8>),
    /// `Ok(None)`: more bytes are needed.
    Waits,
    /// `Err` with this inside.
    Refuses(&'static str),
    Panics(String),
    /// There was always another message.
    Endless,
}

impl Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Said::Message(bytes) => write!(f, "Some(\"{}\")", shown(bytes)),
            Said::End(rest) => write!(f, "End, with \"{}\" behind it", shown(rest)),
            Said::Waits => f.write_str("None"),
            Said::Refuses(why) => write!(f, "Err({why})"),
            Said::Panics(message) => write!(f, "a panic: {message}"),
            Said::Endless => f.write_str("and so on, never None"),
        }
    }
}

/// A list of pieces and what a decoder said to each, up to the first that it did not survive.
struct Fed {
    pieces: Vec<Vec<u8>>,
    said: Vec<Vec<Said>>,
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
    let mut said = Vec::new();
    // Each message takes at least one byte of those that came, and all of its own.
    let mut left = 0;
    for piece in &pieces {
        left += piece.len();
        let mut answers = Vec::new();
        let ended = caught(|| {
            decoder.receive_data(piece);
            loop {
                let answer = decoder.next_event();
                let Said::Message(message) = &answer else {
                    answers.push(answer);
                    break;
                };
                let taken = message.len().max(1);
                answers.push(answer);
                if taken > left {
                    answers.push(Said::Endless);
                    break;
                }
                left -= taken;
            }
        });
        if let Err(message) = ended {
            answers.push(Said::Panics(message));
        }
        let goes_on = answers.last() == Some(&Said::Waits);
        said.push(answers);
        if !goes_on {
            break;
        }
    }
    Fed { pieces, said }
}

/// `GET /\r\n\xff`, as Rust writes it. Of long ones the beginning.
fn shown(bytes: &[u8]) -> String {
    peer::as_rust(bytes, SHOWN)
}

/// Where a decoder departed from what was expected.
struct Departed<'a> {
    /// Everything that had come by then.
    arrived: &'a [u8],
    /// What had come in reads before.
    before: usize,
    said: &'a [Said],
    expected: &'a [Said],
}

impl Departed<'_> {
    /// The first answer that is not the expected one, and the expected one.
    fn first(&self) -> (&Said, &Said) {
        let mut both = self.said.iter().zip(self.expected);
        let first = both.find(|(said, expected)| said != expected);
        first.unwrap_or((&Said::Waits, &Said::Waits))
    }
}

/// Checks what the decoder said to each piece against `all`, which decodes everything that has come
/// by then at once. `key` chooses the hint at the first difference.
fn check(
    scene: &Scene,
    fed: &Fed,
    all: fn(&[u8]) -> Vec<Said>,
    key: impl Fn(&Departed) -> &'static str,
) {
    let mut arrived = Vec::new();
    let mut given = 0;
    for (nth, (piece, said)) in fed.pieces.iter().zip(&fed.said).enumerate() {
        let before = arrived.len();
        arrived.extend_from_slice(piece);
        let mut expected = all(&arrived);
        expected.drain(..given);
        // The last one is no message.
        given += expected.len() - 1;
        if *said == expected {
            continue;
        }
        tell(scene, fed, nth);
        let departed = Departed {
            arrived: &arrived,
            before,
            said,
            expected: &expected,
        };
        let (got, wanted) = departed.first();
        scene.check(false, key(&departed), || {
            format!("next_event() gave {got:?}; expected was {wanted:?}.")
        });
    }
}

/// Writes what happened into the ladder, the last piece with its answers in any case.
fn tell(scene: &Scene, fed: &Fed, last: usize) {
    let first = last.saturating_sub(ANSWERS);
    if first > 0 {
        scene.note(format!("… {first} pieces more before this …"));
    }
    let told = fed.pieces.iter().zip(&fed.said).take(last + 1).skip(first);
    for (piece, said) in told {
        scene.note(format!("receive_data(\"{}\")", shown(piece)));
        for answer in said.iter().take(ANSWERS) {
            scene.note(format!("    next_event() = {answer:?}"));
        }
        if said.len() > ANSWERS {
            scene.note(format!("    … {} more …", said.len() - ANSWERS));
        }
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
