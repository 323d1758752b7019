//! Good requests, in every cut.

use http::{Connection, Event, Length, MAX_BODY, Request, Status};

use crate::{respond_in_chunks, run, run_every_cut};

/// What real clients send, and what they rarely send.
pub const CORPUS: &[&str] = &[
    "GET / HTTP/1.1\r\nHost: localhost:7017\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n\r\n",
    "GET /a%20b?q=1&r=%EA%B0%80 HTTP/1.1\r\nHOST:x\r\naccept:\t text/html \t\r\nEmpty:\r\n\r\n",
    "HEAD /index.html HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"a\", W/\"b\"\r\n\r\n",
    "POST /say HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nhello world",
    "POST /say HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    "POST /say HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n006;a=\"b\"\r\n world\r\n0\r\n\r\n",
    "POST /say HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\nA ;x\r\n0123456789\r\n0;last\r\nDigest: abc\r\nX:\r\n\r\n",
    "GET / HTTP/1.0\r\n\r\n",
    "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
    "GET http://example.com/path?q HTTP/1.1\r\nHost: other\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    "DELETE /thing HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\nX: caf\u{e9}\r\n!#$%&'*+-.^_`|~: 1\r\n\r\n",
    "\r\nGET /after-an-empty-line HTTP/1.1\r\nHost: x\r\n\r\n",
    "PUT /x HTTP/1.9\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
];

#[test]
fn every_good_request_is_the_same_in_every_cut() {
    for bytes in CORPUS {
        let run = run_every_cut(bytes.as_bytes());
        assert_eq!((run.asked.len(), run.refused), (1, None), "{bytes:?}");
        assert!(run.is_over);
    }
}

#[test]
fn names_values_and_bodies_are_those_that_were_sent() {
    let asked = |number: usize| run([CORPUS[number].as_bytes()]).asked.remove(0);
    let fields = asked(1).fields;
    assert_eq!(fields[0], ("HOST".to_string(), b"x".to_vec()));
    assert_eq!(fields[1], ("accept".to_string(), b"text/html".to_vec()));
    assert_eq!(fields[2], ("Empty".to_string(), Vec::new()));
    assert_eq!(asked(1).line, "GET /a%20b?q=1&r=%EA%B0%80 1.1");
    assert_eq!(asked(3).body, b"hello world");
    assert_eq!(asked(5).body, b"hello world");
    assert_eq!(asked(6).body, b"0123456789");
    assert_eq!(asked(6).fields.len(), 2, "trailers are no fields");
    assert_eq!(
        asked(14).line,
        "PUT /x 1.1",
        "a higher minor version is ours"
    );
}

fn parsed(bytes: &str) -> Request {
    let mut connection = Connection::new(MAX_BODY);
    connection.receive_data(bytes.as_bytes());
    match connection.next_event() {
        Ok(Some(Event::Request(request))) => request,
        other => panic!("{bytes:?} should be a request, not {other:?}"),
    }
}

#[test]
fn a_target_has_a_host_a_path_and_a_query() {
    for (target, host, path, query) in [
        ("/", "h", "/", None),
        ("/a/b?c=/d?e", "h", "/a/b", Some("c=/d?e")),
        ("/?", "h", "/", Some("")),
        ("//a/b", "h", "//a/b", None),
        ("/http://x/y", "h", "/http://x/y", None),
        ("http://other:80/a?b", "other:80", "/a", Some("b")),
        ("HTTPS://other?b", "other", "/", Some("b")),
        ("http://other", "other", "/", None),
    ] {
        let request = parsed(&format!("GET {target} HTTP/1.1\r\nHost: h\r\n\r\n"));
        assert_eq!(request.target(), target);
        assert_eq!(request.host(), Some(host), "{target}");
        assert_eq!(request.path(), path, "{target}");
        assert_eq!(request.query(), query, "{target}");
    }
}

#[test]
fn tokens_are_found_in_any_case_and_in_any_field() {
    let request = parsed(
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: a ,Keep-ALIVE\r\nconnection: upgrade\r\n\r\n",
    );
    assert!(request.has_token("Connection", "keep-alive"));
    assert!(request.has_token("connection", "Upgrade"));
    assert!(!request.has_token("connection", "keep"));
    assert_eq!(request.field("CONNECTION"), Some("a ,Keep-ALIVE"));
    assert_eq!(request.field("none"), None);
}

