//! What a server says, to good and to bad questions.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::thread;
use std::time::Duration;

use polling::{Feed, GONE, MAX_SEATS, MAX_TEXT};

use crate::Server;
use crate::programs::{DEADLINE, connect, reset};
use crate::server::eventually;

/// What all of a response is, for a request without a body.
fn ask(address: SocketAddr, method: &str, target: &str) -> String {
    send(address, method, target, b"")
}

fn send(address: SocketAddr, method: &str, target: &str, body: &[u8]) -> String {
    let mut stream = connect(address);
    let length = body.len();
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8(answer).unwrap()
}

/// Status and body.
#[track_caller]
fn parts(answer: &str) -> (u16, &str) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body)
}

fn feed(count: usize, kept: usize) -> Feed {
    let feed = Feed::in_memory(kept);
    for number in 1..=count {
        feed.publish(&format!("event {number}")).unwrap();
    }
    feed
}

#[test]
fn both_ways_answer_the_same_when_there_is_something_to_say() {
    let server = Server::start(feed(3, 2), DEADLINE);
    let two_and_three = concat!(
        r#"{"cursor":3,"events":[{"id":2,"text":"event 2"},"#,
        r#"{"id":3,"text":"event 3"}]}"#
    );
    let missed = r#"{"cursor":1,"events":[]}"#;
    for way in ["/poll", "/longpoll"] {
        let answer = |query: &str| ask(server.address, "GET", &format!("{way}{query}"));
        assert_eq!(parts(&answer("?since=1")), (200, two_and_three));
        assert_eq!(parts(&answer("?a=b&since=1&c")), (200, two_and_three));
        assert_eq!(parts(&answer("?since=0001")), (200, two_and_three));
        assert!(answer("?since=1").contains("\r\nCache-Control: no-store\r\n"));
        // Without a cursor it says where the feed is, and does not wait.
        let now = (200, r#"{"cursor":3,"events":[]}"#);
        assert_eq!(parts(&answer("")), now);
        assert_eq!(parts(&answer("?")), now);
        assert_eq!(parts(&answer("?until=9")), now);
        // Too old, and from another life.
        for cursor in [0, 4, u64::MAX] {
            let answer = answer(&format!("?since={cursor}"));
            assert_eq!(parts(&answer), (GONE.0, missed));
            assert!(answer.starts_with("HTTP/1.1 410 Gone\r\n"));
            assert!(answer.contains("\r\nCache-Control: no-store\r\n"));
        }
        for bad in [
            "",
            "x",
            "-1",
            "+1",
            "1.0",
            "%31",
            "18446744073709551616",
            "1&since=1",
        ] {
            let answer = answer(&format!("?since={bad}"));
            let (status, sentence) = parts(&answer);
            assert_eq!(status, 400, "{bad}");
            assert!(sentence.contains("since=0"), "{sentence}");
        }
        let refused = send(server.address, "POST", &format!("{way}?since=1"), b"x");
        assert_eq!(parts(&refused).0, 405);
        assert!(refused.contains("\r\nAllow: GET, HEAD\r\n"));
        // The head of the answer to a GET, and no more.
        let head = ask(server.address, "HEAD", &format!("{way}?since=1"));
        let length = format!("\r\nContent-Length: {}\r\n", two_and_three.len());
        assert_eq!(parts(&head), (200, ""));
        assert!(head.contains(&length), "{head}");
    }
    assert_eq!(server.feed.seated(), 0);
    assert_eq!(server.stop(), 0);
}

#[test]
fn a_batch_has_a_limit_and_its_cursor_goes_on() {
    let server = Server::start(feed(250, 1_000), DEADLINE);
    let mut cursor = 0;
    for expected in [100, 200, 250] {
        let answer = ask(server.address, "GET", &format!("/poll?since={cursor}"));
        let (_, body) = parts(&answer);
        let batch: polling::Batch = serde_json::from_str(body).unwrap();
        assert_eq!(batch.cursor, expected);
        assert_eq!(batch.events.len() as u64, expected - cursor);
        cursor = batch.cursor;
    }
    assert_eq!(server.stop(), 0);
}

#[test]
fn a_long_poll_is_held_until_something_happens() {
    let server = Server::start(feed(1, 10), DEADLINE);
    thread::scope(|scope| {
        let asking = scope.spawn(|| ask(server.address, "GET", "/longpoll?since=1"));
        eventually("it should wait", || server.feed.seated() == 1);
        let said = send(server.address, "POST", "/say", "둘".as_bytes());
        assert_eq!(parts(&said), (200, r#"{"id":2}"#));
        let answer = asking.join().unwrap();
        let batch = r#"{"cursor":2,"events":[{"id":2,"text":"둘"}]}"#;
        assert_eq!(parts(&answer), (200, batch));
    });
    eventually("its seat should be free", || server.feed.seated() == 0);
    assert_eq!(server.stop(), 0);
}

#[test]
fn a_long_poll_ends_without_events_when_nothing_happens() {
    let server = Server::start(feed(1, 10), Duration::from_millis(20));
    let answer = ask(server.address, "GET", "/longpoll?since=1");
    assert_eq!(parts(&answer), (200, r#"{"cursor":1,"events":[]}"#));
    assert_eq!(server.stop(), 0);
}

#[test]
fn a_server_that_stops_answers_those_who_wait() {
    let server = Server::start(feed(1, 10), DEADLINE);
    let address = server.address;
    let asking = thread::spawn(move || ask(address, "GET", "/longpoll?since=1"));
    eventually("it should wait", || server.feed.seated() == 1);
    assert_eq!(server.stop(), 0);
    let answer = asking.join().unwrap();
    assert_eq!(parts(&answer), (200, r#"{"cursor":1,"events":[]}"#));
}

#[test]
fn a_client_that_goes_gives_its_seat_back() {
    // Held for longer than this test waits for anything.
    let server = Server::start(feed(1, 10), 10 * DEADLINE);
    let request = b"GET /longpoll?since=1 HTTP/1.1\r\nHost: x\r\n\r\n";
    for way in 0..3 {
        let mut stream = connect(server.address);
        stream.write_all(request).unwrap();
        eventually("it should wait", || server.feed.seated() == 1);
        match way {
            0 => drop(stream),
            1 => reset(stream),
            // It may have gone, or have ended its side only: it gets an answer.
            _ => {
                stream.shutdown(Shutdown::Write).unwrap();
                let mut answer = String::new();
                stream.read_to_string(&mut answer).unwrap();
                assert_eq!(parts(&answer), (200, r#"{"cursor":1,"events":[]}"#));
            }
        }
        eventually("its seat should be free", || server.feed.seated() == 0);
    }
    assert_eq!(server.stop(), 0);
}

#[test]
fn too_many_who_wait_are_told_so() {
    let server = Server::start(feed(1, 10), DEADLINE);
    let seats: Vec<_> = (0..MAX_SEATS)
        .map(|_| server.feed.take_seat().unwrap())
        .collect();
    let answer = ask(server.address, "GET", "/longpoll?since=1");
    assert_eq!(parts(&answer), (503, "too many are waiting\n"));
    assert!(answer.contains("\r\nRetry-After: 1\r\n"));
    // Who asks without waiting, and who says something, is served.
    let answer = ask(server.address, "GET", "/poll?since=1");
    assert_eq!(parts(&answer).0, 200);
    let answer = send(server.address, "POST", "/say", b"x");
    assert_eq!(parts(&answer).0, 200);
    drop(seats);
    let answer = ask(server.address, "GET", "/longpoll?since=1");
    assert_eq!(parts(&answer).0, 200);
    assert_eq!(server.stop(), 0);
}

#[test]
fn what_is_said_must_be_text_and_not_too_long() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events");
    let server = Server::start(Feed::open(&path, 2).unwrap(), DEADLINE);
    let say = |body: &[u8]| send(server.address, "POST", "/say", body);
    assert_eq!(parts(&say(b"")), (200, r#"{"id":1}"#));
    assert_eq!(parts(&say(&[b'x'; MAX_TEXT])), (200, r#"{"id":2}"#));
    assert_eq!(parts(&say(&[b'x'; MAX_TEXT + 1])).0, 413);
    assert_eq!(parts(&say(b"\xff")).0, 400);
    for method in ["GET", "HEAD", "PUT", "post"] {
        let refused = ask(server.address, method, "/say");
        assert_eq!(parts(&refused).0, 405);
        assert!(refused.contains("\r\nAllow: POST\r\n"));
    }
    // Whatever a text has in it, it comes back as it was. With a byte of text as six of JSON, too.
    let strange = "\u{1}".repeat(MAX_TEXT);
    say(strange.as_bytes());
    say("\"\\\u{2028}\r\n".as_bytes());
    let answer = ask(server.address, "GET", "/poll?since=2");
    let (_, body) = parts(&answer);
    let batch: polling::Batch = serde_json::from_str(body).unwrap();
    assert_eq!(*batch.events[0].text, strange);
    assert_eq!(*batch.events[1].text, *"\"\\\u{2028}\r\n");
    // A journal that cannot be written: the poster is told, and nobody hears of it.
    std::fs::create_dir(folder.path().join("events.new")).unwrap();
    let lost = say(b"lost");
    let (status, sentence) = parts(&lost);
    assert_eq!(status, 500);
    assert!(sentence.starts_with("the event is lost: "), "{sentence}");
    assert_eq!(server.feed.last(), 4);
    assert_eq!(server.stop(), 0);
}
