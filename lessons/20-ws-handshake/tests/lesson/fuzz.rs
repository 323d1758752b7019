//! Handshakes that nobody has thought of: nothing panics, and what breaks the grammar is not let in.
//!
//! What the grammar is stands here a second time, letter by letter and without the code of the lesson.

use ws_handshake::{Opening, Origins, accept_key};

use crate::{FRAMES, KEY, answer, ask, policy, request};

/// So many inputs in each test: a second or two.
const ROUNDS: u64 = 8_000;

/// What mistakes and attacks are made of.
const PIECES: &[&str] = &[
    "\r\n",
    "\r\n\r\n",
    "\n",
    "\r",
    " ",
    "\t",
    "\0",
    "\u{a0}",
    "\u{ff}",
    ":",
    ";",
    ",",
    "=",
    "\"",
    "\\",
    "/",
    "a",
    "A",
    "3",
    "13",
    "HTTP/1.0",
    "HTTP/1.1",
    "HEAD ",
    "101",
    "websocket",
    "Upgrade",
    "Upgrade: h2c\r\n",
    "Connection: close\r\n",
    "Host: a\r\n",
    "Origin: http://a\r\n",
    "Content-Length: 5\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Sec-WebSocket-Version: 13\r\n",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n",
    "Sec-WebSocket-Protocol: chat.v1\r\n",
    "Sec-WebSocket-Extensions: foo; a=\"1\"\r\n",
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
];

fn mutated(random: &mut fastrand::Rng, mut bytes: Vec<u8>) -> Vec<u8> {
    for _ in 0..random.usize(..4) {
        let at = random.usize(..=bytes.len());
        let end = (at + random.usize(..8)).min(bytes.len());
        match random.u8(..6) {
            0 => drop(bytes.drain(at..end)),
            1 | 2 => {
                let piece = PIECES[random.usize(..PIECES.len())];
                bytes.splice(at..at, piece.bytes());
            }
            3 => {
                let again = bytes[at..end].to_vec();
                let there = random.usize(..=bytes.len());
                bytes.splice(there..there, again);
            }
            4 if at < bytes.len() => bytes[at] = random.u8(..),
            _ => {
                // A line comes again, at the start of another one.
                let lines: Vec<Vec<u8>> = bytes
                    .split_inclusive(|byte| *byte == b'\n')
                    .map(<[u8]>::to_vec)
                    .collect();
                let line = lines[random.usize(..lines.len())].clone();
                let there: usize = lines[..random.usize(..=lines.len())]
                    .iter()
                    .map(Vec::len)
                    .sum();
                bytes.splice(there..there, line);
            }
        }
    }
    bytes
}

/// A head, read by somebody else: its first line, its fields, and what comes behind it.
struct Read<'b> {
    first: String,
    fields: Vec<(String, &'b [u8])>,
    rest: &'b [u8],
}

fn read(bytes: &[u8]) -> Option<Read<'_>> {
    // An empty line before a request is forgiven: RFC 9112, section 2.2.
    let bytes = bytes.strip_prefix(b"\r\n").unwrap_or(bytes);
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let mut lines = bytes[..end].split(|byte| *byte == b'\n');
    let first = String::from_utf8_lossy(lines.next()?)
        .trim_end_matches('\r')
        .to_string();
    let mut fields = Vec::new();
    for line in lines {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = str::from_utf8(&line[..colon]).ok()?;
        fields.push((name.to_ascii_lowercase(), line[colon + 1..].trim_ascii()));
    }
    Some(Read {
        first,
        fields,
        rest: &bytes[end + 4..],
    })
}

impl Read<'_> {
    fn all(&self, name: &str) -> Vec<&[u8]> {
        let fields = self.fields.iter().filter(|(field, _)| field == name);
        fields.map(|(_, value)| *value).collect()
    }

    fn names(&self, name: &str, token: &str) -> bool {
        let joined = self.all(name).join(&b","[..]).to_ascii_lowercase();
        let mut parts = joined.split(|byte| *byte == b',');
        parts.any(|part| part.trim_ascii() == token.as_bytes())
    }
}

const SEPARATORS: &[u8] = b"()<>@,;:\\\"/[]?={} \t";

/// Takes a token off the front (RFC 2616, section 2.2, to which RFC 6455 refers).
fn token(text: &mut &[u8]) -> bool {
    let is_good = |byte: &u8| (33..127).contains(byte) && !SEPARATORS.contains(byte);
    let length = text.iter().take_while(|byte| is_good(byte)).count();
    *text = &text[length..];
    length > 0
}

fn spaces(text: &mut &[u8]) {
    while let [b' ' | b'\t', rest @ ..] = *text {
        *text = rest;
    }
}

