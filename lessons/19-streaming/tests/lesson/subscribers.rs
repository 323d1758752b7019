//! Who listens, and how the server bears it.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use http::{PIECE, Status};
use polling::{Feed, MAX_SEATS, MAX_TEXT};
use streaming::{MISSED, RETRY, subscribe, subscribe_with};

use crate::programs::reset;
use crate::server::{Server, eventually};
use crate::{Listener, serving};

/// Events that are kept in most tests.
const KEPT: usize = 100;

fn server(feed: &Feed) -> Server {
    let feed = feed.clone();
    serving(move |request, _, _| subscribe(&feed, request))
}

/// A feed with so many events: `event 1`, `event 2`, and so on.
fn feed_with(events: u64) -> Feed {
    let feed = Feed::in_memory(KEPT);
    for id in 1..=events {
        assert_eq!(feed.publish(&format!("event {id}")).unwrap(), id);
    }
    feed
}

#[test]
fn what_a_subscriber_is_told_first() {
    let feed = feed_with(3);
    let server = server(&feed);
    let mut listener = Listener::get(server.address, "/events");
    let head = listener.head();
    assert_eq!(head.status, Status::OK);
    assert_eq!(head.field("content-type"), Some("text/event-stream"));
    assert_eq!(head.field("cache-control"), Some("no-store"));
    assert_eq!(head.field("transfer-encoding"), Some("chunked"));
    // Nothing has happened, and yet a client that is cut off now knows where it was.
    let first = String::from_utf8(listener.piece().unwrap()).unwrap();
    assert_eq!(first, "retry: 1000\n\nid: 3\n\n");
    assert_eq!(RETRY, Duration::from_secs(1));
    server.stop();
}

/// Each event is here before the next one is made. A server that gathers them would wait for ever.
#[test]
fn each_event_leaves_at_once() {
    let feed = Feed::in_memory(KEPT);
    let server = server(&feed);
    let mut listeners: Vec<Listener> = (0..3)
        .map(|_| Listener::get(server.address, "/events"))
        .collect();
    for listener in &mut listeners {
        listener.head();
    }
    eventually("all should listen", || feed.seated() == 3);
    for id in 1..=50 {
        assert_eq!(feed.publish(&format!("event\n{id}")).unwrap(), id);
        for listener in &mut listeners {
            assert_eq!(listener.event(), (id, format!("event\n{id}")));
        }
    }
    server.stop();
}

#[test]
fn where_a_subscriber_goes_on() {
    let feed = feed_with(5);
    let server = server(&feed);
    let table = [
        ("/events?since=0", "", 1),
        ("/events?since=3", "", 4),
        ("/events?a=b&since=3", "", 4),
        ("/events", "Last-Event-ID: 4\r\n", 5),
        // The address is from the beginning; the field tells what has come since.
        ("/events?since=1", "Last-Event-ID: 4\r\n", 5),
        ("/events?since=5", "last-event-id: 0\r\n", 1),
    ];
    for (target, fields, first) in table {
        let mut listener = Listener::ask(server.address, &format!("GET {target}"), fields, "");
        listener.head();
        for id in first..=5 {
            assert_eq!(
                listener.event(),
                (id, format!("event {id}")),
                "{target} {fields}"
            );
        }
    }
    server.stop();
}

#[test]
fn who_asks_wrongly_is_told_so() {
    let feed = feed_with(5);
    let server = server(&feed);
    for (target, fields) in [
        ("/events?since=", ""),
        ("/events?since=+1", ""),
        ("/events?since=-1", ""),
        ("/events?since=one", ""),
        ("/events?since=18446744073709551616", ""),
        ("/events", "Last-Event-ID: +1\r\n"),
        ("/events", "Last-Event-ID: 1, 2\r\n"),
        ("/events?since=1", "Last-Event-ID: \u{c18c}\u{cf13}\r\n"),
    ] {
        let mut listener = Listener::ask(server.address, &format!("GET {target}"), fields, "");
        assert_eq!(
            listener.head().status,
            Status::BAD_REQUEST,
            "{target} {fields}"
        );
        assert!(listener.rest().contains("the number of the last event"));
    }
    let mut post = Listener::ask(server.address, "POST /events", "", "hello");
    let head = post.head();
    assert_eq!(head.status, Status::METHOD_NOT_ALLOWED);
    assert_eq!(head.field("allow"), Some("GET, HEAD"));
    assert_eq!(feed.seated(), 0);
    server.stop();
}

