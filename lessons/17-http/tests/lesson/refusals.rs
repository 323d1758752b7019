//! Requests that two programs could read in two ways, and others that are refused: each with its status.

use http::{Connection, Event, MAX_FIELDS, MAX_HEAD, MAX_REQUEST_LINE, Status};

use crate::{run, run_every_cut};

/// What is behind the head, in each row.
const REST: &str = "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

#[track_caller]
fn assert_refused(bytes: &[u8], status: u16) {
    let run = run_every_cut(bytes);
    let shown = bytes.escape_ascii();
    assert_eq!(run.refused, Some(status), "{shown}");
    assert!(run.asked.is_empty(), "{shown}");
    assert!(run.is_over, "{shown}");
    let sent = String::from_utf8(run.sent).unwrap();
    assert!(
        sent.starts_with(&format!("HTTP/1.1 {status} ")),
        "{shown}: {sent}"
    );
    assert!(
        sent.contains("\r\nConnection: close\r\n"),
        "{shown}: {sent}"
    );
}

#[test]
fn whoever_could_smuggle_is_refused() {
    for (fields, status) in [
        // Two lengths.
        ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400),
        ("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 400),
        ("Content-Length: 5\r\nContent-Length: 6\r\n", 400),
        ("Content-Length: 5\r\nContent-Length: 5\r\n", 400),
        ("Content-Length: 5, 5\r\n", 400),
        // Lengths that are none.
        ("Content-Length: +5\r\n", 400),
        ("Content-Length: -5\r\n", 400),
        ("Content-Length: 0x5\r\n", 400),
        ("Content-Length: 5 5\r\n", 400),
        ("Content-Length: 5.0\r\n", 400),
        ("Content-Length:\r\n", 400),
        ("Content-Length: 18446744073709551616\r\n", 400),
        ("Content-Length: 18446744073709551615\r\n", 413),
        ("Content-Length: 1048577\r\n", 413),
        // Lines.
        ("X: a\nContent-Length: 5\r\n", 400),
        ("X: a\rContent-Length: 5\r\n", 400),
        ("X: a\r\r\nContent-Length: 5\r\n", 400),
        ("X: a\r\n b\r\n", 400),
        ("X: a\r\n\tb\r\n", 400),
        (" X: a\r\n", 400),
        ("X: a\0b\r\n", 400),
        ("X: a\u{b}\r\n", 400),
        ("X: a\u{7f}\r\n", 400),
        // Names.
        ("Content-Length : 5\r\n", 400),
        ("Transfer-Encoding\t: chunked\r\n", 400),
        ("Transfer Encoding: chunked\r\n", 400),
        ("Content_Length\u{e9}: 5\r\n", 400),
        (": a\r\n", 400),
        ("no colon\r\n", 400),
        ("nocolon\r\n", 400),
        ("X(: a\r\n", 400),
        // Codings.
        ("Transfer-Encoding: chunked, chunked\r\n", 400),
        (
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            400,
        ),
        ("Transfer-Encoding: chunked, identity\r\n", 400),
        ("Transfer-Encoding: xchunked\r\n", 400),
        ("Transfer-Encoding: \"chunked\"\r\n", 400),
        ("Transfer-Encoding: chunked;q=1\r\n", 400),
        ("Transfer-Encoding: \u{b}chunked\r\n", 400),
        ("Transfer-Encoding:\r\n", 400),
        ("Transfer-Encoding: identity\r\n", 400),
        ("Transfer-Encoding: gzip, chunked\r\n", 501),
        (
            "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
            501,
        ),
        // Hosts.
        ("Host: y\r\n", 400),
        ("host: x\r\n", 400),
        ("Host:\r\n", 400),
        // Expectations.
        ("Expect: the unexpected\r\nContent-Length: 5\r\n", 417),
    ] {
        let request = format!("POST / HTTP/1.1\r\nHost: x\r\n{fields}\r\n{REST}");
        assert_refused(request.as_bytes(), status);
    }
}