fn letter(text: &mut &[u8], letter: u8) -> bool {
    match text.split_first() {
        Some((first, rest)) if *first == letter => {
            *text = rest;
            true
        }
        _ => false,
    }
}

/// A token, or one in quotes.
fn value(text: &mut &[u8]) -> bool {
    if !letter(text, b'"') {
        return token(text);
    }
    let mut inner = Vec::new();
    while let Some((first, rest)) = text.split_first() {
        *text = rest;
        match first {
            b'"' => {
                return token(&mut inner.as_slice())
                    && !inner
                        .iter()
                        .any(|byte| SEPARATORS.contains(byte) || !(33..127).contains(byte));
            }
            b'\\' => match text.split_first() {
                Some((escaped, rest)) => {
                    inner.push(*escaped);
                    *text = rest;
                }
                None => return false,
            },
            other => inner.push(*other),
        }
    }
    false
}

fn extension(text: &mut &[u8]) -> bool {
    if !token(text) {
        return false;
    }
    loop {
        spaces(text);
        if !letter(text, b';') {
            return true;
        }
        spaces(text);
        if !token(text) {
            return false;
        }
        spaces(text);
        if letter(text, b'=') {
            spaces(text);
            if !value(text) {
                return false;
            }
        }
    }
}

/// One or more elements between commas, and perhaps nothing between some.
fn is_list(values: &[&[u8]], element: fn(&mut &[u8]) -> bool) -> bool {
    if values.is_empty() {
        return true;
    }
    let joined = values.join(&b","[..]);
    let mut text = joined.as_slice();
    let mut count = 0;
    loop {
        spaces(&mut text);
        if !text.is_empty() && text[0] != b',' {
            if !element(&mut text) {
                return false;
            }
            count += 1;
            spaces(&mut text);
        }
        if text.is_empty() {
            return count > 0;
        }
        if !letter(&mut text, b',') {
            return false;
        }
    }
}

fn is_key(key: &[u8]) -> bool {
    let is_good = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    matches!(key, [letters @ .., b'=', b'='] if letters.len() == 22 && letters.iter().all(is_good))
}

#[test]
fn requests() {
    let origins = ["http://server.example.com", "http://evil.example", "null"];
    let mut accepted = 0;
    for seed in 0..ROUNDS {
        let random = &mut fastrand::Rng::with_seed(seed);
        let origin = format!("Origin: {}", origins[random.usize(..3)]);
        let fields = [
            &origin,
            "Sec-WebSocket-Protocol: chat.v1, chat.v2",
            "Sec-WebSocket-Extensions: foo; a; b=\"1\", bar; c=2",
        ];
        let fields = &fields[random.usize(..3)..];
        let bytes = [&mutated(random, request("", fields))[..], FRAMES].concat();
        let cut = random.usize(..=bytes.len());
        let asked = ask([&bytes[..cut], &bytes[cut..]], &policy(Origins::Ours));
        let again = ask([&bytes[..]], &policy(Origins::Ours));
        assert_eq!(asked.sent, again.sent, "seed {seed}, cut at {cut}");
        let Some((upgrade, rest)) = asked.yes else {
            continue;
        };
        accepted += 1;
        let head = read(&bytes).unwrap();
        let shown = String::from_utf8_lossy(&bytes);
        let one = |name: &str| match head.all(name)[..] {
            [value] => value,
            _ => panic!("seed {seed}: not one {name}: {shown}"),
        };
        assert_eq!(rest, head.rest, "seed {seed}");
        assert!(
            head.first.starts_with("GET ") && !head.first.ends_with("1.0"),
            "seed {seed}: {shown}"
        );
        assert!(head.names("upgrade", "websocket"), "seed {seed}: {shown}");
        assert!(head.names("connection", "upgrade"), "seed {seed}: {shown}");
        assert_eq!(one("sec-websocket-version"), b"13", "seed {seed}: {shown}");
        let key = one("sec-websocket-key");
        assert!(is_key(key), "seed {seed}: {shown}");
        let accept = accept_key(str::from_utf8(key).unwrap());
        assert!(
            String::from_utf8_lossy(&asked.sent).contains(&accept),
            "seed {seed}"
        );
        let is_ours = match head.all("origin")[..] {
            [] => true,
            [origin] => {
                let origin = String::from_utf8_lossy(origin).to_ascii_lowercase();
                let host = String::from_utf8_lossy(one("host")).to_ascii_lowercase();
                origin == format!("http://{host}")
                    || origin == format!("https://{host}")
                    || head.first.contains("//")
            }
            _ => false,
        };
        assert!(is_ours, "seed {seed}: {shown}");
        assert!(
            is_list(&head.all("sec-websocket-protocol"), token),
            "seed {seed}: {shown}"
        );
        assert!(
            is_list(&head.all("sec-websocket-extensions"), extension),
            "seed {seed}: {shown}"
        );
        assert_eq!(
            head.all("transfer-encoding").len(),
            0,
            "seed {seed}: {shown}"
        );
        let names = String::from_utf8_lossy(&head.all("sec-websocket-protocol").join(&b","[..]))
            .into_owned();
        assert!(
            upgrade.subprotocol.is_none_or(|name| names.contains(&name)),
            "seed {seed}"
        );
    }
    // Otherwise this test has seen refusals only.
    assert!(accepted > ROUNDS / 20, "{accepted}");
}