#[test]
fn a_head_request_gets_a_head_and_takes_no_seat() {
    let feed = feed_with(1);
    let server = server(&feed);
    let mut listener = Listener::ask(server.address, "HEAD /events", "", "");
    let head = listener.head();
    assert_eq!(head.status, Status::OK);
    assert_eq!(head.field("content-type"), Some("text/event-stream"));
    drop(listener);
    assert_eq!(server.ended().unwrap(), 1);
    assert_eq!(feed.seated(), 0);
    server.stop();
}

/// An old client that knows no chunks gets events, too. They end with the connection.
#[test]
fn http_1_0() {
    let feed = feed_with(2);
    let server = server(&feed);
    let mut stream = crate::programs::connect(server.address);
    stream
        .write_all(b"GET /events?since=0 HTTP/1.0\r\n\r\n")
        .unwrap();
    eventually("it should listen", || feed.seated() == 1);
    feed.close();
    let mut bytes = String::new();
    stream.read_to_string(&mut bytes).unwrap();
    let (head, body) = bytes.split_once("\r\n\r\n").unwrap();
    assert!(
        !head.contains("chunked") && head.contains("Connection: close"),
        "{head}"
    );
    assert!(
        body.ends_with("id: 1\ndata: event 1\n\nid: 2\ndata: event 2\n\n"),
        "{body}"
    );
    drop(stream);
    server.stop();
}

/// Who was away for too long, or comes from a server that has forgotten everything, hears of it: an event
/// with a name of its own, and the number that lets it go on.
#[test]
fn who_has_missed_events_is_told_so() {
    let feed = feed_with(KEPT as u64 + 10);
    let server = server(&feed);
    for cursor in ["0", "9", "111", "18446744073709551615"] {
        let target = format!("GET /events?since={cursor}");
        let mut listener = Listener::ask(server.address, &target, "", "");
        listener.head();
        let missed = listener.message().unwrap();
        assert_eq!((missed.name.as_str(), missed.data.as_str()), (MISSED, "11"));
        assert_eq!(missed.id, "10");
        for id in 11..=110 {
            assert_eq!(listener.event().0, id);
        }
    }
    let mut listener = Listener::get(server.address, "/events?since=10");
    listener.head();
    assert_eq!(listener.event().0, 11);
    server.stop();
}

#[test]
fn subscribers_are_bounded() {
    let feed = feed_with(1);
    let server = server(&feed);
    let mut seats: Vec<_> = (0..MAX_SEATS).map(|_| feed.take_seat().unwrap()).collect();
    for request in ["GET /events", "HEAD /events"] {
        let mut listener = Listener::ask(server.address, request, "", "");
        let head = listener.head();
        assert_eq!(head.status, Status::SERVICE_UNAVAILABLE);
        assert_eq!(head.field("retry-after"), Some("1"));
    }
    seats.pop();
    let mut listener = Listener::get(server.address, "/events?since=0");
    assert_eq!(listener.head().status, Status::OK);
    assert_eq!(listener.event().0, 1);
    assert_eq!(feed.seated(), MAX_SEATS);
    server.stop();
}

#[test]
fn seats_come_back_when_clients_go() {
    const CLIENTS: usize = 60;
    let feed = feed_with(1);
    let server = server(&feed);
    let mut listeners: Vec<Listener> = (0..CLIENTS)
        .map(|_| Listener::get(server.address, "/events"))
        .collect();
    eventually("all should have seats", || feed.seated() == CLIENTS);
    for (number, mut listener) in listeners.drain(..).enumerate() {
        match number % 3 {
            0 => reset(listener.stream),
            1 => {
                // All that came was read: the kernel says goodbye with a FIN.
                listener.head();
                listener.piece();
            }
            _ => {} // Something is unread: the kernel says goodbye with a reset.
        }
    }
    eventually("all seats should be free", || feed.seated() == 0);
    server.stop();
}

