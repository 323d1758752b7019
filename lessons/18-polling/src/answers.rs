//! A feed's answers to HTTP requests.

use std::str;
use std::time::{Duration, Instant};

use http::threaded::Client;
use http::{Request, Response, Status};
use serde::{Deserialize, Serialize};

use crate::feed::Feed;
use crate::log::{Event, MAX_TEXT, Missed};

/// How long a long poll is held when nothing happens. Some proxies end a request after a minute.
pub const HOLD: Duration = Duration::from_secs(25);

/// How often a long poll looks whether its client is still there. Policy, client gone: its seat is free
/// again after so long.
const LOOK: Duration = Duration::from_secs(1);

/// The status that says: your cursor is too old (RFC 9110, section 15.5.11).
pub const GONE: Status = Status(410);

// ANCHOR: batch
/// What an answer brings, as JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// With what to ask next.
    pub cursor: u64,
    /// The events between the cursor of the request and this one.
    pub events: Vec<Event>,
}
// ANCHOR_END: batch

// ANCHOR: poll
/// Answers `GET ...?since=CURSOR` at once: the events behind the cursor, or none. Without `since` there are
/// none, and the cursor says where the feed is. With status [`GONE`], some were missed, and the cursor says
/// where what is left begins.
pub fn poll(feed: &Feed, request: &Request) -> Response {
    match cursor(request) {
        Ok(Some(cursor)) => batch(cursor, feed.since(cursor)),
        Ok(None) => batch(feed.last(), Ok(Vec::new())),
        Err(refusal) => refusal,
    }
}
// ANCHOR_END: poll

// ANCHOR: long_poll
/// Answers like [`poll`], but when there is nothing to tell it waits until there is, for `hold` at most
/// ([`HOLD`] is usual).
pub fn long_poll(feed: &Feed, request: &Request, client: &Client, hold: Duration) -> Response {
    let cursor = match cursor(request) {
        Ok(Some(cursor)) => cursor,
        Ok(None) => return batch(feed.last(), Ok(Vec::new())),
        Err(refusal) => return refusal,
    };
    let Some(seat) = feed.take_seat() else {
        let response = Response::text(Status::SERVICE_UNAVAILABLE, "too many are waiting\n");
        return response.with("Retry-After", "1");
    };
    let began = Instant::now();
    loop {
        let left = hold.saturating_sub(began.elapsed());
        let events = seat.wait(cursor, left.min(LOOK));
        let nothing = matches!(&events, Ok(events) if events.is_empty());
        if nothing && !left.is_zero() && !feed.is_closed() && !client.is_gone() {
            continue;
        }
        return batch(cursor, events);
    }
}
// ANCHOR_END: long_poll

// ANCHOR: answer_publish
/// Answers `POST` with a text as its body: that is an event, and the answer is its number.
pub fn publish(feed: &Feed, request: &Request, body: &[u8]) -> Response {
    if request.method() != "POST" {
        return Response::plain(Status::METHOD_NOT_ALLOWED).with("Allow", "POST");
    }
    if body.len() > MAX_TEXT {
        return Response::plain(Status::CONTENT_TOO_LARGE);
    }
    let Ok(text) = str::from_utf8(body) else {
        return Response::text(Status::BAD_REQUEST, "an event is text, in UTF-8\n");
    };
    match feed.publish(text) {
        Ok(id) => json(Status::OK, format!("{{\"id\":{id}}}")),
        Err(error) => {
            let sentence = format!("the event is lost: {error}\n");
            Response::text(Status::INTERNAL_SERVER_ERROR, sentence)
        }
    }
}
// ANCHOR_END: answer_publish

/// The cursor of a request; `None` when it says none.
fn cursor(request: &Request) -> Result<Option<u64>, Response> {
    if !matches!(request.method(), "GET" | "HEAD") {
        let response = Response::plain(Status::METHOD_NOT_ALLOWED);
        return Err(response.with("Allow", "GET, HEAD"));
    }
    let query = request.query().unwrap_or_default();
    let mut cursors = query
        .split('&')
        .filter_map(|pair| pair.strip_prefix("since="));
    let digits = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit());
    match (cursors.next(), cursors.next()) {
        (None, _) => Ok(None),
        (Some(cursor), None) if digits(&cursor) && cursor.parse::<u64>().is_ok() => {
            Ok(cursor.parse().ok())
        }
        _ => {
            let sentence = "since is the number of the last event that you have: since=0\n";
            Err(Response::text(Status::BAD_REQUEST, sentence))
        }
    }
}

fn batch(cursor: u64, events: Result<Vec<Event>, Missed>) -> Response {
    let (status, batch) = match events {
        Ok(events) => {
            let cursor = events.last().map_or(cursor, |event| event.id);
            (Status::OK, Batch { cursor, events })
        }
        Err(Missed { cursor }) => {
            let events = Vec::new();
            (GONE, Batch { cursor, events })
        }
    };
    // Numbers and strings: it does not fail.
    json(status, serde_json::to_vec(&batch).unwrap_or_default())
}

fn json(status: Status, body: impl Into<Vec<u8>>) -> Response {
    // A cache must not answer in our place: the same question has another answer each time.
    Response::new(status, "application/json", body).with("Cache-Control", "no-store")
}