#[test]
fn answers() {
    let mut accepted = 0;
    for seed in 0..ROUNDS {
        let random = &mut fastrand::Rng::with_seed(seed);
        let fields = [
            "Sec-WebSocket-Protocol: chat.v1",
            "Sec-WebSocket-Extensions: foo; a; b=\"1\"",
            "Date: x",
        ];
        let fields = &fields[random.usize(..3)..];
        let bytes = [&mutated(random, answer("", fields))[..], FRAMES].concat();
        let cut = random.usize(..=bytes.len());
        let hear = |pieces: &[&[u8]]| {
            let mut opening = Opening::new("a", "/", *b"the sample nonce", None)
                .subprotocols(&["chat.v1", "chat.v2"])
                .extension("foo; a")
                .extension("a");
            let mut opened = Ok(None);
            let mut taken = 0;
            for piece in pieces {
                opening.receive_data(piece);
                taken += piece.len();
                opened = opening.next_event();
                if !matches!(opened, Ok(None)) {
                    break;
                }
            }
            opened.map(|opened| opened.map(|opened| (opened, taken)))
        };
        let outcome = hear(&[&bytes[..cut], &bytes[cut..]]);
        let whole = hear(&[&bytes]);
        assert_eq!(
            (outcome.as_ref().err(), matches!(outcome, Ok(None))),
            (whole.as_ref().err(), matches!(whole, Ok(None))),
            "seed {seed}, cut at {cut}"
        );
        let Ok(Some((opened, taken))) = outcome else {
            continue;
        };
        accepted += 1;
        let shown = String::from_utf8_lossy(&bytes);
        let mut head = read(&bytes).unwrap();
        while head.first.starts_with("HTTP/1.1 1") && !head.first.starts_with("HTTP/1.1 101") {
            head = read(head.rest).unwrap_or_else(|| panic!("seed {seed}: {shown}"));
        }
        assert!(
            head.first.starts_with("HTTP/1.") && !head.first.starts_with("HTTP/1.0"),
            "seed {seed}: {shown}"
        );
        assert_eq!(&head.first[8..12], " 101", "seed {seed}: {shown}");
        assert_eq!(
            [&opened.rest, &bytes[taken..]].concat(),
            head.rest,
            "seed {seed}: {shown}"
        );
        let upgrade: Vec<Vec<u8>> = head
            .all("upgrade")
            .iter()
            .map(|value| value.to_ascii_lowercase())
            .collect();
        assert_eq!(upgrade, [b"websocket"], "seed {seed}: {shown}");
        assert!(head.names("connection", "upgrade"), "seed {seed}: {shown}");
        assert_eq!(
            head.all("sec-websocket-accept"),
            [accept_key(KEY).as_bytes()],
            "seed {seed}: {shown}"
        );
        let chosen = head.all("sec-websocket-protocol");
        let expected = opened.subprotocol.as_ref().map(|name| name.as_bytes());
        assert_eq!(chosen, Vec::from_iter(expected), "seed {seed}: {shown}");
        assert!(
            chosen
                .iter()
                .all(|name| [&b"chat.v1"[..], b"chat.v2"].contains(name)),
            "seed {seed}"
        );
        assert!(
            is_list(&head.all("sec-websocket-extensions"), extension),
            "seed {seed}: {shown}"
        );
        let names: Vec<&str> = opened
            .extensions
            .iter()
            .map(|one| one.name.as_str())
            .collect();
        assert!(
            names.iter().all(|name| ["foo", "a"].contains(name)),
            "seed {seed}: {shown}"
        );
    }
    assert!(accepted > ROUNDS / 20, "{accepted}");
}

/// Bytes without any sense.
#[test]
fn noise() {
    for seed in 0..ROUNDS / 10 {
        let random = &mut fastrand::Rng::with_seed(seed);
        let mut bytes = vec![0; random.usize(..300)];
        random.fill(&mut bytes);
        assert!(ask([&bytes[..]], &policy(Origins::Any)).yes.is_none());
        let mut opening = Opening::new("a", "/", [0; 16], None);
        opening.receive_data(&bytes);
        assert!(!matches!(opening.next_event(), Ok(Some(_))));
    }
}
