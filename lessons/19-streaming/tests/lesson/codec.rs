//! The format, at every cut (WHATWG HTML, sections 9.2.5 and 9.2.6).

use std::io::ErrorKind;
use std::time::Duration;

use streaming::sse::{COMMENT, Decoder, Message, write_event, write_id, write_retry};

/// Bytes of a line, and of an event.
const MAX: usize = 64;

/// What a decoder made of some bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Heard {
    /// Name, data and id.
    messages: Vec<(String, String, String)>,
    last_id: String,
    retry: Option<Duration>,
    failed: bool,
}

fn decode<'a>(max: usize, pieces: impl IntoIterator<Item = &'a [u8]>) -> Heard {
    let mut decoder = Decoder::new(max);
    let mut heard = Heard::default();
    for piece in pieces {
        decoder.receive_data(piece);
        loop {
            match decoder.next_event() {
                Ok(Some(Message { name, data, id })) => heard.messages.push((name, data, id)),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::InvalidData);
                    heard.failed = true;
                    break;
                }
            }
        }
    }
    heard.last_id = decoder.last_id().to_string();
    heard.retry = decoder.retry();
    heard
}

/// The same in one piece, in every two pieces, and byte by byte.
#[track_caller]
fn decode_every_cut(max: usize, bytes: &[u8]) -> Heard {
    let whole = decode(max, [bytes]);
    let shown = bytes.escape_ascii();
    assert_eq!(decode(max, bytes.chunks(1)), whole, "in bytes: {shown}");
    for at in 0..=bytes.len() {
        let (first, second) = bytes.split_at(at);
        let cut = decode(max, [first, second]);
        assert_eq!(cut, whole, "cut at {at}: {shown}");
    }
    whole
}

/// The specification's steps, as it tells them: with all of the stream in hand.
fn by_the_book(bytes: &[u8]) -> Heard {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut heard = Heard::default();
    let (mut name, mut data, mut id) = (String::new(), String::new(), String::new());
    let mut lines: Vec<&str> = text.split('\n').collect();
    lines.pop(); // What has no end of line is not complete.
    for line in lines {
        if line.is_empty() {
            heard.last_id.clone_from(&id);
            if !data.is_empty() {
                let name = if name.is_empty() { "message" } else { &name };
                let data = data.strip_suffix('\n').unwrap().to_string();
                heard.messages.push((name.to_string(), data, id.clone()));
            }
            name.clear();
            data.clear();
        } else if !line.starts_with(':') {
            let (field, value) = match line.find(':') {
                Some(colon) => (&line[..colon], &line[colon + 1..]),
                None => (line, ""),
            };
            let value = value.strip_prefix(' ').unwrap_or(value);
            let digits = value.chars().all(|letter| letter.is_ascii_digit());
            match field {
                "event" => name = value.to_string(),
                "data" => data += &format!("{value}\n"),
                "id" if !value.contains('\0') => id = value.to_string(),
                "retry" if digits => {
                    let milliseconds = value.parse().ok().map(Duration::from_millis);
                    heard.retry = milliseconds.or(heard.retry);
                }
                _ => {}
            }
        }
    }
    heard
}

fn message(name: &str, data: &str, id: &str) -> (String, String, String) {
    (name.to_string(), data.to_string(), id.to_string())
}

/// Name, data and id.
type Triple<'a> = (&'a str, &'a str, &'a str);

