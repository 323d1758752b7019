//! The chatbot, and a stream of any kind: one chunk after the other.

use std::io::{self, ErrorKind};
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use http::{Body, Response, Status, Stream};
use streaming::chatbot::{self, DONE, MAX_QUESTION, PAUSE};
use streaming::{Follower, MAX_EVENT};

use crate::programs::DEADLINE;
use crate::server::Server;
use crate::{Listener, serving};

fn server(pause: Duration) -> Server {
    serving(move |request, body, _| chatbot::reply(request, body, pause))
}

#[test]
fn an_answer_comes_token_by_token() {
    let pause = Duration::from_millis(5);
    let server = server(pause);
    for question in ["What is a socket?", "소켓이 뭔가요?", "hello", "?", ""] {
        let asked = Instant::now();
        let mut listener = Listener::ask(server.address, "POST /ask", "", question);
        let head = listener.head();
        assert_eq!(head.status, Status::OK);
        assert_eq!(head.field("content-type"), Some("text/event-stream"));
        let (mut said, mut tokens) = (String::new(), 0_u32);
        loop {
            let message = listener.message().expect("the end should be told");
            if message.name == DONE {
                assert_eq!(message.data, tokens.to_string());
                break;
            }
            said += &message.data;
            tokens += 1;
            assert!(asked.elapsed() >= pause * tokens);
        }
        assert_eq!(said, chatbot::answer(question));
        assert!(tokens > 5);
        assert_eq!(listener.message(), None);
    }
    server.stop();
}

#[test]
fn a_stop_lets_an_answer_come_to_its_end() {
    let server = server(Duration::from_millis(5));
    let mut listener = Listener::ask(server.address, "POST /ask", "", "What is a socket?");
    listener.head();
    let first = listener.message().unwrap();
    server.stop.stop();
    let mut said = first.data;
    loop {
        let message = listener.message().expect("the end should be told");
        if message.name == DONE {
            break;
        }
        said += &message.data;
    }
    assert_eq!(said, chatbot::answer("What is a socket?"));
    assert_eq!(listener.message(), None);
    assert_eq!(server.stop(), 0);
}

#[test]
fn each_token_is_a_chunk() {
    let server = server(Duration::from_millis(1));
    let mut listener = Listener::ask(server.address, "POST /ask", "Connection: close\r\n", "hi");
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut listener.stream, &mut bytes).unwrap();
    let body = String::from_utf8(bytes).unwrap();
    let (_, body) = body.split_once("\r\n\r\n").unwrap();
    let tokens = chatbot::answer("hi").split_inclusive([' ', '\n']).count();
    // In each chunk two line ends: behind its size, and behind itself. Then the last one.
    assert_eq!(body.matches("\r\n").count(), 2 * (tokens + 1) + 2);
    assert!(body.starts_with("f\r\ndata: Hello. \n\n\r\n"), "{body:?}");
    assert!(body.ends_with("\n\n\r\n0\r\n\r\n"), "{body:?}");
    drop(listener); // The server waits for our end.
    server.stop();
}

#[test]
fn what_the_chatbot_knows() {
    let known = ["socket", "stream", "hello", "who", "개구리"].map(chatbot::answer);
    for (number, answer) in known.iter().enumerate() {
        assert!(!known[..number].contains(answer), "twice: {answer}");
    }
    for (one, other) in [
        ("What is a SOCKET?", "소켓이 뭔가요?"),
        ("Hi!", "안녕하세요"),
        ("why tokens", "토큰은 왜"),
        ("history of the whole", "xyz"),
        ("shilling, chip", "xyz"), // A word begins with it, or does not.
    ] {
        assert_eq!(
            chatbot::answer(one),
            chatbot::answer(other),
            "{one} {other}"
        );
    }
    // The driver looks whether the client is gone after each token.
    assert!(PAUSE < Duration::from_secs(1));
}

#[test]
fn what_is_no_question() {
    let server = server(Duration::ZERO);
    let mut get = Listener::get(server.address, "/ask");
    let head = get.head();
    assert_eq!(head.status, Status::METHOD_NOT_ALLOWED);
    assert_eq!(head.field("allow"), Some("POST"));
    let long = "x".repeat(MAX_QUESTION);
    for (question, status) in [(long.clone(), Status::OK), (long + "x", Status(413))] {
        let mut listener = Listener::ask(server.address, "POST /ask", "", &question);
        assert_eq!(listener.head().status, status);
    }
    let mut listener = Listener::ask(
        server.address,
        "POST /ask",
        "Transfer-Encoding: chunked\r\n",
        "",
    );
    assert_eq!(listener.head().status, Status::BAD_REQUEST);
    drop(listener); // The server waits for our end.
    server.stop();
}

/// What is not UTF-8 is no question, and the connection goes on.
#[test]
fn bytes_are_no_question() {
    use std::io::Write;

    let server = server(Duration::ZERO);
    let mut stream = crate::programs::connect(server.address);
    let head = b"POST /ask HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n\xec\x86";
    stream.write_all(head).unwrap();
    let mut listener = Listener {
        stream,
        reply: http::Reply::new(u64::MAX),
        decoder: streaming::sse::Decoder::new(MAX_EVENT),
    };
    assert_eq!(listener.head().status, Status::BAD_REQUEST);
    server.stop();
}

/// A stream that makes nothing until it is told to.
struct Told(Receiver<&'static [u8]>);

impl Stream for Told {
    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        // Between two looks, the server looks whether the client is gone. The head leaves with the first.
        match self.0.recv_timeout(Duration::from_millis(10)) {
            Ok(b"broken") => Err(ErrorKind::Other.into()),
            Ok(bytes) => Ok(Some(bytes.to_vec())),
            Err(RecvTimeoutError::Timeout) => Ok(Some(Vec::new())),
            Err(RecvTimeoutError::Disconnected) => Ok(None),
        }
    }
}

