//! The codecs without any I/O: every cut of every vector, and of streams made by chance.
//!
//! The reference decoders below see a whole stream at once. That makes them so short that one can
//! see that they are right, and useless for a network.

use framing::{Error, Event, Frames, Lines};
use std::fs;
use std::path::Path;

/// What a stream says: its messages, and then `Ok` for a good end.
#[derive(Debug, PartialEq)]
struct Said {
    messages: Vec<Vec<u8>>,
    end: Result<(), Error>,
}

/// A codec under test: what it makes of `pieces` and the end of the stream, with this limit.
type Codec = fn(pieces: &[&[u8]], limit: usize) -> Said;
/// The same from the whole stream at once.
type Reference = fn(stream: &[u8], limit: usize) -> Said;

const FRAMES: (&str, Codec, Reference) = ("frames", by_frames, all_frames);
const LINES: (&str, Codec, Reference) = ("lines", by_lines, all_lines);

/// The limit with which the corpus is decoded.
const LIMIT: usize = 16;
/// Streams that the property test makes for each codec. They take less than a second.
const CASES: usize = 2_000;

// ANCHOR: reference
fn all_frames(mut stream: &[u8], limit: usize) -> Said {
    let mut messages = Vec::new();
    let end = loop {
        if stream.is_empty() {
            break Ok(());
        }
        let Some((prefix, rest)) = stream.split_first_chunk() else {
            break Err(Error::EndsInside);
        };
        let length = u32::from_be_bytes(*prefix) as usize;
        if length > limit {
            break Err(Error::TooLong { limit });
        }
        if length > rest.len() {
            break Err(Error::EndsInside);
        }
        messages.push(rest[..length].to_vec());
        stream = &rest[length..];
    };
    Said { messages, end }
}
// ANCHOR_END: reference

fn all_lines(stream: &[u8], limit: usize) -> Said {
    let mut messages = Vec::new();
    let mut lines: Vec<&[u8]> = stream.split(|byte| *byte == b'\n').collect();
    let last = lines.pop().unwrap_or_default(); // what stands behind the last newline
    for line in lines {
        if line.len() > limit {
            let end = Err(Error::TooLong { limit });
            return Said { messages, end };
        }
        messages.push(line.strip_suffix(b"\r").unwrap_or(line).to_vec());
    }
    let end = match last.len() {
        0 => Ok(()),
        length if length > limit => Err(Error::TooLong { limit }),
        _ => Err(Error::EndsInside),
    };
    Said { messages, end }
}

/// Drives a codec as a server does, and checks what must hold after each piece.
macro_rules! drive {
    ($codec:expr, $pieces:expr, $most:expr) => {{
        let mut codec = $codec;
        let mut messages = Vec::new();
        let end = 'stream: {
            for piece in $pieces {
                codec.receive_data(piece);
                loop {
                    match codec.next_event() {
                        Ok(Some(Event::Message(message))) => messages.push(message),
                        Ok(Some(Event::End)) => panic!("an end that nobody announced"),
                        Ok(None) => break,
                        Err(error) => break 'stream Err(error),
                    }
                }
                assert!(codec.buffered() <= $most, "not more than one message waits");
            }
            codec.receive_end();
            codec
                .next_event()
                .map(|event| assert_eq!(event, Some(Event::End)))
        };
        // The end is final, and so is a fault.
        assert_eq!(codec.next_event().map(|_| ()), end);
        Said { messages, end }
    }};
}

fn by_frames(pieces: &[&[u8]], limit: usize) -> Said {
    drive!(Frames::new(limit), pieces, framing::PREFIX + limit)
}

fn by_lines(pieces: &[&[u8]], limit: usize) -> Said {
    drive!(Lines::new(limit), pieces, limit)
}

/// The files of the corpus: their names, and the bytes that they spell in hexadecimal.
fn corpus(codec: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/corpus")
        .join(codec);
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    let read = |path: &Path| {
        let text = fs::read_to_string(path).unwrap();
        let digits = text.lines().filter(|line| !line.starts_with('#'));
        let bytes = digits
            .flat_map(str::split_whitespace)
            .map(|byte| u8::from_str_radix(byte, 16).unwrap());
        (
            path.file_stem().unwrap().to_string_lossy().into_owned(),
            bytes.collect(),
        )
    };
    files.iter().map(|path| read(path)).collect()
}

