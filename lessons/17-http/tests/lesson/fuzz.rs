//! Bytes that nobody has thought of.

use http::{Answer, Connection, Event, MAX_BODY, Reply, Version};

use crate::requests::CORPUS;
use crate::{Run, run};

/// So many inputs in each test: a second or two.
const ROUNDS: u64 = 4_000;

/// What mistakes and attacks are made of.
const PIECES: &[&str] = &[
    "\r\n",
    "\n",
    "\r",
    "\r\n\r\n",
    " ",
    "\t",
    "\0",
    ":",
    ";",
    ",",
    "0",
    "+",
    "-",
    "/",
    "?",
    "*",
    "\u{e9}",
    "Content-Length: 5\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Host: y\r\n",
    "Expect: 100-continue\r\n",
    "Connection: close\r\n",
    "HTTP/1.0",
    "HTTP/1.1",
    "HTTP/2.0",
    "GET ",
    "HEAD ",
    "POST ",
    "5\r\nhello\r\n",
    "0\r\n\r\n",
    "ffffffffffffffff\r\n",
    "http://",
    "X: y\r\n",
];

/// One or more good requests, and then a few things done to them.
fn mutated(random: &mut fastrand::Rng, most_requests: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..random.usize(1..=most_requests) {
        bytes.extend(CORPUS[random.usize(..CORPUS.len())].bytes());
    }
    for _ in 0..random.usize(..4) {
        let at = random.usize(..=bytes.len());
        let end = (at + random.usize(..8)).min(bytes.len());
        match random.u8(..5) {
            0 => drop(bytes.drain(at..end)),
            1 => {
                let piece = PIECES[random.usize(..PIECES.len())];
                bytes.splice(at..at, piece.bytes());
            }
            2 => {
                let piece = PIECES[random.usize(..PIECES.len())];
                bytes.splice(at..end, piece.bytes());
            }
            3 => {
                let copy = bytes[at..end].to_vec();
                bytes.splice(at..at, copy);
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = random.u8(..);
                }
            }
        }
    }
    bytes
}

fn cut<'a>(random: &mut fastrand::Rng, mut bytes: &'a [u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    while !bytes.is_empty() {
        let (piece, rest) = bytes.split_at(random.usize(1..=bytes.len().min(64)));
        pieces.push(piece);
        bytes = rest;
    }
    pieces
}

/// As many responses as requests, one behind the other, and nothing else.
#[track_caller]
fn assert_well_formed(run: &Run) {
    let mut rest = &run.sent[..];
    let expected = run.asked.len() + usize::from(run.refused.is_some());
    for number in 0..expected {
        let asked = run.asked.get(number);
        let mut reply = Reply::new(MAX_BODY);
        if asked.is_some_and(|asked| asked.line.starts_with("HEAD ")) {
            reply = reply.to_head();
        }
        // When a HEAD is refused, nothing comes behind the head.
        if asked.is_none() && rest.ends_with(b"\r\n\r\n") {
            reply = reply.to_head();
        }
        let mut body = Vec::new();
        // Byte by byte, so that it stops where the response ends.
        let mut status = None;
        'response: loop {
            while let Some(answer) = reply.next_event().unwrap() {
                match answer {
                    Answer::Head(head) => status = Some(head.status.0),
                    Answer::Body(bytes) => body.extend(bytes),
                    Answer::End => break 'response,
                }
            }
            let (byte, behind) = rest.split_at_checked(1).expect("a response is missing");
            reply.receive_data(byte);
            rest = behind;
        }
        match asked {
            Some(asked) if asked.line.starts_with("HEAD ") => assert_eq!(body, b""),
            Some(asked) => assert_eq!((status, &body), (Some(200), &asked.body)),
            None => assert_eq!(status, run.refused),
        }
    }
    assert_eq!(rest, b"");
}