fn told() -> (mpsc::Sender<&'static [u8]>, Server) {
    let (tell, receiver) = mpsc::channel();
    let receiver = Mutex::new(Some(receiver));
    let server = serving(move |_, _, _| match receiver.lock().unwrap().take() {
        Some(receiver) => Response {
            status: Status::OK,
            fields: vec![("Content-Type", "text/event-stream".to_string())],
            body: Body::Stream(Box::new(Told(receiver))),
        },
        None => Response::plain(Status(500)),
    });
    (tell, server)
}

/// The first chunk is in the client's hands before the second one exists.
#[test]
fn each_chunk_leaves_before_the_next_is_made() {
    let (tell, server) = told();
    let mut listener = Listener::get(server.address, "/");
    listener.head();
    for chunk in [b"a".as_slice(), b"bc", b"def", &[b'x'; 5000]] {
        tell.send(chunk).unwrap();
        let mut come = Vec::new();
        while come.len() < chunk.len() {
            come.extend(listener.piece().unwrap());
        }
        assert_eq!(come, chunk);
    }
    tell.send(b"").unwrap(); // No chunk: that would be the last one.
    tell.send(b"g").unwrap();
    assert_eq!(listener.piece().unwrap(), b"g");
    drop(tell);
    assert_eq!(listener.piece(), None);
    server.stop();
}

/// A follower counts an event when it is taken, and not when the stream broke inside of the next one.
#[test]
fn a_follower_keeps_what_is_complete() {
    let (tell, server) = told();
    for bytes in [
        b"id: 1\ndata: a\n\nid: 2\nda".as_slice(),
        b"ta: b\n\nretry: 7\nid: 3\ndata: c\n",
        b"broken",
    ] {
        tell.send(bytes).unwrap();
    }
    let mut follower = Follower::new("");
    let mut taken = Vec::new();
    let error = follower
        .follow(server.address, "/", DEADLINE, |message| {
            taken.push(message.data);
            Ok(())
        })
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData); // The response has no end.
    assert_eq!(taken, ["a", "b"]);
    assert_eq!(follower.last_id(), "2");
    assert_eq!(follower.retry(), Duration::from_millis(7));
    // Now the server is busy: ask again later.
    let busy = follower.follow(server.address, "/", DEADLINE, |_| Ok(()));
    assert_eq!(busy.unwrap_err().kind(), ErrorKind::Other);
    server.stop();
}

/// What `take` could not use is not taken, and comes again.
#[test]
fn a_follower_that_fails_is_told_again() {
    let (tell, server) = told();
    tell.send(b"id: 1\ndata: a\n\nid: 2\ndata: b\n\n").unwrap();
    let mut follower = Follower::new("");
    let outcome = follower.follow(server.address, "/", DEADLINE, |message| {
        match message.id.as_str() {
            "1" => Ok(()),
            _ => Err(ErrorKind::StorageFull.into()),
        }
    });
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::StorageFull);
    assert_eq!(follower.last_id(), "1");
    drop(tell);
    server.stop();
}

#[test]
fn a_follower_does_not_take_everything_for_events() {
    for (status, content_type, kind) in [
        (200, "text/html", ErrorKind::InvalidInput),
        (204, "text/event-stream", ErrorKind::InvalidInput),
        (404, "text/plain", ErrorKind::InvalidInput),
        (429, "text/plain", ErrorKind::Other),
        (503, "text/plain", ErrorKind::Other),
    ] {
        let server =
            serving(move |_, _, _| Response::new(Status(status), content_type, "data: a\n\n"));
        let mut follower = Follower::new("7");
        let outcome = follower.follow(server.address, "/", DEADLINE, |_| panic!("no event"));
        assert_eq!(outcome.unwrap_err().kind(), kind, "{status} {content_type}");
        assert_eq!(follower.last_id(), "7");
        server.stop();
    }
    for content_type in ["text/event-stream", "Text/Event-Stream; charset=utf-8"] {
        let server = serving(move |_, _, _| Response::new(Status::OK, content_type, "data: a\n\n"));
        let mut count = 0;
        let outcome = Follower::new("").follow(server.address, "/", DEADLINE, |_| {
            count += 1;
            Ok(())
        });
        outcome.unwrap();
        assert_eq!(count, 1);
        server.stop();
    }
}

/// What would be more than one request is none.
#[test]
fn a_follower_asks_for_one_thing() {
    let (tell, server) = told();
    for (last_id, path) in [
        ("1\r\nX: y", "/"),
        ("1\nX: y", "/"),
        ("1", "/ HTTP/1.1\r\n"),
        ("1", ""),
    ] {
        let outcome = Follower::new(last_id).follow(server.address, path, DEADLINE, |_| Ok(()));
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::InvalidInput);
    }
    drop(tell);
    server.stop();
}

/// A server that says nothing, not even that it is there, is given up.
#[test]
fn a_follower_is_not_patient_for_ever() {
    let (tell, server) = told();
    let silence = Duration::from_millis(50);
    let outcome = Follower::new("").follow(server.address, "/", silence, |_| Ok(()));
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::TimedOut);
    drop(tell);
    server.stop();
}

/// An event without an end takes no memory without an end.
#[test]
fn a_follower_has_a_limit() {
    let (tell, server) = told();
    for _ in 0..MAX_EVENT / 5000 + 1 {
        tell.send(&[b'x'; 5000]).unwrap();
    }
    let outcome = Follower::new("").follow(server.address, "/", DEADLINE, |_| Ok(()));
    let error = outcome.unwrap_err();
    assert_eq!(error.to_string(), "an event is too long");
    drop(tell);
    server.stop();
}