// ANCHOR: every_split
/// Cuts `stream` at every place, at every two places, and into single bytes.
fn at_every_split(name: &str, stream: &[u8], codec: Codec, reference: Reference) {
    let expected = reference(stream, LIMIT);
    let check =
        |pieces: &[&[u8]]| assert_eq!(codec(pieces, LIMIT), expected, "{name}: {pieces:02x?}");
    check(&[stream]);
    check(&stream.chunks(1).collect::<Vec<_>>());
    for first in 0..=stream.len() {
        check(&[&stream[..first], &stream[first..]]);
        for second in first..=stream.len() {
            check(&[&stream[..first], &stream[first..second], &stream[second..]]);
        }
    }
}
// ANCHOR_END: every_split

#[test]
fn every_vector_is_decoded_at_every_split() {
    for (name, codec, reference) in [FRAMES, LINES] {
        let vectors = corpus(name);
        assert!(vectors.len() > 10, "the corpus of {name} is not there");
        for (vector, stream) in vectors {
            at_every_split(&format!("{name}/{vector}"), &stream, codec, reference);
        }
    }
}

/// What the vectors are about, written down by hand: the reference decoder could be wrong too.
#[test]
fn the_vectors_mean_what_their_names_say() {
    let outcome = |name: &str| match name {
        _ if name.contains("ends-inside") || name.contains("ends-behind") => Err(Error::EndsInside),
        "little-endian" | "text" | "largest-length" | "never-a-newline" => {
            Err(Error::TooLong { limit: LIMIT })
        }
        _ if name.contains("than-the-maximum") || name.contains("too-long") => {
            Err(Error::TooLong { limit: LIMIT })
        }
        _ if name.contains("when") => Err(Error::TooLong { limit: LIMIT }),
        _ => Ok(()),
    };
    for (codec, _, reference) in [FRAMES, LINES] {
        for (name, stream) in corpus(codec) {
            let said = reference(&stream, LIMIT);
            assert_eq!(said.end, outcome(&name), "{codec}/{name}");
            let messages: &[&[u8]] = match (codec, name.as_str()) {
                (_, "three") => &[b"hello", "안녕".as_bytes(), b""],
                (_, "exactly-the-maximum") => &[b"0123456789abcdef"],
                (_, "empty-frames" | "empty-lines") => &[b"" as &[u8]; 5],
                (_, "good-then-too-long") => &[b"a", b""],
                (_, "prefix-inside-the-payload") => &[b"\0\0\0\x02hi", b"a"],
                (_, "carriage-returns") => &[b"a", b"b\r", b"\rc", b""],
                (_, "exactly-the-maximum-with-a-return") => &[b"0123456789abcde"],
                (_, "not-text") => &[b"\xff\xfe\0\xc3", b"\x80"],
                ("frames", "ends-inside-the-prefix") => &[b"a"],
                ("lines", "ends-inside") => &[b"ab"],
                _ => &[],
            };
            assert_eq!(said.messages, messages, "{codec}/{name}");
        }
    }
}

// ANCHOR: property
/// `FRAMING_SEED` plays a failed run again.
#[test]
fn any_stream_in_any_pieces_is_what_the_reference_says() {
    let seed = std::env::var("FRAMING_SEED")
        .map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    let mut random = fastrand::Rng::with_seed(seed);
    for (name, codec, reference) in [FRAMES, LINES] {
        for _ in 0..CASES {
            let limit = random.choice([0, 1, 16, 300, 70_000]).unwrap();
            let stream = made_by_chance(&mut random, limit, name);
            let pieces = cut_by_chance(&mut random, &stream);
            assert_eq!(
                codec(&pieces, limit),
                reference(&stream, limit),
                "{name}, limit {limit}: {pieces:02x?}; FRAMING_SEED={seed} plays it again, and a \
                 file in tests/corpus/{name} keeps it"
            );
        }
    }
}
// ANCHOR_END: property

/// Mostly good messages, so that the codec gets far, and now and then something else.
fn made_by_chance(random: &mut fastrand::Rng, limit: usize, codec: &str) -> Vec<u8> {
    let mut stream = Vec::new();
    for _ in 0..random.usize(..8) {
        let most = random.choice([0, 1, 3, 20, limit]).unwrap().min(limit);
        let mut message: Vec<u8> = (0..random.usize(..=most)).map(|_| random.u8(..)).collect();
        if codec == "lines" {
            message
                .iter_mut()
                .filter(|byte| **byte == b'\n')
                .for_each(|byte| *byte = b'\r');
            message.push(b'\n');
        } else {
            stream.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
        }
        stream.extend(message);
    }
    match random.u8(..6) {
        0 => stream.truncate(random.usize(..=stream.len())), // ends anywhere
        1 => stream.extend((0..random.usize(..2 * limit.min(300) + 8)).map(|_| random.u8(..))),
        2 => stream.extend(random.u32(..).to_be_bytes()), // any length at all
        3 if !stream.is_empty() => {
            let at = random.usize(..stream.len());
            stream[at] = random.u8(..); // one byte is another
        }
        _ => {}
    }
    stream
}

