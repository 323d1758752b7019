//! The server's side.

use ws_handshake::{Extension, Origins, Policy, accept_key, client_key};

use crate::programs::assert_transcript;
use crate::wire::lines;
use crate::{ACCEPT, FRAMES, KEY, ask, policy, request};

/// A good request with some fields replaced: what is the answer?
#[track_caller]
fn status(name: &str, fields: &[&str]) -> u16 {
    status_of(&request(name, fields))
}

#[track_caller]
fn status_of(bytes: &[u8]) -> u16 {
    let whole = ask([bytes], &policy(Origins::Any));
    let by_byte = ask(bytes.chunks(1), &policy(Origins::Any));
    assert_eq!(whole.sent, by_byte.sent);
    whole.status()
}

/// Sections 1.2 and 1.3.
#[test]
fn the_example_of_the_rfc() {
    assert_eq!(accept_key(KEY), ACCEPT);
    assert_eq!(client_key(*b"the sample nonce"), KEY);
    let bytes = b"GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n\
        Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://example.com\r\n\
        Sec-WebSocket-Protocol: chat, superchat\r\nSec-WebSocket-Version: 13\r\n\r\n";
    let policy = Policy {
        origins: Origins::These(vec!["http://example.com".to_string()]),
        subprotocols: vec!["chat".to_string()],
    };
    let asked = ask([&bytes[..]], &policy);
    let expected = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n\r\n";
    assert_eq!(str::from_utf8(&asked.sent), Ok(expected));
    assert_eq!(asked.yes.unwrap().0.subprotocol.as_deref(), Some("chat"));
}

/// Each refusal, byte for byte.
#[test]
fn refusals() {
    let ours = policy(Origins::Ours);
    let mut transcript = String::new();
    for (what, bytes) in [
        (
            "another version of HTTP",
            request("GET", &["GET /chat HTTP/1.0"]),
        ),
        ("a body", request("", &["Content-Length: 5"])),
        (
            "a key of 15 bytes",
            request(
                "Sec-WebSocket-Key",
                &["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA"],
            ),
        ),
        (
            "a page from elsewhere",
            request("", &["Origin: https://evil.example"]),
        ),
        ("another method", request("GET", &["HEAD /chat HTTP/1.1"])),
        ("a browser that opens the address", request("Upgrade", &[])),
        (
            "another version of WebSocket",
            request("Sec-WebSocket-Version", &["Sec-WebSocket-Version: 8"]),
        ),
    ] {
        // A request with a body never gets as far as `upgrade`; the one that says 0 does, below.
        let asked = ask([&bytes[..]], &ours);
        assert_ne!(asked.status(), 101);
        transcript += &format!("{what}:\n{}", lines(&asked.sent));
    }
    assert_transcript("refused.txt", &transcript, str::to_string);
}

#[test]
fn what_is_no_request_for_a_websocket() {
    for (line, status) in [
        ("POST /chat HTTP/1.1", 405),
        ("get /chat HTTP/1.1", 405),
        ("CONNECT a:1 HTTP/1.1", 501),
        ("GET /chat HTTP/1.0", 400),
        ("GET /chat HTTP/1.2", 101), // Understood as 1.1: RFC 9110, section 2.5.
        ("GET /chat HTTP/2.0", 505),
        ("GET http://server.example.com/chat HTTP/1.1", 101),
        ("GET /chat", 400),
    ] {
        assert_eq!(status_of(&request("GET", &[line])), status, "{line}");
    }
    for host in [&[][..], &["Host: a", "Host: b"], &["Host: a/b"]] {
        assert_eq!(status("Host", host), 400, "{host:?}");
    }
}

/// Names and tokens in any case, in lists, in several fields (section 4.2.1).
#[test]
fn tokens() {
    for fields in [
        &["Connection: keep-alive, Upgrade"][..],
        &["connection:UPGRADE"],
        &["CONNECTION: \t upgrade \t"],
        &["Connection: keep-alive", "Connection: Upgrade"],
        &["Connection: ,Upgrade,"],
        &["Connection: Upgrade, close"],
        &["Connection: a,uPGRADE\t,b"],
    ] {
        assert_eq!(status("Connection", fields), 101, "{fields:?}");
    }
    for fields in [
        &[][..],
        &["Connection: "],
        &["Connection: keep-alive"],
        &["Connection: upgrade-insecure-requests"],
        &["Connection: Upgrade2"],
        &["Connection: keep-alive Upgrade"],
        &["Connection: websocket"],
        &["Connection: \"Upgrade\""],
        &["Connection: \u{a0}Upgrade"],
        &["Connections: Upgrade"],
    ] {
        assert_eq!(status("Connection", fields), 426, "{fields:?}");
    }
    for fields in [
        &["Upgrade: WebSocket"][..],
        &["UPGRADE: h2c, websocket"],
        &["Upgrade: h2c", "upgrade: WEBSOCKET"],
    ] {
        assert_eq!(status("Upgrade", fields), 101, "{fields:?}");
    }
    for fields in [
        &[][..],
        &["Upgrade: websocket/13"],
        &["Upgrade: web socket"],
        &["Upgrade: h2c"],
    ] {
        assert_eq!(status("Upgrade", fields), 426, "{fields:?}");
    }
}