/// What comes, and what is to be heard.
#[test]
fn every_kind_of_line() {
    let table: [(&str, &[Triple]); 22] = [
        // The specification's own examples.
        (
            "data: YHOO\ndata: +2\ndata: 10\n\n",
            &[("message", "YHOO\n+2\n10", "")],
        ),
        (
            ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
            &[
                ("message", "first event", "1"),
                ("message", "second event", ""),
                ("message", " third event", ""),
            ],
        ),
        (
            "data\n\ndata\ndata\n\ndata:",
            &[("message", "", ""), ("message", "\n", "")],
        ),
        (
            "data:test\n\ndata: test\n\n",
            &[("message", "test", ""), ("message", "test", "")],
        ),
        (
            "event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\n",
            &[("add", "73857293", ""), ("remove", "2153", "")],
        ),
        // A name is for one event, an id for all that follow.
        (
            "id: 7\nevent: a\ndata: 1\n\ndata: 2\n\n",
            &[("a", "1", "7"), ("message", "2", "7")],
        ),
        // Without data there is no event, and the name is forgotten.
        ("event: a\n\ndata: 1\n\n", &[("message", "1", "")]),
        ("event: a\nevent:\ndata: 1\n\n", &[("message", "1", "")]),
        // But an id counts.
        ("id: 3\n\ndata: 1\n\n", &[("message", "1", "3")]),
        ("id: 3\nid: 4\ndata: 1\n\n", &[("message", "1", "4")]),
        ("id: 3\nid: a\0b\ndata: 1\n\n", &[("message", "1", "3")]),
        ("id: 3\nid:\ndata: 1\n\n", &[("message", "1", "")]),
        // What has no blank line behind it is no event.
        ("data: 1\n\ndata: 2\n", &[("message", "1", "")]),
        ("data: 1\n\ndata: 2", &[("message", "1", "")]),
        // Fields that nobody knows; upper case; spaces that belong to the name.
        ("Data: 1\ndata : 2\n data: 3\nfoo: 4\n\n", &[]),
        (":data: 1\n\n:\n\n:::\n\n", &[]),
        ("data: a: b: c\n\n", &[("message", "a: b: c", "")]),
        ("data:\ta\0\n\n", &[("message", "\ta\0", "")]),
        ("\u{feff}data: 1\n\n", &[("message", "1", "")]),
        (
            "\u{feff}\u{feff}data: 1\n\ndata: 2\n\n",
            &[("message", "2", "")],
        ),
        (
            "data: \u{feff}소켓 🧦\n\n",
            &[("message", "\u{feff}소켓 🧦", "")],
        ),
        ("\n\n\n\ndata: 1\n\n\n\n\n", &[("message", "1", "")]),
    ];
    for (stream, messages) in table {
        let messages: Vec<_> = messages.iter().map(|(n, d, i)| message(n, d, i)).collect();
        for end in ["\n", "\r", "\r\n"] {
            let bytes = stream.replace('\n', end);
            let heard = decode_every_cut(MAX, bytes.as_bytes());
            let shown = bytes.escape_debug();
            assert_eq!(heard.messages, messages, "{shown}");
            assert_eq!(heard, by_the_book(bytes.as_bytes()), "{shown}");
        }
    }
}

#[test]
fn line_ends_may_be_mixed() {
    let heard = decode_every_cut(MAX, b"data: 1\r\r\ndata: 2\n\r\ndata: 3\r\n\ndata: 4\n\r");
    let data: Vec<&str> = heard.messages.iter().map(|(_, d, _)| d.as_str()).collect();
    assert_eq!(data, ["1", "2", "3", "4"]);
}

/// A CR ends a line at once. Who waited to see whether an LF follows would keep the event back.
#[test]
fn an_event_does_not_wait_for_the_byte_behind_it() {
    let heard = decode(MAX, [b"data: 1\r\n\r".as_slice()]);
    assert_eq!(heard.messages, [message("message", "1", "")]);
}

#[test]
fn the_id_of_an_event_that_is_cut_off_does_not_count() {
    let stream = b"id: 1\ndata: 1\n\nid: 2\ndata: 2\n\n";
    let end_of_first = stream.iter().position(|byte| *byte == b'2').unwrap() - 4;
    for at in 0..=stream.len() {
        let heard = decode(MAX, [&stream[..at]]);
        let expected = match at {
            at if at == stream.len() => "2",
            at if at >= end_of_first => "1",
            _ => "",
        };
        assert_eq!(heard.last_id, expected, "after {at} bytes");
        assert_eq!(
            heard.messages.len(),
            usize::from(at >= end_of_first) + usize::from(at == stream.len())
        );
    }
}

#[test]
fn a_decoder_goes_on_behind_the_one_before() {
    let mut decoder = Decoder::new(MAX).resume("7");
    assert_eq!(decoder.last_id(), "7");
    decoder.receive_data(b"data: 1\n\nid: 9\ndata: 2");
    assert_eq!(decoder.next_event().unwrap().unwrap().id, "7");
    assert_eq!(decoder.next_event().unwrap(), None);
    assert_eq!(decoder.last_id(), "7");
}

#[test]
fn retry_is_digits_and_nothing_else() {
    let table = [
        ("retry: 1500\n", Some(1500)),
        ("retry: 0\n", Some(0)),
        ("retry: 1\nretry: 2\n", Some(2)),
        (
            "retry: 1\nretry: +2\nretry: -3\nretry: 4.0\nretry: 5s\nretry:  6\nretry:\nretry\n",
            Some(1),
        ),
        ("retry: 99999999999999999999999\n", None),
        ("retry: 1500", None),
    ];
    for (stream, expected) in table {
        let heard = decode_every_cut(MAX, stream.as_bytes());
        assert_eq!(
            heard.retry,
            expected.map(Duration::from_millis),
            "{stream:?}"
        );
    }
}

