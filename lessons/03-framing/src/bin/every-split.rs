//! Shows the fields of a byte stream, and that it makes no difference where the stream is cut.

use framing::{Error, Event, Frames, Lines, MAX_FRAME, MAX_LINE};
use std::process::ExitCode;

const HELP: &str = "
Usage: every-split

Sends three messages as frames and as lines, prints the bytes field by field, and decodes them cut
at every place. It uses no network.
";

const MESSAGES: [&str; 3] = ["hello", "안녕", ""];

// ANCHOR: main
fn main() -> ExitCode {
    if std::env::args_os().len() > 1 {
        println!("{}", HELP.trim());
        return ExitCode::SUCCESS;
    }
    match show() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("It did not work: {error}.");
            ExitCode::FAILURE
        }
    }
}

fn show() -> Result<(), Error> {
    let mut frames = Frames::new(MAX_FRAME);
    println!("as frames:");
    let mut offset = 0;
    for message in MESSAGES {
        frames.send_frame(message.as_bytes())?;
        let (length, payload) = frames.data_to_send()[offset..].split_at(framing::PREFIX);
        row(&mut offset, length, &format!("length {}", message.len()));
        row(&mut offset, payload, &format!("{message:?}"));
    }
    compare(frames.data_to_send(), as_frames);

    let mut lines = Lines::new(MAX_LINE);
    println!("as lines:");
    let mut offset = 0;
    for message in MESSAGES {
        lines.send_line(message.as_bytes())?;
        let (line, newline) = lines.data_to_send()[offset..].split_at(message.len());
        row(&mut offset, line, &format!("{message:?}"));
        row(&mut offset, newline, "newline");
    }
    compare(lines.data_to_send(), as_lines);
    Ok(())
}

/// One field: where it begins, its bytes, and what it says. An empty one has no row.
fn row(offset: &mut usize, field: &[u8], meaning: &str) {
    if !field.is_empty() {
        let bytes: Vec<String> = field.iter().map(|byte| format!("{byte:02x}")).collect();
        println!("  {offset:>4}  {:<18}  {meaning}", bytes.join(" "));
        *offset += field.len();
    }
}
// ANCHOR_END: main

// ANCHOR: compare
type Messages = Vec<Vec<u8>>;

/// Decodes `stream` in two reads, cut at every place: with one codec for both reads, and as
/// programs do that take a read for a message.
fn compare(stream: &[u8], codec: fn(&[&[u8]]) -> Messages) {
    let (length, places) = (stream.len(), stream.len() + 1);
    println!("  {length} bytes, cut in two at each of {places} places:");
    let right = times_right(stream, codec);
    println!("    the codec is right {right} times");
    let right = times_right(stream, |reads| {
        reads.iter().flat_map(|read| codec(&[read])).collect()
    });
    println!("    with a new codec for each read: {right} times");
    let right = times_right(stream, |reads| {
        let first_of = |read: &&[u8]| codec(&[read]).into_iter().next();
        reads.iter().filter_map(first_of).collect()
    });
    println!("    with one message for each read: {right} times");
    let single: Vec<&[u8]> = stream.chunks(1).collect();
    let verdict = if is_right(&codec(&single)) {
        "right"
    } else {
        "wrong"
    };
    println!("  byte by byte, the codec is {verdict}");
}

fn times_right(stream: &[u8], decode: impl Fn(&[&[u8]]) -> Messages) -> usize {
    (0..=stream.len())
        .map(|at| stream.split_at(at))
        .filter(|(first, second)| is_right(&decode(&[first, second])))
        .count()
}

fn is_right(messages: &[Vec<u8>]) -> bool {
    messages == MESSAGES.map(|text| text.as_bytes().to_vec())
}

fn as_frames(reads: &[&[u8]]) -> Messages {
    let mut frames = Frames::new(MAX_FRAME);
    let mut messages = Vec::new();
    for read in reads {
        frames.receive_data(read);
        while let Ok(Some(Event::Message(message))) = frames.next_event() {
            messages.push(message);
        }
    }
    messages
}

fn as_lines(reads: &[&[u8]]) -> Messages {
    let mut lines = Lines::new(MAX_LINE);
    let mut messages = Vec::new();
    for read in reads {
        lines.receive_data(read);
        while let Ok(Some(Event::Message(message))) = lines.next_event() {
            messages.push(message);
        }
    }
    messages
}
// ANCHOR_END: compare