#[test]
fn keys() {
    let field = |key: &str| format!("Sec-WebSocket-Key: {key}");
    for key in [
        "AAAAAAAAAAAAAAAAAAAAAA==",
        "/////////////////////w==",
        // The RFC's own example for the bytes 1 to 16 (section 4.1): the last letter would be `A`.
        "AQIDBAUGBwgJCgsMDQ4PEC==",
        "AQIDBAUGBwgJCgsMDQ4PEA==",
        "\t AQIDBAUGBwgJCgsMDQ4PEA== ",
    ] {
        assert_eq!(status("Sec-WebSocket-Key", &[&field(key)]), 101, "{key:?}");
    }
    for key in [
        "",
        "=",
        "AAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAA=",
        "AAAAAAAAAAAAAAAAAAAAAA===",
        "AAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAA=",
        "AAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAA AAAAAAAAAAA==",
        "AAAAAAAAAA-AAAAAAAAAAA==",
        "AAAAAAAAAA_AAAAAAAAAAA==",
        "AAAAAAAAAA\u{e9}AAAAAAAAAA==",
        "the sample nonce",
        "AAAAAAAAAAAAAAAAAAAAAA==, AAAAAAAAAAAAAAAAAAAAAA==",
    ] {
        assert_eq!(status("Sec-WebSocket-Key", &[&field(key)]), 400, "{key:?}");
    }
    let one = field(KEY);
    assert_eq!(status("Sec-WebSocket-Key", &[]), 400);
    assert_eq!(status("Sec-WebSocket-Key", &[&one, &one]), 400);
    assert_eq!(status("Sec-WebSocket-Key", &[&one, &field("x")]), 400);
}

#[test]
fn versions() {
    for version in [
        "", "8", "0", "14", "013", "+13", "13.0", "13, 8", "8, 13", "1 3", "\u{661}3",
    ] {
        let field = format!("Sec-WebSocket-Version: {version}");
        assert_eq!(status("Sec-WebSocket-Version", &[&field]), 426, "{version}");
    }
    let one = "sec-websocket-version:13";
    assert_eq!(status("Sec-WebSocket-Version", &[one]), 101);
    assert_eq!(status("Sec-WebSocket-Version", &[]), 426);
    assert_eq!(status("Sec-WebSocket-Version", &[one, one]), 426);
}

#[test]
fn origins() {
    let these = ["https://chat.example", "http://localhost:8000"];
    let these = Origins::These(these.map(str::to_string).to_vec());
    let table = [
        // Origin, Host, with `Ours`, with `These`.
        (&[][..], "chat.example", true, true),
        (&["https://chat.example"], "chat.example", true, true),
        (&["HTTPS://Chat.Example"], "chat.example", false, true),
        (&["https://Chat.Example"], "chat.example", true, true),
        (&["http://localhost:8000"], "localhost:8000", true, true),
        (&["http://localhost:8001"], "localhost:8000", false, false),
        (&["http://localhost"], "localhost:8000", false, false),
        (
            &["https://chat.example.evil.example"],
            "chat.example",
            false,
            false,
        ),
        (&["https://evilchat.example"], "chat.example", false, false),
        (&["https://chat.example/"], "chat.example", false, false),
        (&["https://chat.example:443"], "chat.example", false, false),
        (&["http://chat.example"], "chat.example", true, false),
        (&["http://user@chat.example"], "chat.example", false, false),
        (&["ftp://chat.example"], "chat.example", false, false),
        (&["chat.example"], "chat.example", false, false),
        (&["null"], "null", false, false),
        (&["file://"], "chat.example", false, false),
        (&[""], "chat.example", false, false),
        (
            &["https://chat.example https://evil.example"],
            "chat.example",
            false,
            false,
        ),
        (
            &["https://chat.example", "https://chat.example"],
            "chat.example",
            false,
            false,
        ),
        (&["https://[::1]:80"], "[::1]:80", true, false),
        (&["https://\u{ff}"], "chat.example", false, false),
    ];
    for (origin, host, with_ours, with_these) in table {
        let fields = origin.iter().map(|origin| format!("Origin: {origin}"));
        let fields: Vec<String> = fields.chain([format!("Host: {host}")]).collect();
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        let bytes = request("Host", &fields);
        let any = origin.len() < 2;
        for (origins, expected) in [
            (Origins::default(), with_ours),
            (these.clone(), with_these),
            (Origins::Any, any),
        ] {
            let status = ask([&bytes[..]], &policy(origins.clone())).status();
            let expected = if expected { 101 } else { 403 };
            assert_eq!(status, expected, "{origin:?} to {host}, {origins:?}");
        }
    }
    // What the target says counts more than the field Host.
    let bytes = request(
        "GET",
        &[
            "GET http://other.example/ HTTP/1.1",
            "Origin: http://server.example.com",
        ],
    );
    assert_eq!(ask([&bytes[..]], &policy(Origins::Ours)).status(), 403);
}