#[test]
fn requests_that_come_together_are_answered_in_their_order() {
    let two: Vec<&str> = [3, 0, 5, 2, 11].iter().map(|at| CORPUS[*at]).collect();
    let run = run_every_cut(two.concat().as_bytes());
    let lines: Vec<&str> = run.asked.iter().map(|asked| asked.line.as_str()).collect();
    let expected = [
        "POST /say 1.1",
        "GET / 1.1",
        "POST /say 1.1",
        "HEAD /index.html 1.1",
        "DELETE /thing 1.1",
    ];
    assert_eq!(lines, expected);
    let sent = String::from_utf8(run.sent).unwrap();
    assert_eq!(sent.matches("HTTP/1.1 200 OK\r\n").count(), 5);
    assert_eq!(sent.matches("Connection: close\r\n").count(), 1, "{sent}");
    assert!(sent.ends_with("Connection: close\r\n\r\n"));
}

#[test]
fn an_empty_line_is_forgiven_once_before_each_request() {
    let run = run_every_cut(format!("\r\n{}\r\n{}", CORPUS[3], CORPUS[0]).as_bytes());
    assert_eq!((run.asked.len(), run.refused), (2, None));
    let mut connection = Connection::new(MAX_BODY);
    connection.receive_data(b"\r\n");
    assert!(matches!(connection.next_event(), Ok(None)));
    assert!(
        !connection.is_inside_request(),
        "a client that only said that is idle"
    );
    connection.receive_data(b"\r\n");
    assert!(connection.next_event().is_err());
}

#[test]
fn a_client_that_has_ended_its_stream_gets_all_that_it_asked_for() {
    let mut connection = Connection::new(MAX_BODY);
    connection.receive_data(CORPUS[0].repeat(3).as_bytes());
    connection.receive_end();
    for left in (0..3).rev() {
        assert!(matches!(
            connection.next_event(),
            Ok(Some(Event::Request(_)))
        ));
        assert!(matches!(
            connection.next_event(),
            Ok(Some(Event::RequestEnd))
        ));
        connection.respond(Status::NO_CONTENT, &[], b"");
        assert_eq!(connection.is_over(), left == 0);
    }
    let sent = String::from_utf8(connection.data_to_send().to_vec()).unwrap();
    assert_eq!(sent.matches("204 No Content").count(), 3);
    assert!(!sent.contains("Content-Length"), "a 204 has none: {sent}");
}

#[test]
fn after_the_last_response_nothing_is_read() {
    let last = [CORPUS[11], CORPUS[0]].concat();
    let run = run_every_cut(last.as_bytes());
    assert_eq!(run.asked.len(), 1);
    let old = [CORPUS[7], CORPUS[0]].concat(); // HTTP/1.0
    assert_eq!(run_every_cut(old.as_bytes()).asked.len(), 1);
    let kept = [CORPUS[8], CORPUS[0]].concat(); // HTTP/1.0, and Keep-Alive
    let run = run_every_cut(kept.as_bytes());
    assert_eq!(run.asked.len(), 2);
    let sent = String::from_utf8(run.sent).unwrap();
    assert!(sent.contains("Connection: keep-alive\r\n"), "{sent}");
}

/// What a connection says to `request`, answered by `answer` as soon as it is complete.
fn answered(request: &str, answer: impl Fn(&mut Connection)) -> (String, Connection) {
    let mut connection = Connection::new(MAX_BODY);
    connection.receive_data(request.as_bytes());
    while let Ok(Some(event)) = connection.next_event() {
        if matches!(event, Event::RequestEnd) {
            answer(&mut connection);
        }
    }
    let sent = String::from_utf8(connection.data_to_send().to_vec()).unwrap();
    (sent, connection)
}

const GET: &str = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const HEAD: &str = "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n";

#[test]
fn a_response_to_head_has_the_head_of_the_response_to_get() {
    let (get, _) = answered(GET, |connection| {
        connection.respond(Status::OK, &[], b"body")
    });
    let (head, connection) = answered(HEAD, |connection| {
        connection.respond(Status::OK, &[], b"body")
    });
    assert_eq!(get, format!("{head}body"));
    assert!(head.contains("Content-Length: 4\r\n"));
    assert!(!connection.is_over() && !connection.owes_response());
    let (head, _) = answered(HEAD, |connection| respond_in_chunks(connection, &[b"a"]));
    assert!(
        head.ends_with("Transfer-Encoding: chunked\r\n\r\n"),
        "{head}"
    );
}

