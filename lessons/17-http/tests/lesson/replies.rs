//! The client's end.

use http::{Answer, Reply, Status};

/// What a client makes of `bytes`: status and body, or why not.
fn read<'a>(
    mut reply: Reply,
    pieces: impl IntoIterator<Item = &'a [u8]>,
    ends: bool,
) -> Result<Option<(Status, Vec<u8>)>, &'static str> {
    let (mut status, mut body) = (None, Vec::new());
    let mut pieces = pieces.into_iter();
    loop {
        let piece = pieces.next();
        match piece {
            Some(bytes) => reply.receive_data(bytes),
            None if ends => reply.receive_end(),
            None => {}
        }
        while let Some(answer) = reply.next_event().map_err(|refused| refused.why)? {
            match answer {
                Answer::Head(head) => status = Some(head.status),
                Answer::Body(bytes) => body.extend(bytes),
                Answer::End => return Ok(status.map(|status| (status, body))),
            }
        }
        if piece.is_none() {
            return Ok(None);
        }
    }
}

#[track_caller]
fn assert_reads(bytes: &str, ends: bool, status: u16, body: &str) {
    let expected = Ok(Some((Status(status), body.as_bytes().to_vec())));
    let bytes = bytes.as_bytes();
    for at in 0..=bytes.len() {
        let (first, second) = bytes.split_at(at);
        assert_eq!(read(Reply::new(100), [first, second], ends), expected);
    }
    assert_eq!(read(Reply::new(100), bytes.chunks(1), ends), expected);
}

#[test]
fn a_body_ends_where_the_response_says() {
    let ok = "HTTP/1.1 200 OK\r\n";
    assert_reads(
        &format!("{ok}Content-Length: 5\r\n\r\nhello"),
        false,
        200,
        "hello",
    );
    assert_reads(&format!("{ok}Content-Length: 0\r\n\r\n"), false, 200, "");
    let chunks = "3\r\nhel\r\n2;x\r\nlo\r\n0\r\nTrailer: x\r\n\r\n";
    assert_reads(
        &format!("{ok}Transfer-Encoding: chunked\r\n\r\n{chunks}"),
        false,
        200,
        "hello",
    );
    assert_reads(&format!("{ok}\r\nhello"), true, 200, "hello");
    assert_reads("HTTP/1.0 404 \r\n\r\n", true, 404, "");
    assert_reads("HTTP/1.1 204\r\nContent-Length: 5\r\n\r\n", false, 204, "");
    assert_reads(
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
        false,
        304,
        "",
    );
    let early = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
    assert_reads(
        &format!("{early}{ok}Content-Length: 2\r\n\r\nhi"),
        false,
        200,
        "hi",
    );
    let to_head = Reply::new(100).to_head();
    let head = format!("{ok}Content-Length: 50\r\n\r\n");
    assert_eq!(
        read(to_head, [head.as_bytes()], false),
        Ok(Some((Status::OK, Vec::new())))
    );
}

#[test]
fn what_is_missing_is_noticed() {
    for bytes in [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
        "HTTP/1.1 200 OK\r\nCont",
        "",
    ] {
        assert_eq!(
            read(Reply::new(100), [bytes.as_bytes()], false),
            Ok(None),
            "{bytes:?}"
        );
        assert!(
            read(Reply::new(100), [bytes.as_bytes()], true).is_err(),
            "{bytes:?}"
        );
    }
}

#[test]
fn what_is_no_response_is_refused() {
    for bytes in [
        "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/1.1 600 OK\r\n\r\n",
        "HTTP/1.1\r\n\r\n",
        "ICY 200 OK\r\n\r\n",
        "HTTP/1.1 200 \0\r\n\r\n",
        "HTTP/1.1 200 OK\n\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n",
    ] {
        assert!(
            read(Reply::new(100), [bytes.as_bytes()], false).is_err(),
            "{bytes:?}"
        );
    }
    let endless = format!("HTTP/1.1 200 OK\r\n\r\n{}", "a".repeat(101));
    assert!(read(Reply::new(100), [endless.as_bytes()], false).is_err());
}

#[test]
fn responses_come_one_behind_the_other() {
    let mut reply = Reply::new(100);
    let response = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: y\r\n\r\nhi";
    reply.receive_data(&response.repeat(2));
    for _ in 0..2 {
        let Ok(Some(Answer::Head(head))) = reply.next_event() else {
            panic!("a head should have come");
        };
        assert_eq!(head.field("x"), Some("y"));
        assert_eq!(head.bytes(), &response[..response.len() - 2]);
        assert!(matches!(reply.next_event(), Ok(Some(Answer::Body(body))) if body == b"hi"));
        assert!(matches!(reply.next_event(), Ok(Some(Answer::End))));
        assert!(matches!(reply.next_event(), Ok(None)));
        reply.begin_anew();
    }
}