#[test]
fn subprotocols() {
    for (fields, chosen) in [
        (&[][..], None),
        (&["chat.v1"], Some("chat.v1")),
        (&["chat.v1, chat.v2"], Some("chat.v2")), // The server's order.
        (&["chat.v1", "other,chat.v2"], Some("chat.v2")),
        (&["Chat.v1"], None),
        (&["chat.v11, xchat.v1, chat"], None),
        (&[", ,chat.v1,"], Some("chat.v1")),
        (&["\tchat.v1\t"], Some("chat.v1")),
    ] {
        let fields: Vec<String> = fields
            .iter()
            .map(|one| format!("Sec-WebSocket-Protocol: {one}"))
            .collect();
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        let asked = ask([&request("", &fields)[..]], &policy(Origins::Any));
        assert_eq!(asked.status(), 101, "{fields:?}");
        let head = String::from_utf8(asked.sent).unwrap();
        let said = head.split("Sec-WebSocket-Protocol: ").nth(1);
        assert_eq!(said.map(|rest| rest.split('\r').next().unwrap()), chosen);
        assert_eq!(asked.yes.unwrap().0.subprotocol.as_deref(), chosen);
    }
    for junk in [
        "",
        " , ",
        "chat v1",
        "chat.v1;q=1",
        "\"chat.v1\"",
        "chat.v1\u{a0}",
        "chat/1",
    ] {
        let field = format!("Sec-WebSocket-Protocol: {junk}");
        assert_eq!(status("Sec-WebSocket-Protocol", &[&field]), 400, "{junk:?}");
    }
}

