//! One conversation of the echo server on a socket that does not block: whoever says when it is readable or
//! writable may drive it, mio's loop or a task of tokio's.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::mem;
use std::time::Instant;

use http::turns::{Got, Moment, Next, Peer};
use http::{Request, Response};
use ws_frames::Payload;
use ws_handshake::{Handshake, Upgrade};

use crate::pulse::{Pulse, Times};
use crate::session::{Heard, Session};

/// Bytes that one read may bring. One buffer serves all clients.
const BUFFER_SIZE: usize = 256 * 1024;

/// The rest of a read is put in front of the next one, unless a frame wants more than this.
const MOST_MOVED: usize = BUFFER_SIZE / 2;

/// A message of so many bytes is written from where it was read. Shorter ones are put together.
const LARGE: usize = 4 * 1024;

/// Slices that one write may take, at most.
const SLICES: usize = 64;

/// Policy, back-pressure: while so many bytes of answers wait, no more messages are taken.
const HIGH_WATER_MARK: usize = 1024 * 1024;

/// Policy, fairness: reads of one client before the others get their turn.
const READS_PER_TURN: usize = 4;

/// What a conversation needs of its socket, besides reading and writing.
pub(crate) trait Socket: Read + Write {
    /// Ends our side of the stream, shutdown(2).
    fn end(&self) -> io::Result<()>;
}

/// What holds for all conversations.
pub(crate) struct Echo<W> {
    pub(crate) welcome: W,
    pub(crate) times: Times,
}

/// What the conversations of one thread use in turn. A conversation has bytes of its own only while it cannot
/// be without: an idle one has none.
pub(crate) struct Buffers {
    /// Where reads put their bytes.
    buffer: Box<[u8]>,
    /// Where answers are put together.
    out: Vec<u8>,
}

impl Default for Buffers {
    fn default() -> Self {
        Self {
            buffer: vec![0; BUFFER_SIZE].into_boxed_slice(),
            out: Vec::new(),
        }
    }
}

// ANCHOR: talk
/// What is remembered of one client.
pub(crate) struct Talk {
    state: State,
    pulse: Pulse,
    /// Messages.
    pub(crate) count: u64,
}

enum State {
    Opening(Box<Handshake>),
    Open(Session, Option<Box<Waiting>>),
    /// We have ended our side.
    Ending,
}

/// Bytes that could not be dealt with yet. A client that is idle has none.
#[derive(Default)]
struct Waiting {
    /// What has come, from `filled` on unused room.
    unread: Vec<u8>,
    filled: usize,
    /// What is to be sent, from `sent` on.
    unsent: Vec<u8>,
    sent: usize,
    /// There was no room for it when it was tried last.
    is_stuck: bool,
}
// ANCHOR_END: talk

impl<W: Fn(&Request) -> Result<(Upgrade, Session), Response>> Echo<W> {
    /// A client has come. It has as long for its handshake as for a pong.
    pub(crate) fn begin(&self, now: Instant) -> Talk {
        Talk {
            state: State::Opening(Box::default()),
            pulse: Pulse::opening(now),
            count: 0,
        }
    }

    // ANCHOR: turn
    /// Does what can be done without waiting.
    pub(crate) fn turn<S: Socket>(
        &self,
        buffers: &mut Buffers,
        talk: &mut Talk,
        peer: &mut Peer<S>,
        moment: Moment,
    ) -> io::Result<Next> {
        for _ in 0..READS_PER_TURN {
            let next = match &mut talk.state {
                State::Opening(handshake) => {
                    match open(handshake, &mut buffers.buffer, peer, moment, &self.welcome)? {
                        Open::Not(next) => next,
                        Open::Yes(session, waiting) => {
                            talk.state = State::Open(session, Some(waiting));
                            talk.pulse = Pulse::new(moment.now);
                            continue;
                        }
                    }
                }
                State::Open(session, waiting) => {
                    let mut desk = Desk {
                        session,
                        buffer: &mut buffers.buffer,
                        out: &mut buffers.out,
                        count: &mut talk.count,
                        pulse: &mut talk.pulse,
                    };
                    let next = desk.converse(waiting, peer, moment)?;
                    if !session.is_open() {
                        talk.pulse.closing(moment.now);
                    }
                    next
                }
                State::Ending => match peer.read(&mut buffers.buffer)? {
                    Got::Bytes(_) => Next::Turn,
                    Got::End => return Ok(Next::End),
                    Got::Nothing if moment.stops => return Ok(Next::End),
                    Got::Nothing => Next::Readable,
                },
            };
            match next {
                Next::Turn => {}
                Next::End if matches!(talk.state, State::Open(..)) => {
                    if peer.has_ended {
                        return Ok(Next::End);
                    }
                    peer.socket.end()?;
                    talk.state = State::Ending;
                    talk.pulse.closing(moment.now);
                }
                next => return Ok(next),
            }
        }
        Ok(Next::Turn)
    }
    // ANCHOR_END: turn

