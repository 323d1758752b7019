//! The client's side: its cursor, its waits, and servers that answer badly.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::Duration;

use polling::{Asked, Backoff, Batch, Cursor, Event, Feed, MAX_TEXT, ask};

use crate::programs::{ANY_PORT, DEADLINE};
use crate::{Server, ids};

fn batch(numbers: &[u64]) -> Batch {
    let event = |id: &u64| Event {
        id: *id,
        text: "x".into(),
    };
    Batch {
        cursor: 0,
        events: numbers.iter().map(event).collect(),
    }
}

#[test]
fn a_cursor_takes_each_event_once() {
    let mut cursor = Cursor::after(3);
    assert!(cursor.take(batch(&[])).is_empty());
    assert_eq!(ids(&cursor.take(batch(&[2, 3, 4, 5]))), [4, 5]);
    assert_eq!(ids(&cursor.take(batch(&[4, 5, 6]))), [6]);
    // Of a server that has lost its mind.
    assert_eq!(ids(&cursor.take(batch(&[9, 9, 7, 8, 10]))), [9, 10]);
    assert!(cursor.take(batch(&[7, 8])).is_empty());
    assert_eq!(cursor.last(), 10);
    // Numbers of events that were not for this client: it need not ask for them again.
    let behind = Batch {
        cursor: 20,
        ..batch(&[12])
    };
    assert_eq!(ids(&cursor.take(behind)), [12]);
    assert_eq!(cursor.last(), 20);
    cursor.skip_to(2);
    assert_eq!(ids(&cursor.take(batch(&[3]))), [3]);
    assert_eq!(Cursor::default(), Cursor::after(0));
}

#[test]
fn waits_grow_up_to_a_limit_and_begin_anew_after_a_success() {
    for seed in 0..200 {
        let (mut backoff, mut same) = (Backoff::new(seed), Backoff::new(seed));
        for _ in 0..2 {
            let mut longest = Backoff::FIRST;
            for _ in 0..100 {
                let wait = backoff.failed();
                assert!(wait <= longest, "{wait:?}");
                assert_eq!(same.failed(), wait);
                longest = (longest * 2).min(Backoff::LONGEST);
            }
            backoff.succeeded();
            same.succeeded();
        }
        let usual = Duration::from_secs(1);
        let wait = backoff.jittered(usual);
        assert!((usual / 2..usual * 3 / 2).contains(&wait), "{wait:?}");
    }
    // A thousand clients that failed together come back at a thousand moments.
    let mut waits: Vec<_> = (0..1_000).map(|seed| Backoff::new(seed).failed()).collect();
    waits.sort_unstable();
    waits.dedup();
    assert_eq!(waits.len(), 1_000);
    assert!(waits[0] < Backoff::FIRST / 10 && waits[999] > Backoff::FIRST * 9 / 10);
}

#[test]
fn a_server_is_asked() {
    let feed = Feed::in_memory(2);
    for text in ["a", "b", "c"] {
        feed.publish(text).unwrap();
    }
    let server = Server::start(feed, DEADLINE);
    let asked = |path, cursor| ask(server.address, path, cursor, DEADLINE);
    let Asked::Batch(batch) = asked("/longpoll", Cursor::after(1)).unwrap() else {
        panic!("these are there");
    };
    assert_eq!((batch.cursor, ids(&batch.events)), (3, vec![2, 3]));
    let missed = asked("/poll", Cursor::default()).unwrap();
    assert_eq!(missed, Asked::Missed(1));
    let error = asked("/nothing", Cursor::default()).unwrap_err();
    assert!(error.to_string().contains("404 Not Found"), "{error}");
    assert_eq!(server.stop(), 0);
}

#[test]
fn the_longest_answer_of_a_server_is_not_too_long() {
    let feed = Feed::in_memory(200);
    for _ in 0..99 {
        feed.publish("\u{1}").unwrap();
    }
    for _ in 0..6 {
        feed.publish(&"\u{1}".repeat(MAX_TEXT)).unwrap();
    }
    let server = Server::start(feed, DEADLINE);
    let mut cursor = Cursor::default();
    while cursor.last() < 105 {
        let Asked::Batch(batch) = ask(server.address, "/poll", cursor, DEADLINE).unwrap() else {
            panic!("all are there");
        };
        assert!(!cursor.take(batch).is_empty());
    }
    assert_eq!(server.stop(), 0);
}

/// Answers one client with `answer`, when the request is there.
fn answering(answer: String) -> SocketAddr {
    let listener = TcpListener::bind(ANY_PORT).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            client.read_exact(&mut byte).unwrap();
            request.extend(byte);
        }
        let _ = client.write_all(answer.as_bytes());
        // For a test of patience it goes on.
        let _ = client.read(&mut [0]);
    });
    address
}

#[test]
fn bad_answers_are_errors() {
    let good = r#"{"cursor":1,"events":[{"id":1,"text":"x"}]}"#;
    let with = |status: &str, length: u64, body: &str| {
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{body}");
        ask(answering(answer), "/x", Cursor::default(), DEADLINE)
    };
    let length = good.len() as u64;
    assert!(with("200 OK", length, good).is_ok());
    let kind = |status, body: &str| {
        let error = with(status, body.len() as u64, body).unwrap_err();
        error.kind()
    };
    for body in ["", "[]", "{}", "null", &good[..length as usize - 1], "<p>"] {
        assert_eq!(kind("200 OK", body), ErrorKind::InvalidData);
        assert_eq!(kind("410 Gone", body), ErrorKind::InvalidData);
    }
    assert_eq!(kind("204 No Content", ""), ErrorKind::Other);
    assert_eq!(kind("301 Moved Permanently", good), ErrorKind::Other);
    assert_eq!(kind("503 Service Unavailable", "no"), ErrorKind::Other);
    // Too long to be believed.
    let error = with("200 OK", 1 << 40, "").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData);
    // A part of an answer, and then silence.
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{{");
    let patience = Duration::from_millis(50);
    let error = ask(answering(answer), "/x", Cursor::default(), patience).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}
