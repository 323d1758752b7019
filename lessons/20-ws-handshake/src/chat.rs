//! A chat for whoever has the cookie, so that there is something to steal.
//!
//! A page talks with `POST /say` and listens over a WebSocket. There are two of those: one looks where the page is
//! from, the other does not.

use std::io;
use std::net::Shutdown;
use std::time::{Duration, Instant};

use http::{Request, Response, Status};
use polling::{Feed, Missed};
use threads::Conversation;
use timeouts::{Deadline, Heard, listen_for, write_by};

use crate::upgrade::{Origins, Policy, upgrade};

/// Our page, and one of somebody else.
const PAGE: &str = include_str!("page.html");
const HIJACKER: &str = include_str!("hijacker.html");

/// What our page is served with. `Strict` keeps the cookie from pages of other sites, but another port of the same
/// host is the same site; and so is `evil.example.org` to `chat.example.org`.
const LOGIN: &str = "name=ana; HttpOnly; SameSite=Strict";

/// Texts that are kept for those who come later.
const KEPT: usize = 100;

/// Bytes of a text: as many as fit into a frame with a short header. Lesson 21 knows longer ones.
pub const MAX_TEXT: usize = 125;

/// How often to look whether the client has said goodbye, and how long that look takes.
const TURN: Duration = Duration::from_millis(200);
const GLANCE: Duration = Duration::from_millis(1);

/// How long a client may take for a frame, and for the end of its side. Policy, slow client: it is given up.
const PATIENCE: Duration = Duration::from_secs(2);

/// A frame that says goodbye (lesson 22).
const CLOSE: &[u8] = &[0x88, 0];

/// A chat. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Chat {
    feed: Feed,
}

impl Default for Chat {
    fn default() -> Self {
        Self::new()
    }
}

impl Chat {
    /// Nobody has said anything.
    pub fn new() -> Self {
        Self {
            feed: Feed::in_memory(KEPT),
        }
    }

    /// All who listen are told goodbye, now and later.
    pub fn close(&self) {
        self.feed.close();
    }

    // ANCHOR: answer
    /// Answers everything that is asked on the port of the chat. `elsewhere` is where its page links to.
    pub fn answer(&self, request: &Request, body: &[u8], elsewhere: &str) -> Response {
        match (request.path(), request.method()) {
            ("/", "GET" | "HEAD") => page(PAGE, "ELSEWHERE", elsewhere).with("Set-Cookie", LOGIN),
            ("/", _) => Response::plain(Status::METHOD_NOT_ALLOWED).with("Allow", "GET, HEAD"),
            ("/say", _) => self.say(request, body),
            ("/checked", _) => self.listen(request, Origins::Ours),
            ("/unchecked", _) => self.listen(request, Origins::Any),
            _ => Response::plain(Status::NOT_FOUND),
        }
    }

    /// The handshake. Who it is, the cookie says; and the browser sends it for every page that asks.
    fn listen(&self, request: &Request, origins: Origins) -> Response {
        let policy = Policy {
            origins,
            ..Policy::default()
        };
        let upgrade = match upgrade(request, &policy) {
            Ok(upgrade) => upgrade,
            Err(response) => return response,
        };
        let Some(name) = name(request) else {
            return Response::text(Status::FORBIDDEN, "not without the cookie of our page\n");
        };
        let chat = self.clone();
        Response::switch(upgrade.fields, move |conversation, rest| {
            chat.talk(&name, conversation, &rest)
        })
    }
    // ANCHOR_END: answer

    /// A page may send a POST to any server, too: so the same question is asked.
    fn say(&self, request: &Request, body: &[u8]) -> Response {
        if request.method() != "POST" {
            return Response::plain(Status::METHOD_NOT_ALLOWED).with("Allow", "POST");
        }
        let (true, Some(name)) = (Origins::Ours.allow(request), name(request)) else {
            return Response::plain(Status::FORBIDDEN);
        };
        let text = match str::from_utf8(body) {
            Ok(text) => format!("{name}: {text}"),
            Err(_) => return Response::plain(Status::BAD_REQUEST),
        };
        if text.len() > MAX_TEXT {
            return Response::plain(Status::CONTENT_TOO_LARGE);
        }
        match self.feed.publish(&text) {
            Ok(_) => Response::plain(Status::NO_CONTENT),
            Err(_) => Response::plain(Status::INTERNAL_SERVER_ERROR),
        }
    }

    // ANCHOR: talk
    /// What comes behind the handshake is not HTTP: frames. We write two kinds of them, and read none: the
    /// first thing that the client says is taken for its goodbye. One that is gone without a word keeps its seat
    /// until something is to be written: lesson 22 asks with a ping. Returns how many texts it was told.
    fn talk(&self, name: &str, conversation: &Conversation, rest: &[u8]) -> io::Result<u64> {
        let stream = conversation.stream();
        let write = |bytes: &[u8]| {
            let deadline = Deadline::after(Instant::now(), PATIENCE);
            write_by(stream, bytes, deadline)
        };
        let Some(seat) = self.feed.take_seat() else {
            return write(CLOSE).map(|()| 0);
        };
        write(&text_frame(&format!("you are {name}")))?;
        let (mut cursor, mut told) = (0, 0);
        let mut is_silent = rest.is_empty();
        while is_silent && !self.feed.is_closed() {
            match seat.wait(cursor, TURN) {
                Ok(events) => {
                    for event in events {
                        write(&text_frame(&event.text))?;
                        (cursor, told) = (event.id, told + 1);
                    }
                }
                Err(Missed { cursor: oldest }) => cursor = oldest,
            }
            is_silent = matches!(listen_for(stream, &mut [0], GLANCE)?, Heard::Silence);
        }
        if write(CLOSE)
            .and_then(|()| stream.shutdown(Shutdown::Write))
            .is_err()
        {
            return Ok(told); // It is gone, and hears no goodbye.
        }
        let deadline = Deadline::after(Instant::now(), PATIENCE);
        let mut scrap = [0; 1024];
        loop {
            let left = deadline.left(Instant::now());
            match listen_for(stream, &mut scrap, left)? {
                Heard::Bytes(_) if !left.is_zero() => {}
                _ => return Ok(told),
            }
        }
    }
    // ANCHOR_END: talk
}

/// Answers everything that is asked on a port that is not the chat's. The page there wants to read the chat at
/// `chat`.
pub fn answer_elsewhere(request: &Request, chat: &str) -> Response {
    match (request.path(), request.method()) {
        ("/", "GET" | "HEAD") => page(HIJACKER, "CHAT", chat),
        _ => Response::plain(Status::NOT_FOUND),
    }
}

fn page(html: &str, place: &str, address: &str) -> Response {
    let html = html.replace(place, address);
    Response::new(Status::OK, "text/html; charset=utf-8", html)
}

/// Whoever has the cookie. Here it is the name itself; at work it is a number that nobody can guess.
fn name(request: &Request) -> Option<String> {
    let mut cookies = request.field("cookie")?.split("; ");
    cookies.find_map(|cookie| Some(cookie.strip_prefix("name=")?.to_string()))
}

/// A text as one frame: a byte for its kind, one for its length, and the text.
fn text_frame(text: &str) -> Vec<u8> {
    let end = text.floor_char_boundary(MAX_TEXT);
    [&[0x81, end as u8][..], &text.as_bytes()[..end]].concat()
}