/// A subscriber that reads nothing holds up nobody, and costs a cursor. What it is too slow for, it misses,
/// and is told so; what it gets is in order.
#[test]
fn a_slow_subscriber_costs_no_memory() {
    const EVENTS: u64 = 600;
    let feed = Feed::in_memory(KEPT);
    let server = server(&feed);
    let mut slow = Listener::get(server.address, "/events");
    slow.head();
    let mut quick = Listener::get(server.address, "/events");
    quick.head();
    eventually("both should listen", || feed.seated() == 2);
    for id in 1..=EVENTS {
        let text = id.to_string() + &"x".repeat(MAX_TEXT - 10);
        feed.publish(&text).unwrap();
        // 10 MB went by, far more than the buffers of the kernel hold.
        assert_eq!(quick.event().0, id);
    }
    let (mut last, mut missed) = (0, 0);
    while last < EVENTS {
        let message = slow.message().unwrap();
        let id: u64 = message.id.parse().unwrap();
        match message.name.as_str() {
            MISSED => {
                assert!(id > last, "{id} after {last}");
                assert_eq!(message.data, (id + 1).to_string());
                missed += id - last;
            }
            _ => {
                assert_eq!(id, last + 1);
                assert!(message.data.starts_with(&format!("{id}x")));
            }
        }
        last = id;
    }
    assert!(
        missed >= 300,
        "it missed {missed}: somebody kept the rest for it"
    );
    server.stop();
}

/// Of a hundred large events, only a few are in memory for each subscriber.
#[test]
fn a_piece_is_bounded() {
    let feed = Feed::in_memory(KEPT);
    for _ in 0..KEPT {
        feed.publish(&"x".repeat(MAX_TEXT)).unwrap();
    }
    let server = server(&feed);
    let mut listener = Listener::get(server.address, "/events?since=0");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        listener.stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let mut chunks = Chunks::default();
    let mut buffer = vec![0; 1 << 20];
    while chunks.data < KEPT * MAX_TEXT {
        match listener.stream.read(&mut buffer).unwrap() {
            0 => panic!("it should go on"),
            count => chunks.read(&buffer[..count]),
        }
    }
    assert!(chunks.largest > MAX_TEXT);
    assert!(
        chunks.largest < PIECE + MAX_TEXT + 100,
        "a chunk of {}",
        chunks.largest
    );
    server.stop();
}

/// The sizes of the chunks in a body, read by the letter. `Reply` hides them, as it should.
#[derive(Default)]
struct Chunks {
    line: Vec<u8>,
    /// Of the chunk that is being received, with the line end behind it.
    left: usize,
    largest: usize,
    data: usize,
}

impl Chunks {
    fn read(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if self.left > 0 {
                self.left -= 1;
                continue;
            }
            self.line.push(*byte);
            if self.line.ends_with(b"\r\n") {
                let size = str::from_utf8(&self.line).unwrap().trim();
                let size = usize::from_str_radix(size, 16).unwrap();
                self.largest = self.largest.max(size);
                self.data += size;
                self.left = size + 2;
                self.line.clear();
            }
        }
    }
}

#[test]
fn silence_is_broken_by_comments() {
    const HEARTBEAT: Duration = Duration::from_millis(40);
    let feed = feed_with(1);
    let asked = feed.clone();
    let server = serving(move |request, _, _| subscribe_with(&asked, request, HEARTBEAT));
    let began = Instant::now();
    let mut listener = Listener::get(server.address, "/events");
    listener.head();
    listener.piece();
    for count in 1..=5 {
        assert_eq!(listener.piece().unwrap(), b":\n\n");
        assert!(began.elapsed() >= HEARTBEAT * count);
    }
    feed.publish("event 2").unwrap();
    assert_eq!(listener.event(), (2, "event 2".to_string()));
    feed.close(); // Its heart would beat on until the drain is over.
    server.stop();
}

/// The usual heart beats slowly: who hears an event hears no comment.
#[test]
fn who_hears_events_hears_no_comments() {
    let feed = Feed::in_memory(KEPT);
    let server = server(&feed);
    let mut listener = Listener::get(server.address, "/events");
    listener.head();
    listener.piece();
    for id in 1..=20 {
        feed.publish("event").unwrap();
        assert_eq!(
            listener.piece().unwrap(),
            format!("id: {id}\ndata: event\n\n").as_bytes()
        );
    }
    server.stop();
}

/// With its last chunk, and after all events.
#[test]
fn the_end_of_the_feed_is_the_end_of_each_response() {
    const CLIENTS: usize = 10;
    let feed = feed_with(0);
    let server = server(&feed);
    let mut listeners: Vec<Listener> = (0..CLIENTS)
        .map(|_| Listener::get(server.address, "/events"))
        .collect();
    for listener in &mut listeners {
        listener.head();
        listener.piece();
    }
    feed.publish("the last one").unwrap();
    for listener in &mut listeners {
        assert_eq!(listener.event(), (1, "the last one".to_string()));
    }
    feed.close();
    for listener in &mut listeners {
        assert_eq!(listener.message(), None);
    }
    eventually("all seats should be free", || feed.seated() == 0);
    assert_eq!(server.stop(), 0);
}