fn cut_by_chance<'a>(random: &mut fastrand::Rng, mut stream: &'a [u8]) -> Vec<&'a [u8]> {
    let longest = random.choice([1, 2, 5, 64, 100_000]).unwrap();
    let mut pieces = Vec::new();
    while !stream.is_empty() {
        let (piece, rest) = stream.split_at(random.usize(..=longest.min(stream.len())));
        pieces.push(piece);
        stream = rest;
    }
    pieces
}

#[test]
fn what_is_sent_is_what_is_received() {
    let messages: [&[u8]; 4] = [b"hello", b"", b"\xff\0\r.", &[b'x'; 300]];
    let (mut frames, mut lines) = (Frames::new(300), Lines::new(300));
    for message in messages {
        frames.send_frame(message).unwrap();
        lines.send_line(message).unwrap();
    }
    let expected = Said {
        messages: messages.map(<[u8]>::to_vec).into(),
        end: Ok(()),
    };
    assert_eq!(by_frames(&[frames.data_to_send()], 300), expected);
    assert_eq!(by_lines(&[lines.data_to_send()], 300), expected);
}

#[test]
fn what_was_written_is_not_sent_again() {
    let mut frames = Frames::new(10);
    frames.send_frame(b"one").unwrap();
    frames.data_sent(5); // a short write
    frames.send_frame(b"two").unwrap();
    assert_eq!(frames.data_to_send(), b"ne\0\0\0\x03two");
    frames.data_sent(100);
    assert_eq!(frames.data_to_send(), b"");
    let mut lines = Lines::new(10);
    lines.send_line(b"one").unwrap();
    lines.data_sent(2);
    assert_eq!(lines.data_to_send(), b"e\n");
}

#[test]
fn what_the_other_end_would_refuse_is_not_sent() {
    let too_long = Err(Error::TooLong { limit: 3 });
    assert_eq!(Frames::new(3).send_frame(b"four"), too_long);
    let mut lines = Lines::new(3);
    assert_eq!(lines.send_line(b"four"), too_long);
    for two_lines in [&b"a\nb"[..], b"\n", b"a\r"] {
        assert_eq!(lines.send_line(two_lines), Err(Error::NotALine));
    }
    assert_eq!(lines.data_to_send(), b"");
}

/// No clock is looked at: with work that grows with the square, these would take hours.
#[test]
fn a_million_messages_in_one_read_are_no_burden() {
    const COUNT: usize = 1_000_000;
    let said = by_frames(&[&[0; 4 * COUNT]], LIMIT);
    assert_eq!((said.messages.len(), said.end), (COUNT, Ok(())));
    let said = by_lines(&[&[b'\n'; COUNT]], LIMIT);
    assert_eq!((said.messages.len(), said.end), (COUNT, Ok(())));
}

#[test]
fn a_large_message_byte_by_byte_is_no_burden() {
    const LENGTH: usize = 1 << 20;
    let mut frame = u32::try_from(LENGTH).unwrap().to_be_bytes().to_vec();
    frame.resize(4 + LENGTH, b'x');
    let said = by_frames(&frame.chunks(1).collect::<Vec<_>>(), LENGTH);
    assert_eq!((said.messages.len(), said.end), (1, Ok(())));
    let mut line = vec![b'x'; LENGTH];
    line.push(b'\n');
    let said = by_lines(&line.chunks(1).collect::<Vec<_>>(), LENGTH);
    assert_eq!((said.messages.len(), said.end), (1, Ok(())));
}

#[test]
fn a_reader_that_falls_behind_is_no_burden() {
    // One message out, one in, with many waiting: the rest must not be moved each time.
    const COUNT: usize = 300_000;
    let mut frames = Frames::new(LIMIT);
    frames.receive_data(&[0; 4 * COUNT]);
    for _ in 0..COUNT {
        assert_eq!(frames.next_event(), Ok(Some(Event::Message(Vec::new()))));
        frames.receive_data(&[0; 4]);
    }
    assert_eq!(frames.buffered(), 4 * COUNT);
}