    pub(crate) fn deadline(&self, talk: &Talk) -> Instant {
        talk.pulse.deadline(&self.times)
    }

    /// Asks whether the client is still there, or gives it up.
    pub(crate) fn late(&self, talk: &mut Talk, now: Instant) -> io::Result<Next> {
        match &mut talk.state {
            State::Open(session, waiting) => {
                let waiting = waiting.get_or_insert_default();
                match talk.pulse.late(now, session, &mut waiting.unsent) {
                    true => Ok(Next::Turn),
                    false => Err(io::Error::new(ErrorKind::TimedOut, "the client was silent")),
                }
            }
            State::Opening(_) => Err(io::Error::new(
                ErrorKind::TimedOut,
                "there was no handshake",
            )),
            State::Ending => Ok(Next::End),
        }
    }
}

enum Open {
    Yes(Session, Box<Waiting>),
    Not(Next),
}

/// The opening handshake.
fn open<S: Socket>(
    handshake: &mut Handshake,
    buffer: &mut [u8],
    peer: &mut Peer<S>,
    moment: Moment,
    welcome: &impl Fn(&Request) -> Result<(Upgrade, Session), Response>,
) -> io::Result<Open> {
    if moment.stops {
        return Ok(Open::Not(Next::End));
    }
    match peer.read(buffer)? {
        Got::Bytes(count) => handshake.receive_data(&buffer[..count]),
        Got::End => handshake.receive_end(),
        Got::Nothing if handshake.data_to_send().is_empty() => {
            return Ok(Open::Not(Next::Readable));
        }
        Got::Nothing => {}
    }
    if let Some((session, rest)) = handshake.answer(welcome) {
        return Ok(Open::Yes(
            session,
            Box::new(Waiting {
                filled: rest.len(),
                unread: rest,
                unsent: handshake.data_to_send().to_vec(),
                ..Waiting::default()
            }),
        ));
    }
    let written = match peer.socket.write(handshake.data_to_send()) {
        Err(error) if is_later(&error) => 0,
        written => written?,
    };
    handshake.data_sent(written);
    Ok(Open::Not(match handshake.data_to_send() {
        [] if handshake.is_over() => Next::End,
        [] if peer.has_ended => Next::End,
        [] => Next::Readable,
        _ => Next::Writable,
    }))
}

/// What is needed to answer one client.
struct Desk<'a> {
    session: &'a mut Session,
    buffer: &'a mut [u8],
    out: &'a mut Vec<u8>,
    count: &'a mut u64,
    pulse: &'a mut Pulse,
}

impl Desk<'_> {
    // ANCHOR: converse
    /// Writes what waits; then reads, and answers.
    fn converse<S: Socket>(
        &mut self,
        place: &mut Option<Box<Waiting>>,
        peer: &mut Peer<S>,
        moment: Moment,
    ) -> io::Result<Next> {
        let mut waiting = place.take();
        if let Some(waiting) = &mut waiting {
            let (before, was_stuck) = (waiting.left(), waiting.is_stuck);
            let all = waiting.flush(peer)?;
            // There was no room, and now there is: the client reads, so it is there.
            if was_stuck && waiting.left() < before {
                self.pulse.heard(moment.now);
            }
            if !all {
                *place = Some(mem::take(waiting));
                return Ok(Next::Writable);
            }
        }
        if self.session.is_over() {
            return Ok(Next::End);
        }
        if moment.stops && self.session.is_open() {
            self.session.close(1001, "the server stops", self.out);
            write(peer, &[self.out], &mut waiting)?;
            self.out.clear();
        }
        let mut unread = mem::take(&mut waiting.get_or_insert_default().unread);
        let kept = mem::take(&mut waiting.get_or_insert_default().filled);
        // A frame that is larger than the buffer gets one of its own.
        let wants = self.session.wants();
        let own = wants.max(kept) > MOST_MOVED;
        let buffer = match own {
            true => {
                if unread.len() < wants {
                    unread.resize(wants, 0);
                }
                &mut unread[..]
            }
            false => {
                self.buffer[..kept].copy_from_slice(&unread[..kept]);
                &mut *self.buffer
            }
        };
        let got = match &mut buffer[kept..] {
            [] => Got::Nothing, // First what is there.
            room => peer.read(room)?,
        };
        let has_ended = got == Got::End || peer.has_ended && peer.is_drained;
        let filled = match got {
            Got::Bytes(count) => {
                self.pulse.heard(moment.now);
                kept + count
            }
            Got::End | Got::Nothing => kept,
        };
        let (bytes, _) = buffer.split_at_mut(filled);
        let left = answer(
            self.session,
            bytes,
            self.out,
            self.count,
            peer,
            &mut waiting,
        )?;
        if left > 0 {
            let waiting = waiting.get_or_insert_default();
            waiting.filled = left;
            if own {
                unread.copy_within(filled - left..filled, 0);
                waiting.unread = unread;
            } else {
                waiting.unread = self.buffer[filled - left..filled].to_vec();
            }
        }
        let waiting = waiting.filter(|waiting| !waiting.is_empty());
        let is_unsent = waiting.as_ref().is_some_and(|waiting| waiting.is_unsent());
        *place = waiting;
        Ok(match got {
            _ if is_unsent => Next::Writable,
            _ if self.session.is_over() => Next::End,
            _ if has_ended => Next::End,
            _ if !peer.is_drained => Next::Turn,
            _ => Next::Readable,
        })
    }
    // ANCHOR_END: converse
}

