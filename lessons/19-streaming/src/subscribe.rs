//! All events of a feed, in one response.

use std::io;
use std::time::{Duration, Instant};

use http::{Body, PIECE, Request, Response, Status, Stream};
use polling::{Feed, Missed, Seat};

use crate::sse;

/// How long a subscriber hears nothing before it hears a comment. Some proxies end a connection on which
/// nothing moves for a minute, and the server learns only by writing that a client is gone.
pub const HEARTBEAT: Duration = Duration::from_secs(15);

/// How long a browser waits before it connects anew.
pub const RETRY: Duration = Duration::from_secs(1);

/// The name of the event that says: some events are not there any more.
pub const MISSED: &str = "missed";

/// How long a wait for events may last before the server looks whether the client is gone. Policy, client
/// gone: its seat is free again after so long.
const LOOK: Duration = Duration::from_secs(1);

// ANCHOR: subscribe
/// Answers `GET` with the events behind the one in the field `Last-Event-ID`, or in the query's `since`, or
/// behind the last one, and then with each one that happens. Needs a server with a thread for each client.
///
/// An `EventSource` that gets something else than status 200 gives up for good: a page that wants to come
/// back after a 503 has to make a new one.
pub fn subscribe(feed: &Feed, request: &Request) -> Response {
    subscribe_with(feed, request, HEARTBEAT)
}

/// As [`subscribe`], with another time, not zero, after which a subscriber that hears nothing hears a comment.
pub fn subscribe_with(feed: &Feed, request: &Request, heartbeat: Duration) -> Response {
    if !matches!(request.method(), "GET" | "HEAD") {
        let response = Response::plain(Status::METHOD_NOT_ALLOWED);
        return response.with("Allow", "GET, HEAD");
    }
    let Some(cursor) = cursor(feed, request) else {
        let sentence = "Last-Event-ID, or since, is the number of the last event that you have\n";
        return Response::text(Status::BAD_REQUEST, sentence);
    };
    let Some(seat) = feed.take_seat() else {
        let response = Response::text(Status::SERVICE_UNAVAILABLE, "too many are waiting\n");
        return response.with("Retry-After", "1");
    };
    let subscriber = Subscriber {
        seat,
        cursor,
        heartbeat,
        said: None,
    };
    Response {
        status: Status::OK,
        fields: vec![
            ("Content-Type", "text/event-stream".to_string()),
            ("Cache-Control", "no-store".to_string()),
        ],
        body: Body::Stream(Box::new(subscriber)),
    }
}
// ANCHOR_END: subscribe

// ANCHOR: resume
/// Behind which event the client wants to go on; `None` when that is no number.
fn cursor(feed: &Feed, request: &Request) -> Option<u64> {
    // What the browser has seen since counts more than the address, which stays the same.
    let said = match request.all("last-event-id").next() {
        Some(id) => Some(str::from_utf8(id).ok()?),
        None => since(request),
    };
    match said {
        Some(said) if said.bytes().all(|byte| byte.is_ascii_digit()) => said.parse().ok(),
        Some(_) => None,
        None => Some(feed.last()),
    }
}

fn since(request: &Request) -> Option<&str> {
    let mut pairs = request.query()?.split('&');
    pairs.find_map(|pair| pair.strip_prefix("since="))
}
// ANCHOR_END: resume

// ANCHOR: subscriber
/// A client that listens. It has no queue of its own, but a cursor into the feed: a slow one costs no
/// memory, and one that is too slow is told what it missed.
struct Subscriber {
    seat: Seat,
    cursor: u64,
    heartbeat: Duration,
    /// When something was sent last; `None` before the first time.
    said: Option<Instant>,
}

impl Stream for Subscriber {
    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let Some(said) = self.said else {
            // At once: a head without a body may wait in somebody's buffer. And with the number: a client
            // that is cut off before the first event must know, too, where it was.
            self.said = Some(Instant::now());
            let mut bytes = sse::write_retry(RETRY);
            bytes.extend(sse::write_id(self.cursor));
            return Ok(Some(bytes));
        };
        let mut bytes = Vec::new();
        let patience = LOOK.min(self.heartbeat.saturating_sub(said.elapsed()));
        match self.seat.wait(self.cursor, patience) {
            Ok(events) => {
                for event in events {
                    // Policy, memory: the others stay in the feed, where they are for all subscribers.
                    if bytes.len() >= PIECE {
                        break;
                    }
                    bytes.extend(sse::write_event(Some(event.id), None, &event.text));
                    self.cursor = event.id;
                }
            }
            Err(Missed { cursor }) => {
                let from = (cursor + 1).to_string();
                bytes.extend(sse::write_event(Some(cursor), Some(MISSED), &from));
                self.cursor = cursor;
            }
        }
        if bytes.is_empty() {
            if self.seat.feed().is_closed() {
                return Ok(None);
            }
            if said.elapsed() >= self.heartbeat {
                bytes.extend_from_slice(sse::COMMENT);
            }
        }
        if !bytes.is_empty() {
            self.said = Some(Instant::now());
        }
        Ok(Some(bytes))
    }
}
// ANCHOR_END: subscriber