/// Section 9.1.
#[test]
fn extensions() {
    let offered = |values: &[&str]| {
        let fields: Vec<String> = values
            .iter()
            .map(|one| format!("Sec-WebSocket-Extensions: {one}"))
            .collect();
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        let asked = ask([&request("", &fields)[..]], &policy(Origins::Any));
        asked.yes.map(|(upgrade, _)| upgrade.offered)
    };
    let one = |name: &str, parameters: &[(&str, Option<&str>)]| Extension {
        name: name.to_string(),
        parameters: parameters
            .iter()
            .map(|(name, value)| (name.to_string(), value.map(str::to_string)))
            .collect(),
    };
    let deflate = |value| one("permessage-deflate", &[("a", None), ("b", value)]);
    for (values, expected) in [
        (&[][..], vec![]),
        (&["foo"], vec![one("foo", &[])]),
        (&["permessage-deflate; a; b=10"], vec![deflate(Some("10"))]),
        (&["permessage-deflate;a;b=10"], vec![deflate(Some("10"))]),
        (
            &["permessage-deflate ;\ta ; b = 10 "],
            vec![deflate(Some("10"))],
        ),
        (
            &["permessage-deflate; a; b=\"10\""],
            vec![deflate(Some("10"))],
        ),
        (
            &[r#"permessage-deflate; a; b="\1\0""#],
            vec![deflate(Some("10"))],
        ),
        (&["permessage-deflate; a; b"], vec![deflate(None)]),
        (
            &["foo, bar; baz=2"],
            vec![one("foo", &[]), one("bar", &[("baz", Some("2"))])],
        ),
        (
            &["foo", "bar; baz=2"],
            vec![one("foo", &[]), one("bar", &[("baz", Some("2"))])],
        ),
        (&[", foo,,"], vec![one("foo", &[])]),
        (
            &["foo; a; a"],
            vec![one("foo", &[("a", None), ("a", None)])],
        ),
    ] {
        assert_eq!(offered(values), Some(expected), "{values:?}");
    }
    for junk in [
        "",
        ",",
        ";",
        "foo;",
        "; a",
        "foo; =1",
        "foo; a=",
        "foo; a=\"",
        "foo; a=\"\"",
        "foo; a=\"1",
        "foo; a=1\"",
        "foo; a=\"1\\\"",
        "foo; a=\"1 0\"",
        "foo; a=\"1,0\"",
        "foo; a=\"1;0\"",
        "foo; a=\"1\\,0\"",
        "foo; a=\"1\"0",
        "foo; a=1 0",
        "foo bar",
        "foo; a b",
        "foo/1",
        "foo\u{a0}",
        "\u{ff}",
    ] {
        assert_eq!(offered(&[junk]), None, "{junk:?}");
    }
}

/// What comes behind the blank line is none of HTTP, however the stream was cut.
#[test]
fn every_cut() {
    let head = request("", &["Sec-WebSocket-Protocol: chat.v1"]);
    let bytes = [&head[..], FRAMES].concat();
    let whole = ask([&bytes[..]], &policy(Origins::Ours));
    for at in 1..bytes.len() {
        let (first, second) = bytes.split_at(at);
        let asked = ask([first, second], &policy(Origins::Ours));
        assert_eq!(asked.sent, whole.sent, "cut at {at}");
        assert_eq!(asked.yes.unwrap().1, FRAMES, "cut at {at}");
    }
    let by_byte = ask(bytes.chunks(1), &policy(Origins::Ours));
    assert_eq!(by_byte.yes.unwrap().1, FRAMES);
    assert_eq!(whole.yes.unwrap().1, FRAMES);
}

#[test]
fn no_body() {
    for (field, status) in [
        ("Content-Length: 0", 101),
        ("Content-Length: 1", 413),
        ("Content-Length: 99999999999", 413),
        ("Content-Length: 00", 400),
        ("Transfer-Encoding: chunked", 400),
    ] {
        let bytes = [&request("", &[field])[..], b"0\r\n\r\n"].concat();
        assert_eq!(
            ask([&bytes[..]], &policy(Origins::Any)).status(),
            status,
            "{field}"
        );
    }
}

/// A refusal ends the connection: a second attempt, or a frame, is not read.
#[test]
fn after_a_refusal() {
    let bad = request("Sec-WebSocket-Version", &["Sec-WebSocket-Version: 12"]);
    let bytes = [&bad[..], &request("", &[])].concat();
    let asked = ask([&bytes[..]], &policy(Origins::Any));
    assert_eq!(asked.status(), 426);
    let text = String::from_utf8(asked.sent).unwrap();
    assert_eq!(text.matches("HTTP/1.1").count(), 1);
    assert!(text.contains("\r\nConnection: close\r\n"), "{text}");
}

/// Who says "close" as well, or has ended its stream, gets a 101 like any other.
#[test]
fn there_is_nothing_to_close() {
    let usual = ask([&request("", &[])[..]], &policy(Origins::Any)).sent;
    for fields in [
        &["Connection: close, Upgrade"][..],
        &["Connection: Upgrade", "Connection: close"],
    ] {
        let bytes = request("Connection", fields);
        assert_eq!(ask([&bytes[..]], &policy(Origins::Any)).sent, usual);
    }
    let bytes = request("", &[]);
    let mut handshake = ws_handshake::Handshake::new();
    handshake.receive_data(&bytes);
    handshake.receive_end();
    let policy = policy(Origins::Any);
    let yes = handshake.answer(|request| Ok((ws_handshake::upgrade(request, &policy)?, ())));
    assert_eq!(yes, Some(((), Vec::new())));
    assert_eq!(handshake.data_to_send(), usual);
    assert!(!handshake.is_over());
}

/// A stream that ends before the blank line, and one that never has one.
#[test]
fn no_end_of_the_head() {
    let bytes = request("", &[]);
    assert_eq!(
        ask([&bytes[..bytes.len() - 1]], &policy(Origins::Any)).status(),
        400
    );
    let nothing = ask([], &policy(Origins::Any));
    assert_eq!(
        (nothing.sent.as_slice(), nothing.yes.is_none()),
        (&b""[..], true)
    );
    let long = format!("X: {}\r\n", "y".repeat(1000)).repeat(17);
    let bytes = [b"GET / HTTP/1.1\r\nHost: a\r\n", long.as_bytes()].concat();
    assert_eq!(status_of(&bytes), 431);
}
