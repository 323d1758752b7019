//! The room of lesson 10 for browsers: two threads for each member, and a session between them.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use chat_threads::protocol::{MAX_TEXT, Notice, Refused};
use chat_threads::{HIGH_WATER_MARK, MAX_QUEUE, Queue, QueueFull, Room};
use threads::Conversation;
use timeouts::{Deadline, Heard, listen_for, write_by};
use ws_frames::{Header, Kind, Opcode};

use crate::pulse::{Pulse, Times};
use crate::session::{Closed, Heard as Said, Session};
use crate::threads::linger;

/// The page that talks to it.
pub const PAGE: &str = include_str!("chat.html");

/// Bytes that one read may bring: more than the longest text with its header.
const BUFFER_SIZE: usize = 16 * 1024;

type Key = u64;

// ANCHOR: chat
/// A chat. One for all connections.
pub struct Chat {
    times: Times,
    state: Mutex<State>,
}

struct State {
    room: Room<Key>,
    /// Those in the room, those that have not said their name, and those on their way out.
    members: BTreeMap<Key, Arc<Member>>,
    begun: Key,
    is_closed: bool,
}

/// What the reader of a member, its writer, and whoever speaks to it share.
struct Member {
    stream: TcpStream,
    queue: Queue,
    /// What it says is put into the queue while this is locked: so a close frame is the last one there.
    session: Mutex<Session>,
    /// Why it ends, when it was put out.
    fate: Mutex<Option<io::Error>>,
}
// ANCHOR_END: chat

// ANCHOR: frame
/// A notice as a WebSocket frame. A server's frames have no mask, so one is the same for all members: it is
/// made once, and they share it.
fn frame(notice: &Notice) -> Vec<u8> {
    let text = notice.to_string();
    let header = Header {
        fin: true,
        rsv1: false,
        opcode: Opcode::Text,
        key: None,
        length: text.len() as u64,
    };
    [&header.bytes(), text.as_bytes()].concat()
}
// ANCHOR_END: frame

impl Chat {
    /// Nobody is in.
    pub fn new(times: Times) -> Self {
        Self {
            times,
            state: Mutex::new(State {
                room: Room::with_frames(frame),
                members: BTreeMap::new(),
                begun: 0,
                is_closed: false,
            }),
        }
    }

    // ANCHOR: talk
    /// One member's WebSocket, from behind the handshake to its end; `rest` is what has come behind the
    /// request. Returns how many messages there were.
    ///
    /// # Errors
    ///
    /// Why it was put out, or how it has failed: `UnexpectedEof` when it ended without a close frame.
    pub fn talk(&self, conversation: &Conversation, rest: Vec<u8>) -> io::Result<u64> {
        let member = Member {
            stream: conversation.stream().try_clone()?,
            queue: Queue::new(MAX_QUEUE),
            session: Mutex::new(Session::server(MAX_TEXT, None)),
            fate: Mutex::default(),
        };
        let seat = self.enter(Arc::new(member));
        let outcome = thread::scope(|scope| {
            thread::Builder::new()
                .spawn_scoped(scope, || write_what_waits(&seat.member, self.times.pong))?;
            let outcome = self.listen(&seat, rest);
            match outcome {
                Ok(_) => seat.member.queue.close(), // What waits is still written.
                Err(_) => seat.member.cut_off(),
            }
            outcome
        }); // Here the writer has ended, too.
        let outcome = outcome.and_then(|count| linger(conversation, self.times).map(|()| count));
        match locked(&seat.member.fate).take() {
            Some(why) => Err(why),
            None => outcome,
        }
    }
    // ANCHOR_END: talk

    // ANCHOR: listen
    /// The reader.
    fn listen(&self, seat: &Seat, rest: Vec<u8>) -> io::Result<u64> {
        let member = &*seat.member;
        let (mut filled, mut buffer) = (rest.len(), rest);
        buffer.resize(filled.max(BUFFER_SIZE), 0);
        let (mut pulse, mut count) = (Pulse::new(Instant::now()), 0);
        loop {
            let mut bytes = &mut buffer[..filled];
            loop {
                let (said, rest) = member.next_event(bytes);
                bytes = rest;
                let Some(said) = said else {
                    break;
                };
                match said {
                    Said::Message(Kind::Text, text) => count += self.receive(seat, &text),
                    Said::Message(Kind::Binary, _) => {
                        self.send_away(seat, 1003, &Refused::BadText);
                    }
                    Said::Ping | Said::Pong(_) => {}
                    Said::Closed(Closed::Clean(..)) => return Ok(count),
                    Said::Closed(Closed::Failed(violation)) => {
                        // It is told, and whether it hears it or not: that is the news.
                        member.doom(io::Error::new(ErrorKind::InvalidData, violation));
                        return Ok(count);
                    }
                }
                // Policy, fast sender: it gets its own words back, and waits until it has taken them.
                member.queue.wait_below(HIGH_WATER_MARK);
            }
            let left = bytes.len();
            buffer.copy_within(filled - left..filled, 0);
            filled = left;
            let now = Instant::now();
            if !locked(&member.session).is_open() {
                pulse.closing(now);
            }
            // It is not `conversation` that listens: a server that stops would end what it reads, and the
            // answer to our close frame could not be heard.
            let wait = pulse.deadline(&self.times).saturating_duration_since(now);
            match listen_for(&member.stream, &mut buffer[filled..], wait)? {
                Heard::Bytes(new) => {
                    filled += new;
                    pulse.heard(Instant::now());
                }
                Heard::End => {
                    let sentence = "it ended without a close frame (1006)";
                    return Err(io::Error::new(ErrorKind::UnexpectedEof, sentence));
                }
                Heard::Silence if !member.is_alive(&mut pulse, &self.times) => {
                    return Err(io::Error::new(ErrorKind::TimedOut, "it was silent"));
                }
                Heard::Silence => {}
            }
        }
    }
    // ANCHOR_END: listen