#[test]
fn request_lines_have_one_reading() {
    for (line, status) in [
        ("GET  / HTTP/1.1\r\n", 400),
        ("GET /\tHTTP/1.1\r\n", 400),
        (" GET / HTTP/1.1\r\n", 400),
        ("GET / HTTP/1.1 \r\n", 400),
        ("GET / HTTP/1.1\n", 400),
        ("GET / HTTP/1.1\r\r\n", 400),
        ("GET /\r\n", 400),
        ("GET\r\n", 400),
        ("\r\n\r\nGET / HTTP/1.1\r\n", 400),
        ("GE(T / HTTP/1.1\r\n", 400),
        ("GET /\0 HTTP/1.1\r\n", 400),
        ("GET /\u{e9} HTTP/1.1\r\n", 400),
        ("GET x HTTP/1.1\r\n", 400),
        ("GET x:80 HTTP/1.1\r\n", 400),
        ("GET * HTTP/1.1\r\n", 400),
        ("GET ftp://x/ HTTP/1.1\r\n", 400),
        ("GET http:///x HTTP/1.1\r\n", 400),
        ("GET http://:80/x HTTP/1.1\r\n", 400),
        ("GET http://user@x/ HTTP/1.1\r\n", 400),
        ("GET http://x\\y/ HTTP/1.1\r\n", 400),
        ("GET /x#y HTTP/1.1\r\n", 400),
        ("GET / http/1.1\r\n", 400),
        ("GET / HTTP/1.10\r\n", 400),
        ("GET / HTTP/11\r\n", 400),
        ("GET / HTTP/+1.1\r\n", 400),
        ("GET / HTTPS/1.1\r\n", 400),
        ("GET / HTTP/0.9\r\n", 505),
        ("GET / HTTP/2.0\r\n", 505),
        ("CONNECT x:443 HTTP/1.1\r\n", 501),
    ] {
        assert_refused(format!("{line}Host: x\r\n\r\n").as_bytes(), status);
    }
    assert_refused(b"GET / HTTP/1.1\r\n\r\n", 400); // No host.
    assert_refused(
        b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    );
    // What TLS begins with, and what HTTP/2 does.
    assert_refused(b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\n", 400);
    assert_refused(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
}

#[test]
fn a_host_is_a_host() {
    for host in [
        "a b", "a/b", "a?b", "a\\b", "user@a", "a, b", ":80", "\"a\"", "\u{ac00}",
    ] {
        for version in ["HTTP/1.0", "HTTP/1.1"] {
            assert_refused(
                format!("GET / {version}\r\nHost: {host}\r\n\r\n").as_bytes(),
                400,
            );
        }
    }
    for host in ["", "a", "a.b:80", "127.0.0.1:", "[::1]:7017", "a_b", "%41"] {
        let asked = run([format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()]);
        assert_eq!((asked.asked.len(), asked.refused), (1, None), "{host}");
    }
}

#[test]
fn the_refusal_of_a_head_request_has_no_body() {
    for request in [
        "HEAD / HTTP/1.1\r\n\r\n",
        "HEAD / HTTP/1.1\r\nHost: x\r\nExpect: more\r\n\r\n",
        "HEAD / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe",
    ] {
        let run = run_every_cut(request.as_bytes());
        assert!(run.refused.is_some(), "{request}");
        let sent = String::from_utf8(run.sent).unwrap();
        assert!(sent.contains("\r\nContent-Length: "), "{sent}");
        assert!(sent.ends_with("\r\n\r\n"), "{sent}");
    }
}

/// A chunked body, behind a good head.
fn chunked(body: &str) -> Vec<u8> {
    format!("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{body}").into_bytes()
}

#[test]
fn chunks_have_one_reading() {
    for (body, status) in [
        ("5\nhello\r\n0\r\n\r\n", 400),
        ("5\rhello\r\n0\r\n\r\n", 400),
        ("5;a\nhello\r\n0\r\n\r\n", 400),
        ("5;a\rb\r\nhello\r\n0\r\n\r\n", 400),
        ("5;a\0b\r\nhello\r\n0\r\n\r\n", 400),
        ("+5\r\nhello\r\n0\r\n\r\n", 400),
        ("0x5\r\nhello\r\n0\r\n\r\n", 400),
        (" 5\r\nhello\r\n0\r\n\r\n", 400),
        ("5 \r\nhello\r\n0\r\n\r\n", 400),
        ("\r\nhello\r\n0\r\n\r\n", 400),
        (";a\r\nhello\r\n0\r\n\r\n", 400),
        ("g\r\nhello\r\n0\r\n\r\n", 400),
        ("5\r\nhello\n0\r\n\r\n", 400),
        ("5\r\nhellooo\r\n0\r\n\r\n", 400),
        ("5\r\nhell\r\n0\r\n\r\n", 400),
        ("0\r\nX : y\r\n\r\n", 400),
        ("0\r\n X: y\r\n\r\n", 400),
        ("0\r\nno colon\r\n\r\n", 400),
        ("0\r\nnocolon\r\n\r\n", 400),
        ("0\r\nX: y\n\r\n", 400),
        ("0000000000000005\r\nhello\r\n0\r\n\r\n", 400),
        ("10000000000000005\r\nhello\r\n0\r\n\r\n", 400),
        ("fffffffffffffff\r\nhello\r\n0\r\n\r\n", 413),
        ("100001\r\nhello\r\n0\r\n\r\n", 413),
    ] {
        assert_refused(&chunked(body), status);
    }
    assert_refused(
        &chunked(&format!("5;{}\r\nhello\r\n0\r\n\r\n", "a".repeat(300))),
        400,
    );
    // Nobody waits for the end of a line that is too long already.
    let mut connection = Connection::new(10);
    connection.receive_data(&chunked(&format!("5;{}", "a".repeat(300))));
    assert!(matches!(
        connection.next_event(),
        Ok(Some(Event::Request(_)))
    ));
    assert_eq!(
        connection.next_event().unwrap_err().status,
        Status::BAD_REQUEST
    );
    // Many short extensions are as long as a long one.
    let extended = format!("1;{}\r\na\r\n", "b".repeat(99));
    for (count, refused) in [(40, None), (41, Some(400))] {
        let run = crate::run([&*chunked(&format!("{}0\r\n\r\n", extended.repeat(count)))]);
        assert_eq!(run.refused, refused);
    }
    let run = run([&*chunked(&format!("0\r\nX: {}\r\n\r\n", "a".repeat(5000)))]);
    assert_eq!(run.refused, Some(400));
    let run = crate::run([&*chunked(&format!("0\r\n{}\r\n", "X: y\r\n".repeat(5000)))]);
    assert_eq!(
        run.refused,
        Some(400),
        "many short trailers are as long as a long one"
    );
}

#[test]
fn a_stream_that_ends_inside_a_request_is_refused() {
    for whole in [
        &chunked("5\r\nhello\r\n0\r\n\r\n")[..],
        crate::requests::CORPUS[3].as_bytes(),
    ] {
        for length in 1..whole.len() {
            let run = run([&whole[..length]]);
            assert_eq!(run.refused, Some(400), "{}", whole[..length].escape_ascii());
        }
    }
    let nothing = run([&b""[..]]);
    assert!(nothing.ended && nothing.sent.is_empty());
}

/// A head of exactly so many bytes, in lines that are not too long.
fn head_of(length: usize) -> Vec<u8> {
    let mut head = b"GET / HTTP/1.1\r\nHost: x\r\n".to_vec();
    while length - head.len() > 6_000 {
        head.extend(format!("X: {}\r\n", "a".repeat(5_000)).bytes());
    }
    let left = length - head.len() - "X: \r\n\r\n".len();
    head.extend(format!("X: {}\r\n\r\n", "a".repeat(left)).bytes());
    assert_eq!(head.len(), length);
    head
}

fn line_of(length: usize) -> Vec<u8> {
    let left = length - "GET / HTTP/1.1\r\n".len();
    format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(left)).into_bytes()
}

fn fields_of(count: usize) -> Vec<u8> {
    format!(
        "GET / HTTP/1.1\r\nHost: x\r\n{}\r\n",
        "X: y\r\n".repeat(count - 1)
    )
    .into_bytes()
}

#[test]
fn limits_are_kept_to_the_byte() {
    for (most, more, status) in [
        (head_of(MAX_HEAD), head_of(MAX_HEAD + 1), 431),
        (
            line_of(MAX_REQUEST_LINE),
            line_of(MAX_REQUEST_LINE + 1),
            414,
        ),
        (fields_of(MAX_FIELDS), fields_of(MAX_FIELDS + 1), 431),
    ] {
        for size in [1, 7, 4096, most.len()] {
            let good = run(most.chunks(size));
            assert_eq!((good.asked.len(), good.refused), (1, None), "{status}");
            assert_eq!(run(more.chunks(size)).refused, Some(status));
        }
    }
    // Nobody waits for the end of a line that is too long already.
    let mut connection = Connection::new(10);
    connection.receive_data(&[b'a'; MAX_REQUEST_LINE + 1]);
    assert_eq!(
        connection.next_event().unwrap_err().status,
        Status::URI_TOO_LONG
    );
}

#[test]
fn a_body_has_the_length_that_the_server_takes() {
    let take = |length: usize| {
        let mut connection = Connection::new(10);
        let head = format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n");
        connection.receive_data(head.as_bytes());
        connection.next_event()
    };
    assert!(matches!(take(10), Ok(Some(Event::Request(_)))));
    assert_eq!(take(11).unwrap_err().status, Status::CONTENT_TOO_LARGE);
    // Chunks that are too long together, and a server that takes anything.
    let mut connection = Connection::new(10);
    connection.receive_data(&chunked("6\r\nabcdef\r\n5\r\nabcde\r\n0\r\n\r\n"));
    let refused = loop {
        match connection.next_event() {
            Ok(event) => assert!(event.is_some()),
            Err(refused) => break refused,
        }
    };
    assert_eq!(refused.status, Status::CONTENT_TOO_LARGE);
    let mut connection = Connection::new(u64::MAX);
    connection.receive_data(&chunked("1\r\na\r\nfffffffffffffff\r\na"));
    while connection.next_event().unwrap().is_some() {}
}
