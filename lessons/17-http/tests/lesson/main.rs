//! Lesson 17 from the outside: what its core makes of every cut of every request, good and bad; its two
//! servers; its files; its programs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in a test, a panic is the verdict"
)]

#[path = "../../../01-first-socket/tests/lesson/programs.rs"]
#[allow(dead_code, reason = "these servers end well when Ctrl-C asks them to")]
mod programs;

mod files;
mod fuzz;
mod refusals;
mod replies;
mod requests;
mod server;
mod servers;
mod sessions;
mod transcripts;
mod wire;

use http::{Connection, Event, Length, MAX_BODY, Status, Version};

const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// What a request looked like, once it was complete.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Asked {
    line: String,
    fields: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

/// All that a connection made of some bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Run {
    asked: Vec<Asked>,
    refused: Option<u16>,
    /// The client's stream ended between two requests.
    ended: bool,
    /// What was sent.
    sent: Vec<u8>,
    is_over: bool,
}

/// Gives `pieces` to a connection, answers each request with its own body, and ends the stream.
fn run<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Run {
    let mut run = Run {
        asked: Vec::new(),
        refused: None,
        ended: false,
        sent: Vec::new(),
        is_over: false,
    };
    let mut connection = Connection::new(MAX_BODY);
    connection.set_date("Sun, 06 Nov 1994 08:49:37 GMT");
    let mut request: Option<Asked> = None;
    let mut pieces = pieces.into_iter();
    loop {
        let piece = pieces.next();
        match piece {
            Some(bytes) => connection.receive_data(bytes),
            None => connection.receive_end(),
        }
        // Each event takes at least a byte, or ends something.
        let mut left = 2 * connection.buffered() + 8;
        loop {
            left = left
                .checked_sub(1)
                .expect("next_event goes round in circles");
            match connection.next_event() {
                Ok(Some(Event::Request(head))) => {
                    let version = match head.version() {
                        Version::Http10 => "1.0",
                        Version::Http11 => "1.1",
                    };
                    assert!(connection.owes_response());
                    request = Some(Asked {
                        line: format!("{} {} {version}", head.method(), head.target()),
                        fields: head
                            .fields()
                            .map(|(name, value)| (name.to_string(), value.to_vec()))
                            .collect(),
                        body: Vec::new(),
                    });
                }
                Ok(Some(Event::Body(bytes))) => {
                    assert!(!bytes.is_empty());
                    request.as_mut().unwrap().body.extend(bytes);
                }
                Ok(Some(Event::RequestEnd)) => {
                    let asked = request.take().unwrap();
                    connection.respond(Status::OK, &[("X-Answer", "yes")], &asked.body);
                    run.asked.push(asked);
                }
                Ok(Some(Event::End)) => run.ended = true,
                Ok(None) => break,
                Err(refused) => {
                    assert_eq!(run.refused, None);
                    run.refused = Some(refused.status.0);
                    connection.refuse(refused);
                }
            }
        }
        // Whether a body has to be asked for depends on the cut, and so does this line.
        let sent = connection.data_to_send();
        run.sent.extend(sent.strip_suffix(CONTINUE).unwrap_or(sent));
        connection.data_sent(connection.data_to_send().len());
        if piece.is_none() {
            run.is_over = connection.is_over();
            return run;
        }
    }
}

/// The same in one piece, in every two pieces, and byte by byte. Whatever the cut, it is the same.
#[track_caller]
fn run_every_cut(bytes: &[u8]) -> Run {
    let whole = run([bytes]);
    assert_eq!(
        run(bytes.chunks(1)),
        whole,
        "byte by byte: {}",
        bytes.escape_ascii()
    );
    for at in 1..bytes.len() {
        let (first, second) = bytes.split_at(at);
        assert_eq!(
            run([first, second]),
            whole,
            "cut at {at}: {}",
            bytes.escape_ascii()
        );
    }
    whole
}

/// A response with a body of a length that nobody knows.
fn respond_in_chunks(connection: &mut Connection, chunks: &[&[u8]]) {
    connection.send_head(Status::OK, &[], Length::Unknown);
    for chunk in chunks {
        connection.send_body(chunk);
    }
    connection.send_end();
}
