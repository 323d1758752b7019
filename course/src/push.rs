//! Events that come to pages by themselves: a feed of lesson 18 over the WebSockets of lesson 22.
//!
//! A page asks once, with the number of the last event that it has. A thread waits for what the page says, which is next to
//! nothing, and sleeps meanwhile; whoever publishes writes to all pages. So a thousand pages that wait cost no time at all.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use http::{Request, Response, Status};
use polling::Feed;
use threads::Conversation;
use timeouts::{Deadline, Heard, listen_for, write_by};
use ws_frames::Kind;
use ws_handshake::{Origins, Policy, upgrade};
use ws_session::{Pulse, Session, Times};

use crate::lab::Tally;

/// How long a page may be silent before it is asked whether it is there, and so on.
const TIMES: Times = Times::USUAL;
/// For a page to take what it is told. Policy, slow page: it is cut off, since others wait to be told meanwhile. A socket that
/// has taken a few events takes a few more at once.
const PATIENCE: Duration = Duration::from_millis(200);
/// Bytes of a message from a page. They have nothing to say.
const MAX_MESSAGE: usize = 128;
/// Bytes that one read may bring: more than the longest message with its header.
const BUFFER_SIZE: usize = 512;

/// What all pages are told at the end (RFC 6455, section 7.4.1): going away.
const OVER: (u16, &str) = (1001, "there will be no more");

/// A feed, and the pages that follow it. Clones are the same.
#[derive(Clone)]
pub struct Followers {
    feed: Feed,
    pages: Arc<Mutex<Pages>>,
}

#[derive(Default)]
struct Pages {
    open: BTreeMap<u64, Arc<Page>>,
    begun: u64,
}

/// What a page's thread and whoever tells it something share.
struct Page {
    stream: TcpStream,
    /// Locked while something is written, so that frames stay whole.
    state: Mutex<State>,
    tally: Arc<Tally>,
}

struct State {
    session: Session,
    /// The number of the last event that it was told.
    cursor: u64,
}

impl Followers {
    /// Nobody follows yet.
    pub fn new(feed: Feed) -> Self {
        Self {
            feed,
            pages: Arc::default(),
        }
    }

    /// Answers `GET ...?since=CURSOR` with a WebSocket, in which each event behind the cursor is a text: its number, a
    /// space, and what happened. Without `since`, it begins with the next one. What was missed is left out: see [`Feed::since`].
    ///
    /// `tally` counts what goes over the connection behind the response.
    pub fn answer(&self, request: &Request, tally: Arc<Tally>) -> Response {
        let policy = Policy {
            origins: Origins::Ours,
            subprotocols: Vec::new(),
        };
        let query = request.query().unwrap_or_default();
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let since = pairs.find(|(name, _)| *name == "since");
        let Ok(cursor) = since.map_or(Ok(self.feed.last()), |(_, number)| number.parse()) else {
            let sentence = "since is the number of the last event that you have: since=0\n";
            return Response::text(Status::BAD_REQUEST, sentence);
        };
        let all = self.clone();
        match upgrade(request, &policy) {
            Ok(upgrade) => Response::switch(upgrade.fields, move |conversation, rest| {
                all.follow(conversation, rest, cursor, tally)
            }),
            Err(response) => response,
        }
    }

    /// Something was published: tells everybody.
    pub fn tell(&self) {
        for page in self.pages() {
            page.tell(&self.feed);
        }
    }

    /// Nothing is published any more. Says so to everybody, and does not wait for their answers.
    pub fn close(&self) {
        self.feed.close();
        for page in self.pages() {
            page.say(|state, out| state.session.close(OVER.0, OVER.1, out));
        }
    }

    fn pages(&self) -> Vec<Arc<Page>> {
        locked(&self.pages).open.values().cloned().collect()
    }