/// At the limit all is well; one byte over it, nothing works any more, and no memory grows.
#[test]
fn a_line_and_an_event_have_a_limit() {
    let line = |length: usize| format!("data: {}\n\n", "x".repeat(length - "data: ".len()));
    let event = |lines: usize| format!("{}\n", "data: 1\n".repeat(lines));
    // So many lines with one byte each, and the LF between them.
    let most_lines = MAX.div_ceil(2);
    for (stream, fits) in [
        (line(MAX), true),
        (line(MAX + 1), false),
        (event(most_lines), true),
        (event(most_lines + 1), false),
        (format!(":{}", "x".repeat(MAX - 1)), true),
        (format!(":{}", "x".repeat(MAX)), false),
        (format!("{}\n", "data\n".repeat(MAX + 2)), false),
    ] {
        let heard = decode_every_cut(MAX, stream.as_bytes());
        assert_eq!(heard.failed, !fits, "{stream:?}");
        assert!(fits || heard.messages.is_empty(), "{stream:?}");
    }
    let mut decoder = Decoder::new(MAX);
    decoder.receive_data(event(most_lines + 1).as_bytes());
    decoder.receive_data(b"data: 1\n\n");
    for _ in 0..3 {
        let error = decoder.next_event().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData);
    }
}

#[test]
fn what_is_written_can_be_read() {
    let pieces = [
        "", " ", "a", "data: ", ":", "id: 3", "\n", "\n\n", "소켓", "🧦", "\u{feff}", "\0", "\t",
        "\r", "\r\n",
    ];
    let mut random = fastrand::Rng::with_seed(19);
    for _ in 0..300 {
        let mut stream = write_retry(Duration::from_secs(3));
        stream.extend(write_id(41));
        let mut messages = Vec::new();
        for id in 42..42 + random.u64(1..4) {
            let data: String = (0..random.usize(0..6))
                .map(|_| *random.choice(pieces.iter()).unwrap())
                .collect();
            let name = random.choice([None, Some("done"), Some("소식")]).unwrap();
            stream.extend(write_event(Some(id), name, &data));
            if random.bool() {
                stream.extend(COMMENT);
            }
            // The one thing that the format cannot say: a CR.
            let data = data.replace("\r\n", "\n").replace('\r', "\n");
            messages.push(message(name.unwrap_or("message"), &data, &id.to_string()));
        }
        let heard = decode_every_cut(1024, &stream);
        assert_eq!(heard.messages, messages, "{}", stream.escape_ascii());
        assert_eq!(heard.retry, Some(Duration::from_secs(3)));
    }
    // And a name cannot smuggle in a field.
    let stream = write_event(None, Some("a\ndata: b\r\rid: 7"), "c");
    let heard = decode(MAX, [stream.as_slice()]);
    assert_eq!(heard.messages, [message("a data: b  id: 7", "c", "")]);
}

/// Any bytes, any cut: never a panic, and what the specification says.
#[test]
fn streams_that_nobody_wrote() {
    let pieces: [&[u8]; 20] = [
        b"data",
        b"data:",
        b"data: ",
        b"id",
        b"id: ",
        b"event: ",
        b"retry: ",
        b"1",
        b"23",
        b":",
        b" ",
        b"\n",
        b"\n",
        b"\r",
        b"\r\n",
        b"\n\n",
        b"\0",
        b"\xef\xbb\xbf",
        b"\xec\x86",
        b"x",
    ];
    let mut random = fastrand::Rng::with_seed(92);
    for _ in 0..4_000 {
        let stream: Vec<u8> = (0..random.usize(0..30))
            .flat_map(|_| random.choice(pieces.iter()).unwrap().iter().copied())
            .collect();
        let expected = by_the_book(&stream);
        assert_eq!(
            decode(4096, [stream.as_slice()]),
            expected,
            "{}",
            stream.escape_ascii()
        );
        let mut rest = stream.as_slice();
        let mut cuts = Vec::new();
        while !rest.is_empty() {
            let (piece, later) = rest.split_at(random.usize(1..=rest.len().min(5)));
            cuts.push(piece);
            rest = later;
        }
        assert_eq!(decode(4096, cuts), expected, "{}", stream.escape_ascii());
    }
}