#[test]
fn a_body_of_unknown_length_is_sent_in_chunks_or_until_the_end() {
    let chunks: &[&[u8]] = &[b"hello", b"", b"0123456789abcdef"];
    let (sent, connection) = answered(GET, |connection| respond_in_chunks(connection, chunks));
    let body = "5\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n";
    assert!(
        sent.ends_with(&format!("Transfer-Encoding: chunked\r\n\r\n{body}")),
        "{sent}"
    );
    assert!(!connection.is_over());
    let old = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
    let (sent, connection) = answered(old, |connection| respond_in_chunks(connection, chunks));
    let end = "\r\nConnection: close\r\n\r\nhello0123456789abcdef";
    assert!(sent.ends_with(end) && !sent.contains("chunked"), "{sent}");
    assert!(connection.is_over());
}

#[test]
fn a_body_is_as_long_as_its_head_says() {
    let (sent, connection) = answered(GET, |connection| {
        connection.send_head(Status::OK, &[], Length::Known(3));
        connection.send_body(b"ab");
        connection.send_body(b"cd");
        connection.send_end();
    });
    assert!(sent.ends_with("\r\n\r\nabc"), "more is not sent: {sent}");
    assert!(!connection.is_over());
    let (_, connection) = answered(GET, |connection| {
        connection.send_head(Status::OK, &[], Length::Known(3));
        connection.send_body(b"ab");
        connection.send_end();
    });
    assert!(connection.is_over(), "the end is how the client sees it");
}

#[test]
fn a_value_cannot_become_a_field_of_its_own() {
    let (sent, _) = answered(GET, |connection| {
        connection.respond(Status::OK, &[("Location", "/a\r\nSet-Cookie: b\n\0c")], b"");
    });
    assert!(
        sent.contains("Location: /a  Set-Cookie: b  c\r\n"),
        "{sent}"
    );
}

#[test]
fn a_client_that_waits_for_a_word_gets_it_when_its_body_is_wanted() {
    let head = "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n";
    let next = b"HTTP/1.1 100 Continue\r\n\r\n";
    let mut connection = Connection::new(MAX_BODY);
    connection.receive_data(head.as_bytes());
    assert!(matches!(
        connection.next_event(),
        Ok(Some(Event::Request(_)))
    ));
    assert_eq!(
        connection.data_to_send(),
        b"",
        "nobody has asked for the body"
    );
    assert!(matches!(connection.next_event(), Ok(None)));
    assert_eq!(connection.data_to_send(), next);
    assert!(matches!(connection.next_event(), Ok(None)));
    assert_eq!(connection.data_to_send(), next, "once");
    // Its body has come already: nothing to say.
    let mut connection = Connection::new(MAX_BODY);
    connection.receive_data(format!("{head}ok").as_bytes());
    while connection.next_event().unwrap().is_some() {}
    assert_eq!(connection.data_to_send(), b"");
    // A part of it has come: the client does not wait.
    let mut connection = Connection::new(MAX_BODY);
    connection.receive_data(format!("{head}o").as_bytes());
    while connection.next_event().unwrap().is_some() {}
    assert_eq!(connection.data_to_send(), b"");
    // Nobody wants it: the answer is final, and what may come is no request.
    let mut connection = Connection::new(MAX_BODY);
    connection.receive_data(head.as_bytes());
    assert!(matches!(
        connection.next_event(),
        Ok(Some(Event::Request(_)))
    ));
    connection.respond(Status::FORBIDDEN, &[], b"");
    connection.receive_data(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(matches!(connection.next_event(), Ok(None)));
    assert!(connection.is_over());
    let sent = String::from_utf8(connection.data_to_send().to_vec()).unwrap();
    assert!(sent.starts_with("HTTP/1.1 403 ") && sent.contains("Connection: close\r\n"));
    // HTTP/1.0 does not know the word; and without a body there is none to wait for.
    for bytes in [
        "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n",
    ] {
        let mut connection = Connection::new(MAX_BODY);
        connection.receive_data(bytes.as_bytes());
        while connection.next_event().unwrap().is_some() {}
        assert_eq!(connection.data_to_send(), b"", "{bytes:?}");
    }
}

#[test]
fn a_request_may_be_answered_as_soon_as_its_head_is_there() {
    let mut connection = Connection::new(MAX_BODY);
    connection.receive_data(GET.repeat(2).as_bytes());
    for _ in 0..2 {
        assert!(matches!(
            connection.next_event(),
            Ok(Some(Event::Request(_)))
        ));
        connection.respond(Status::OK, &[], b"");
        assert!(matches!(
            connection.next_event(),
            Ok(Some(Event::RequestEnd))
        ));
    }
    assert!(!connection.is_over());
}