// ANCHOR: answer
/// Answers all messages in `bytes`, with as few writes as possible. Returns how many bytes are left.
fn answer<S: Socket>(
    session: &mut Session,
    mut bytes: &mut [u8],
    out: &mut Vec<u8>,
    count: &mut u64,
    peer: &mut Peer<S>,
    waiting: &mut Option<Box<Waiting>>,
) -> io::Result<usize> {
    loop {
        // Large messages that stay where they are, and how much of `out` comes before each.
        let mut large: Vec<(usize, &[u8])> = Vec::new();
        let over = loop {
            let (heard, rest) = session.next_event(bytes, out);
            bytes = rest;
            match heard {
                Some(Heard::Message(kind, message)) => {
                    *count += 1;
                    match (session.header(kind, message.len()), message) {
                        (Some(header), Payload::Whole(message)) if message.len() >= LARGE => {
                            out.extend_from_slice(&header);
                            large.push((out.len(), message));
                        }
                        (_, message) => session.send(kind, &message, out),
                    }
                }
                Some(Heard::Ping | Heard::Pong(_)) => {}
                Some(Heard::Closed(_)) | None => break true,
            }
            if out.len() >= HIGH_WATER_MARK || 2 * large.len() + 1 >= SLICES {
                break false;
            }
        };
        let mut slices: Vec<&[u8]> = Vec::with_capacity(2 * large.len() + 1);
        let mut begin = 0;
        for (end, message) in large {
            slices.push(&out[begin..end]);
            slices.push(message);
            begin = end;
        }
        slices.push(&out[begin..]);
        let all = write(peer, &slices, waiting)?;
        out.clear();
        if over || !all {
            return Ok(bytes.len());
        }
    }
}
// ANCHOR_END: answer

/// Writes `parts` behind what waits already, and says whether all is written. What is not, waits.
fn write<S: Socket>(
    peer: &mut Peer<S>,
    parts: &[&[u8]],
    waiting: &mut Option<Box<Waiting>>,
) -> io::Result<bool> {
    let total: usize = parts.iter().map(|part| part.len()).sum();
    if total == 0 {
        return Ok(true);
    }
    let mut written = 0;
    if waiting.as_ref().is_none_or(|waiting| !waiting.is_unsent()) {
        let outcome = match parts {
            [part] => peer.socket.write(part),
            parts => {
                let slices: Vec<IoSlice> = parts.iter().map(|part| IoSlice::new(part)).collect();
                peer.socket.write_vectored(&slices)
            }
        };
        written = match outcome {
            Err(error) if is_later(&error) => 0,
            outcome => outcome?,
        };
    }
    if written == total {
        return Ok(true);
    }
    let waiting = waiting.get_or_insert_default();
    waiting.is_stuck = true;
    let unsent = &mut waiting.unsent;
    for part in parts {
        let done = written.min(part.len());
        written -= done;
        unsent.extend_from_slice(&part[done..]);
    }
    Ok(false)
}

fn is_later(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

impl Waiting {
    fn is_unsent(&self) -> bool {
        self.left() > 0
    }

    /// Bytes that are still to be sent.
    fn left(&self) -> usize {
        self.unsent.len() - self.sent
    }

    fn is_empty(&self) -> bool {
        self.filled == 0 && !self.is_unsent()
    }

    /// Writes what fits, and says whether that was all.
    fn flush<S: Socket>(&mut self, peer: &mut Peer<S>) -> io::Result<bool> {
        while self.is_unsent() {
            match peer.socket.write(&self.unsent[self.sent..]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => self.sent += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.is_stuck = true;
                    return Ok(false);
                }
                Err(error) => return Err(error),
            }
        }
        self.unsent = Vec::new();
        self.sent = 0;
        self.is_stuck = false;
        Ok(true)
    }
}
