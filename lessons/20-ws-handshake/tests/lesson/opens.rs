//! The client's side.

use http::Status;
use ws_handshake::{Extension, Opened, Opening, Origins, Policy, Unopened};

use crate::{ACCEPT, FRAMES, KEY, answer, ask};

const RANDOM: [u8; 16] = *b"the sample nonce";

fn opening() -> Opening {
    Opening::new("server.example.com", "/chat", RANDOM, None)
        .subprotocols(&["chat.v1", "chat.v2"])
        .extension("foo; a=1")
        .extension("bar, baz")
}

/// What a client makes of an answer in pieces, and of the end behind it.
fn hear<'p>(
    mut opening: Opening,
    pieces: impl IntoIterator<Item = &'p [u8]>,
) -> Result<Opened, Unopened> {
    let mut opened: Option<Opened> = None;
    for piece in pieces {
        match &mut opened {
            Some(opened) => opened.rest.extend_from_slice(piece),
            None => {
                opening.receive_data(piece);
                opened = opening.next_event()?;
            }
        }
    }
    if let Some(opened) = opened {
        return Ok(opened);
    }
    opening.receive_end();
    opening.next_event().map(|opened| opened.unwrap())
}

#[track_caller]
fn heard(bytes: &[u8]) -> Result<Opened, Unopened> {
    let whole = hear(opening(), [bytes]);
    let by_byte = hear(opening(), bytes.chunks(1));
    assert_eq!(whole.as_ref().err(), by_byte.as_ref().err());
    whole
}

#[track_caller]
fn assert_invalid(name: &str, fields: &[&str], why: &str) {
    let outcome = heard(&answer(name, fields));
    assert!(
        matches!(&outcome, Err(Unopened::Invalid(said)) if said.contains(why)),
        "{fields:?}: {outcome:?}"
    );
}

#[test]
fn the_request() {
    let request = Opening::new(
        "a.example:81",
        "/chat?x=1",
        RANDOM,
        Some("http://a.example"),
    );
    let expected = "GET /chat?x=1 HTTP/1.1\r\nHost: a.example:81\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nOrigin: http://a.example\r\n";
    assert_eq!(request.request(), format!("{expected}\r\n").into_bytes());
    let request = request.subprotocols(&["a"]).subprotocols(&["b", "c"]);
    let request = request.extension("foo; a=1").extension("bar");
    let offers = "Sec-WebSocket-Protocol: b, c\r\nSec-WebSocket-Extensions: foo; a=1\r\nSec-WebSocket-Extensions: bar\r\n";
    assert_eq!(
        request.request(),
        format!("{expected}{offers}\r\n").into_bytes()
    );
    // An empty list would be none.
    let nothing = request.subprotocols(&[]).request();
    assert!(!String::from_utf8(nothing).unwrap().contains("Protocol"));
}

/// What a stranger has put into an address is no line of the request.
#[test]
fn no_line_of_somebody_else() {
    let bad = "/a b\r\nX: y\r\n\r\n\u{e9}#c";
    let opening = Opening::new("a\r\nX: y", bad, RANDOM, Some("http://a\nX: y"));
    let request = opening
        .subprotocols(&["a\r\nX: y"])
        .extension("a\rX: y")
        .request();
    let request = String::from_utf8(request).unwrap();
    let first = "GET /a%20b%0D%0AX:%20y%0D%0A%0D%0A%C3%A9 HTTP/1.1\r\nHost: a  X: y\r\n";
    assert!(request.starts_with(first), "{request}");
    assert!(!request.contains("\nX"), "{request}");
    assert_eq!(request.matches("\r\n\r\n").count(), 1);
}

#[test]
fn a_good_answer() {
    let opened = heard(&answer("", &[])).unwrap();
    assert_eq!(
        (opened.subprotocol, opened.extensions, opened.rest),
        (None, vec![], vec![])
    );
    let fields = [
        "Sec-WebSocket-Protocol: chat.v2",
        "sec-websocket-extensions: baz, foo; a=1",
        "Date: x",
    ];
    let opened = heard(&answer("", &fields)).unwrap();
    assert_eq!(opened.subprotocol.as_deref(), Some("chat.v2"));
    let names: Vec<&str> = opened
        .extensions
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(names, ["baz", "foo"]);
    for (name, field) in [
        ("Upgrade", "UPGRADE: WebSocket"),
        ("Connection", "connection:keep-alive,UPGRADE"),
        (
            "Sec-WebSocket-Accept",
            "sec-websocket-accept: \t s3pPLMBiTxaQ9kYGzzhZRbK+xOo= ",
        ),
        ("HTTP", "HTTP/1.1 101"),
        ("HTTP", "HTTP/1.1 101 Whatever you say"),
    ] {
        assert!(heard(&answer(name, &[field])).is_ok(), "{field}");
    }
}