    /// One page's WebSocket, from behind the handshake to its end.
    fn follow(
        &self,
        conversation: &Conversation,
        rest: Vec<u8>,
        cursor: u64,
        tally: Arc<Tally>,
    ) -> io::Result<u64> {
        let session = Session::server(MAX_MESSAGE, None);
        let page = Arc::new(Page {
            stream: conversation.stream().try_clone()?,
            state: Mutex::new(State { session, cursor }),
            tally,
        });
        let seat = self.enter(&page);
        // What is published from here on, somebody tells it; what was published before, we do. The cursor knows.
        page.tell(&self.feed);
        if self.feed.is_closed() {
            page.say(|state, out| state.session.close(OVER.0, OVER.1, out));
        }
        let outcome = page.listen(rest);
        drop(seat);
        outcome
    }

    fn enter(&self, page: &Arc<Page>) -> Seat<'_> {
        let mut pages = locked(&self.pages);
        let number = pages.begun;
        pages.begun += 1;
        pages.open.insert(number, Arc::clone(page));
        Seat { all: self, number }
    }
}

/// A page's place among the others. It is given back however its conversation ends.
struct Seat<'f> {
    all: &'f Followers,
    number: u64,
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        locked(&self.all.pages).open.remove(&self.number);
    }
}

impl Page {
    /// Tells it what has happened since the last time.
    fn tell(&self, feed: &Feed) {
        self.say(|state, out| {
            loop {
                let events = feed
                    .since(state.cursor)
                    .or_else(|missed| feed.since(missed.cursor));
                let events = events.unwrap_or_default();
                let Some(last) = events.last() else {
                    break;
                };
                state.cursor = last.id;
                for event in &events {
                    let text = format!("{} {}", event.id, event.text);
                    state.session.send(Kind::Text, text.as_bytes(), out);
                }
            }
        });
    }

    /// Writes what the session says. If that takes too long, the connection is ended, and its thread hears that.
    fn say<T>(&self, what: impl FnOnce(&mut State, &mut Vec<u8>) -> T) -> T {
        let mut state = locked(&self.state);
        let mut out = Vec::new();
        let said = what(&mut state, &mut out);
        let deadline = Deadline::after(Instant::now(), PATIENCE);
        // Counted first: who has got something should find it counted.
        self.tally.add_down(out.len());
        if write_by(&self.stream, &out, deadline).is_err() {
            // It fails when the page is gone: so much the better.
            let _ = self.stream.shutdown(Shutdown::Both);
        }
        said
    }

    /// Hears what it says, until it is gone.
    fn listen(&self, rest: Vec<u8>) -> io::Result<u64> {
        self.tally.add_up(rest.len());
        let (mut filled, mut buffer) = (rest.len(), rest);
        buffer.resize(filled.max(BUFFER_SIZE), 0);
        let mut pulse = Pulse::new(Instant::now());
        loop {
            let mut bytes = &mut buffer[..filled];
            loop {
                let (heard, rest) = self.say(|state, out| state.session.next_event(bytes, out));
                bytes = rest;
                if heard.is_none() {
                    break;
                }
            }
            let left = bytes.len();
            buffer.copy_within(filled - left..filled, 0);
            filled = left;
            let now = Instant::now();
            let (is_open, is_over) = {
                let session = &locked(&self.state).session;
                (session.is_open(), session.is_over())
            };
            if !is_open {
                pulse.closing(now);
            }
            if is_over {
                // Both have said goodbye. The page's end of the stream is still to come.
                let _ = self.stream.shutdown(Shutdown::Write);
            }
            // It is not the conversation that listens: a server that stops would end what it reads, and the answer to our
            // close frame could not be heard.
            let wait = pulse.deadline(&TIMES).saturating_duration_since(now);
            match listen_for(&self.stream, &mut buffer[filled..], wait)? {
                Heard::Bytes(count) => {
                    self.tally.add_up(count);
                    filled += count;
                    pulse.heard(Instant::now());
                }
                Heard::End => return Ok(0),
                Heard::Silence => {
                    let now = Instant::now();
                    let is_late = pulse.deadline(&TIMES) <= now;
                    if is_late && !self.say(|state, out| pulse.late(now, &mut state.session, out)) {
                        return Err(io::Error::new(ErrorKind::TimedOut, "the page was silent"));
                    }
                }
            }
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