#[test]
fn whatever_comes_is_answered_in_whole_responses_the_same_in_every_cut() {
    for seed in 0..ROUNDS {
        let mut random = fastrand::Rng::with_seed(seed);
        let bytes = mutated(&mut random, 4);
        let whole = run([&*bytes]);
        let shown = bytes.escape_ascii();
        assert_eq!(run(cut(&mut random, &bytes)), whole, "seed {seed}: {shown}");
        assert!(whole.is_over, "seed {seed}: {shown}");
        assert!(whole.ended || whole.refused.is_some() || !whole.asked.is_empty());
        assert_well_formed(&whole);
    }
}

#[test]
fn noise_is_refused() {
    for seed in 0..ROUNDS {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut bytes = vec![0; random.usize(1..200)];
        random.fill(&mut bytes);
        let run = run(cut(&mut random, &bytes));
        assert!(run.asked.is_empty() && run.refused.is_some(), "seed {seed}");
        assert_well_formed(&run);
    }
}

/// What a parser makes of a head: method, target, and fields.
type Head = (String, String, Vec<(String, Vec<u8>)>);

fn ours(bytes: &[u8]) -> Option<(Head, Version)> {
    let mut connection = Connection::new(u64::MAX);
    connection.receive_data(bytes);
    let Ok(Some(Event::Request(request))) = connection.next_event() else {
        return None;
    };
    let fields = request.fields();
    let fields = fields.map(|(name, value)| (name.to_string(), value.to_vec()));
    let head = (
        request.method().to_string(),
        request.target().to_string(),
        fields.collect(),
    );
    Some((head, request.version()))
}

fn theirs(bytes: &[u8]) -> Option<Head> {
    let mut fields = [httparse::EMPTY_HEADER; http::MAX_FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    if !matches!(request.parse(bytes), Ok(httparse::Status::Complete(_))) {
        return None;
    }
    let fields = request.headers.iter();
    let fields = fields.map(|field| (field.name.to_string(), field.value.to_vec()));
    Some((
        request.method?.to_string(),
        request.path?.to_string(),
        fields.collect(),
    ))
}

/// What we take and httparse does not: a version that it does not know, and that RFC 9110, section 2.5,
/// wants us to take for 1.1.
fn is_later_version(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let line = text.trim_start_matches("\r\n").lines().next();
    let version = line.and_then(|line| line.rsplit(' ').next());
    version.is_some_and(|version| {
        version
            .strip_prefix("HTTP/1.")
            .is_some_and(|minor| !matches!(minor, "0" | "1"))
    })
}

#[test]
fn a_head_that_we_take_is_the_one_that_httparse_takes() {
    let (mut same, mut stricter) = (0, 0);
    for seed in 0..ROUNDS * 5 {
        let mut random = fastrand::Rng::with_seed(seed);
        let bytes = mutated(&mut random, 1);
        let shown = bytes.escape_ascii();
        match (ours(&bytes), theirs(&bytes)) {
            (Some((ours, _)), Some(theirs)) => {
                assert_eq!(ours, theirs, "seed {seed}: {shown}");
                same += 1;
            }
            (Some((_, version)), None) => {
                let later = version == Version::Http11 && is_later_version(&bytes);
                assert!(later, "only we take it, seed {seed}: {shown}");
            }
            (None, Some(_)) => stricter += 1,
            (None, None) => {}
        }
    }
    // Both happen, or this test compares nothing.
    assert!(
        same > 5_000 && stricter > 500,
        "{same} the same, {stricter} stricter"
    );
}

/// Where httparse takes a head and we do not: it leaves these to its caller, or forgives them.
#[test]
fn where_httparse_is_milder() {
    for head in [
        "GET / HTTP/1.1\nHost: x\n\n",                             // Bare LF.
        "GET / HTTP/1.1\r\n\r\n",                                  // No host.
        "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",            // Two.
        "GET x HTTP/1.1\r\nHost: x\r\n\r\n",                       // No path.
        "GET /\u{e9} HTTP/1.1\r\nHost: x\r\n\r\n",                 // No ASCII.
        "\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",               // Two empty lines.
        "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\n", // Lengths are not its business.
        "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    ] {
        assert!(theirs(head.as_bytes()).is_some(), "{head:?}");
        assert!(ours(head.as_bytes()).is_none(), "{head:?}");
    }
}