/// Section 4.1, behind "the client MUST validate the server's response": items 1 to 6.
#[test]
fn six_checks() {
    // 1: another status is another answer.
    for status in [200, 204, 301, 400, 401, 403, 404, 426, 500, 503] {
        let line = format!("HTTP/1.1 {status} Whatever");
        let mut bytes = answer("HTTP", &[&line, "Content-Length: 5"]);
        bytes.extend_from_slice(b"hello");
        assert_eq!(
            heard(&bytes).unwrap_err(),
            Unopened::Refused(Status(status))
        );
    }
    assert_invalid("HTTP", &["HTTP/1.0 101 Switching Protocols"], "HTTP/1.0");
    assert_invalid("HTTP", &["HTTP/1.1 abc"], "no number");
    assert_invalid("HTTP", &["ICY 101 OK"], "no status line");
    // 2: one protocol, and this one.
    for fields in [
        &[][..],
        &["Upgrade: "],
        &["Upgrade: h2c"],
        &["Upgrade: websocket, h2c"],
        &["Upgrade: websocket2"],
        &["Upgrade: websocket", "Upgrade: h2c"],
    ] {
        assert_invalid("Upgrade", fields, "something else");
    }
    // 3.
    for fields in [
        &[][..],
        &["Connection: close"],
        &["Connection: Upgrades"],
        &["Upgrade: Upgrade"],
    ] {
        assert_invalid("Connection", fields, "something else");
    }
    // 4: the proof.
    let other = ws_handshake::accept_key("AAAAAAAAAAAAAAAAAAAAAA==");
    for value in [
        "",
        KEY,
        &other,
        &ACCEPT.to_lowercase(),
        &ACCEPT[..27],
        &format!("{ACCEPT}="),
        &format!("{ACCEPT}, {ACCEPT}"),
        &format!("\"{ACCEPT}\""),
        "\u{ff}",
    ] {
        let field = format!("Sec-WebSocket-Accept: {value}");
        assert_invalid("Sec-WebSocket-Accept", &[&field], "does not fit");
    }
    let right = format!("Sec-WebSocket-Accept: {ACCEPT}");
    assert_invalid("Sec-WebSocket-Accept", &[], "does not fit");
    assert_invalid("Sec-WebSocket-Accept", &[&right, &right], "does not fit");
    // 5: an extension that was not offered, or no extension.
    for (value, why) in [
        ("other", "was not offered"),
        ("foo, other", "was not offered"),
        ("FOO", "was not offered"),
        ("", "no list"),
        ("foo;", "no list"),
        ("foo; a=\"", "no list"),
    ] {
        let field = format!("Sec-WebSocket-Extensions: {value}");
        assert_invalid("Sec-WebSocket-Extensions", &[&field], why);
    }
    // 6: a subprotocol that was not offered.
    for value in [
        "",
        "chat",
        "Chat.v1",
        "chat.v1, chat.v2",
        "chat.v1,",
        "\u{ff}",
    ] {
        let field = format!("Sec-WebSocket-Protocol: {value}");
        assert_invalid("Sec-WebSocket-Protocol", &[&field], "was not offered");
    }
    let one = "Sec-WebSocket-Protocol: chat.v1";
    assert_invalid("Sec-WebSocket-Protocol", &[one, one], "was not offered");
    // Who has offered nothing accepts nothing.
    for field in [one, "Sec-WebSocket-Extensions: foo"] {
        let plain = Opening::new("a", "/", RANDOM, None);
        assert!(hear(plain, [&answer("", &[field])[..]]).is_err(), "{field}");
    }
}

#[test]
fn every_cut() {
    let bytes = [
        &answer("", &["Sec-WebSocket-Protocol: chat.v1"])[..],
        FRAMES,
    ]
    .concat();
    for at in 0..=bytes.len() {
        let (first, second) = bytes.split_at(at);
        let opened = hear(opening(), [first, second]).unwrap();
        assert_eq!(opened.rest, FRAMES, "cut at {at}");
        assert_eq!(opened.subprotocol.as_deref(), Some("chat.v1"));
    }
    assert_eq!(hear(opening(), bytes.chunks(1)).unwrap().rest, FRAMES);
}

/// A server may say something before it answers (RFC 9110, section 15.2).
#[test]
fn first_something_else() {
    let hints = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n";
    let bytes = [hints, &answer("", &[])[..], FRAMES].concat();
    assert_eq!(heard(&bytes).unwrap().rest, FRAMES);
}

#[test]
fn no_answer() {
    let bytes = answer("", &[]);
    for end in 0..bytes.len() {
        let outcome = heard(&bytes[..end]);
        assert!(
            matches!(outcome, Err(Unopened::Invalid(why)) if why.contains("ended")),
            "{end}"
        );
    }
    let mut endless = opening();
    endless.receive_data(&b"HTTP/1.1 101 OK\r\n"[..]);
    endless.receive_data(&b"X: y\r\n".repeat(10_000));
    assert!(matches!(endless.next_event(), Err(Unopened::Invalid(_))));
}

/// One end of ours and the other.
#[test]
fn both_roles() {
    let policy = Policy {
        origins: Origins::Ours,
        subprotocols: vec!["chat.v2".to_string()],
    };
    let asked = ask([&opening().request()[..]], &policy);
    let (upgrade, rest) = asked.yes.unwrap();
    assert_eq!(rest, b"");
    let names: Vec<&str> = upgrade
        .offered
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(names, ["foo", "bar", "baz"]);
    let parameters = vec![("a".to_string(), Some("1".to_string()))];
    let name = "foo".to_string();
    assert_eq!(upgrade.offered[0], Extension { name, parameters });
    let opened = hear(opening(), [&asked.sent[..]]).unwrap();
    assert_eq!(opened.subprotocol.as_deref(), Some("chat.v2"));
    assert_eq!(opened.extensions, []);
}