    fn enter(&self, member: Arc<Member>) -> Seat<'_> {
        let mut state = locked(&self.state);
        let key = state.begun;
        state.begun += 1;
        if state.is_closed {
            member.close(STOPS.0, STOPS.1);
        }
        state.members.insert(key, Arc::clone(&member));
        Seat {
            chat: self,
            key,
            member,
        }
    }

    // ANCHOR: receive
    /// Gives the room what a member says. Returns how many messages that was: none of somebody who is on its
    /// way out, because the room would take its next words for a name.
    fn receive(&self, seat: &Seat, text: &[u8]) -> u64 {
        let mut state = locked(&self.state);
        let member = &seat.member;
        if !locked(&member.session).is_open() || locked(&member.fate).is_some() {
            return 0;
        }
        let State { room, members, .. } = &mut *state;
        // The lock is held, so nothing in here may wait: neither for a socket nor for a queue.
        if let Err(why) = room.receive(seat.key, text, |key, frame| post(members, key, frame)) {
            drop(state);
            self.send_away(seat, 1008, &why);
        }
        1
    }

    /// Takes a member out of the room, and tells it why in a close frame: the last one that it gets.
    fn send_away(&self, seat: &Seat, code: u16, why: &Refused) {
        self.leave(seat.key);
        seat.member.doom((*why).into());
        seat.member.close(code, &why.to_string());
    }
    // ANCHOR_END: receive

    fn leave(&self, key: Key) {
        let State { room, members, .. } = &mut *locked(&self.state);
        room.leave(key, |key, frame| post(members, key, frame));
    }

    // ANCHOR: close
    /// Says goodbye to all, also to those that come later. Does not wait for their answers.
    pub fn close(&self) {
        let mut state = locked(&self.state);
        state.is_closed = true;
        for member in state.members.values() {
            member.close(STOPS.0, STOPS.1);
        }
    }
    // ANCHOR_END: close
}

/// What all are told when the server stops: it is "going away" (section 7.4.1).
const STOPS: (u16, &str) = (1001, "the server stops");

// ANCHOR: post
/// Puts `frame` into the queue of `key`.
///
/// Policy, slow consumer: whose queue is full, is cut off at once. For a close frame there is no room either.
fn post(
    members: &BTreeMap<Key, Arc<Member>>,
    key: Key,
    frame: &Arc<[u8]>,
) -> Result<(), QueueFull> {
    let member = members.get(&key).ok_or(QueueFull)?;
    // Not between a close frame and the end of the queue.
    let session = locked(&member.session);
    match session.is_open() {
        true => member.push(frame),
        false => Ok(()),
    }
}
// ANCHOR_END: post

impl Member {
    fn push(&self, frame: &Arc<[u8]>) -> Result<(), QueueFull> {
        self.queue.push(frame).inspect_err(|full| {
            locked(&self.fate).get_or_insert((*full).into());
            self.cut_off();
        })
    }

    /// Puts what the session says into the queue.
    fn say<T>(&self, what: impl FnOnce(&mut Session, &mut Vec<u8>) -> T) -> T {
        let mut session = locked(&self.session);
        let mut out = Vec::new();
        let said = what(&mut session, &mut out);
        if !out.is_empty() {
            let _ = self.push(&out.into()); // Then it is cut off, and its reader hears that.
        }
        said
    }

    fn next_event<'b>(&self, bytes: &'b mut [u8]) -> (Option<Said<'b>>, &'b mut [u8]) {
        self.say(|session, out| session.next_event(bytes, out))
    }

    fn close(&self, code: u16, reason: &str) {
        self.say(|session, out| session.close(code, reason, out));
    }

    /// Asks it, when it has been silent for long enough. No: it has been for too long.
    fn is_alive(&self, pulse: &mut Pulse, times: &Times) -> bool {
        let now = Instant::now();
        pulse.deadline(times) > now || self.say(|session, out| pulse.late(now, session, out))
    }

    fn doom(&self, why: io::Error) {
        locked(&self.fate).get_or_insert(why);
    }

    /// Ends the connection at once. Its reader and its writer wake up, whatever they wait for.
    fn cut_off(&self) {
        self.queue.abandon();
        // It fails when the client is gone: so much the better.
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

/// The writer: takes what waits, one frame after the other.
///
/// Policy, slow consumer: it has `patience` for each of them, and is cut off then, or when its queue is full,
/// whichever comes first.
fn write_what_waits(member: &Member, patience: Duration) {
    while let Some(frame) = member.queue.pop() {
        let deadline = Deadline::after(Instant::now(), patience);
        if let Err(error) = write_by(&member.stream, &frame, deadline) {
            member.doom(error);
            return member.cut_off();
        }
    }
}

/// A member's place among the others. It is given back however the conversation ends.
struct Seat<'c> {
    chat: &'c Chat,
    key: Key,
    member: Arc<Member>,
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.chat.leave(self.key);
        locked(&self.chat.state).members.remove(&self.key);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
