//! All events of a feed, in one response.

use std::io;
use std::time::{Duration, Instant};

use http::{Body, Request, Response, Status, Stream};
use polling::{Feed, Missed, Seat};

use crate::sse;

/// How long a subscriber hears nothing before it hears a comment. Some proxies end a connection on which
/// nothing moves for a minute, and the server learns only by writing that a client is gone.
pub const HEARTBEAT: Duration = Duration::from_secs(15);

/// How long a browser waits before it connects anew.
pub const RETRY: Duration = Duration::from_secs(1);

/// The name of the event that says: some events are not there any more.
pub const MISSED: &str = "missed";

/// How long a wait for events may last before the server looks whether the client is gone.
const LOOK: Duration = Duration::from_secs(1);

// ANCHOR: subscribe
/// Answers `GET` with the events behind the one in the field `Last-Event-ID`, or in the query's `since`, or
/// behind the last one, and then with each one that happens. Needs a server with a thread for each client.
pub fn subscribe(feed: &Feed, request: &Request) -> Response {
    if !matches!(request.method(), "GET" | "HEAD") {
        let response = Response::plain(Status::METHOD_NOT_ALLOWED);
        return response.with("Allow", "GET, HEAD");
    }
    let cursor = match request.field("last-event-id") {
        // What the browser has seen since counts more than the address, which stays the same.
        Some(id) => id.parse(),
        None => match since(request) {
            Some(since) => since.parse(),
            None => Ok(feed.last()),
        },
    };
    let Ok(cursor) = cursor else {
        let sentence = "Last-Event-ID is the number of the last event that you have\n";
        return Response::text(Status::BAD_REQUEST, sentence);
    };
    let Some(seat) = feed.take_seat() else {
        let response = Response::text(Status::SERVICE_UNAVAILABLE, "too many are waiting\n");
        return response.with("Retry-After", "1");
    };
    let subscriber = Subscriber {
        seat,
        cursor,
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

fn since(request: &Request) -> Option<&str> {
    let query = request.query()?;
    query
        .split('&')
        .find_map(|pair| pair.strip_prefix("since="))
}

// ANCHOR: subscriber
/// A client that listens. It has no queue of its own, but a cursor into the feed: a slow one costs no
/// memory, and one that is too slow is told what it missed.
struct Subscriber {
    seat: Seat,
    cursor: u64,
    /// When something was sent last; `None` before the first time.
    said: Option<Instant>,
}

impl Stream for Subscriber {
    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let Some(said) = self.said else {
            // At once: a head without a body may wait in somebody's buffer.
            self.said = Some(Instant::now());
            return Ok(Some(sse::write_retry(RETRY)));
        };
        let mut bytes = Vec::new();
        match self.seat.wait(self.cursor, LOOK) {
            Ok(events) => {
                for event in events {
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
            if said.elapsed() >= HEARTBEAT {
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
