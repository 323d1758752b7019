//! One conversation of the echo server on a socket that does not block: whoever says when it is readable or
//! writable may drive it, mio's loop or a task of tokio's.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::mem;
use std::time::{Duration, Instant};

use http::turns::{Got, Moment, Next, Peer};
use http::{Request, Response};
use ws_frames::Payload;
use ws_handshake::{Handshake, Upgrade};

use crate::pulse::{Pulse, Times};
use crate::session::{Heard, Session};

/// Bytes that one read may bring. One buffer serves all clients, so it may be large: a message that is read in one
/// go is answered from where it is, and a whole megabyte with its header is such a one.
const BUFFER_SIZE: usize = 1024 * 1024 + 64 * 1024;

/// The rest of a read is put in front of the next one. A frame that wants more than this gathers in a buffer of
/// its own.
const MOST_MOVED: usize = 32 * 1024;

/// What a client gets at once that has announced a large frame; and then always as much again as it has sent: who
/// only announces costs little.
const FIRST_ROOM: usize = 128 * 1024;

/// Buffers between these two are kept for the next one who needs some, at most so many, and as long as somebody
/// does.
const WORTH_KEEPING: usize = 32 * 1024;
const TOO_LARGE_TO_KEEP: usize = 2 * 1024 * 1024;
const MOST_KEPT: usize = 256;
const KEPT_FOR: Duration = Duration::from_secs(1);

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
    spare: Spare,
}

impl Default for Buffers {
    fn default() -> Self {
        Self {
            buffer: vec![0; BUFFER_SIZE].into_boxed_slice(),
            out: Vec::new(),
            spare: Spare::default(),
        }
    }
}

// ANCHOR: spare
/// Buffers that nobody needs now. To take a large one from the system, page by page, costs as much as to copy a
/// message, and to give it back too.
#[derive(Default)]
struct Spare {
    kept: Vec<Vec<u8>>,
    /// Nobody has taken one since.
    since: Option<Instant>,
}

impl Spare {
    fn look(&mut self, now: Instant) {
        let since = *self.since.get_or_insert(now);
        if now > since + KEPT_FOR {
            self.kept = Vec::new();
        }
    }

    /// A buffer of at least so many bytes. What stands in them means nothing.
    fn take(&mut self, length: usize) -> Vec<u8> {
        let kept = match length {
            WORTH_KEEPING.. => {
                self.since = None;
                self.kept.pop()
            }
            _ => None,
        };
        let Some(mut buffer) = kept else {
            return vec![0; length];
        };
        if buffer.len() < length {
            buffer.resize(length, 0);
        }
        buffer
    }

    fn give_back(&mut self, buffer: Vec<u8>) {
        let is_worth = (WORTH_KEEPING..TOO_LARGE_TO_KEEP).contains(&buffer.capacity());
        if is_worth && self.kept.len() < MOST_KEPT {
            self.kept.push(buffer);
        }
    }
}
// ANCHOR_END: spare

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
    /// What has come; from `filled` on there is room.
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
        buffers.spare.look(moment.now);
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
                        out: &mut buffers.out,
                        spare: &mut buffers.spare,
                        count: &mut talk.count,
                        pulse: &mut talk.pulse,
                    };
                    let next = desk.converse(&mut buffers.buffer, waiting, peer, moment)?;
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
    out: &'a mut Vec<u8>,
    spare: &'a mut Spare,
    count: &'a mut u64,
    pulse: &'a mut Pulse,
}

impl Desk<'_> {
    // ANCHOR: converse
    /// Writes what waits; then reads, and answers.
    fn converse<S: Socket>(
        &mut self,
        buffer: &mut [u8],
        place: &mut Option<Box<Waiting>>,
        peer: &mut Peer<S>,
        moment: Moment,
    ) -> io::Result<Next> {
        if let Some(waiting) = place {
            let (before, was_stuck) = (waiting.left(), waiting.is_stuck);
            let all = waiting.flush(peer, self.spare)?;
            // There was no room, and now there is: the client reads, so it is there.
            if was_stuck && waiting.left() < before {
                self.pulse.heard(moment.now);
            }
            if !all {
                return Ok(Next::Writable);
            }
        }
        if self.session.is_over() {
            return Ok(Next::End);
        }
        if moment.stops && self.session.is_open() {
            self.session.close(1001, "the server stops", self.out);
            write(peer, &[self.out], place, self.spare)?;
            self.out.clear();
        }
        let (unread, filled) = match place {
            Some(waiting) => (
                mem::take(&mut waiting.unread),
                mem::take(&mut waiting.filled),
            ),
            None => Default::default(),
        };
        let got = match self.session.wants() > MOST_MOVED {
            true => self.gather(unread, filled, place, peer)?,
            false => self.answer_all(buffer, unread, filled, place, peer)?,
        };
        if matches!(got, Got::Bytes(_)) {
            self.pulse.heard(moment.now);
        }
        place.take_if(|waiting| waiting.filled == 0 && !waiting.is_unsent());
        let is_unsent = place.as_ref().is_some_and(|waiting| waiting.is_unsent());
        Ok(match got {
            _ if is_unsent => Next::Writable,
            _ if self.session.is_over() => Next::End,
            Got::End => Next::End,
            _ if peer.has_ended && peer.is_drained => Next::End,
            _ if !peer.is_drained => Next::Turn,
            _ => Next::Readable,
        })
    }
    // ANCHOR_END: converse

    // ANCHOR: answer_all
    /// Reads into the buffer of all, behind what is there already, and answers every message in it.
    fn answer_all<S: Socket>(
        &mut self,
        buffer: &mut [u8],
        unread: Vec<u8>,
        kept: usize,
        place: &mut Option<Box<Waiting>>,
        peer: &mut Peer<S>,
    ) -> io::Result<Got> {
        buffer[..kept].copy_from_slice(&unread[..kept]);
        self.spare.give_back(unread);
        let got = match &mut buffer[kept..] {
            [] => Got::Nothing, // First what is there.
            room => peer.read(room)?,
        };
        let filled = match got {
            Got::Bytes(count) => kept + count,
            Got::End | Got::Nothing => kept,
        };
        let left = self.answer(&mut buffer[..filled], place, peer)?;
        if left > 0 {
            let waiting = place.get_or_insert_default();
            waiting.unread = self.spare.take(left);
            waiting.unread[..left].copy_from_slice(&buffer[filled - left..filled]);
            waiting.filled = left;
        }
        Ok(got)
    }
    // ANCHOR_END: answer_all

    // ANCHOR: gather
    /// Reads more of a large frame, of which a part is in `frame`. When it is a message, its bytes become the answer
    /// where they are: our header takes the place of the client's, which has the key too, and so is longer.
    fn gather<S: Socket>(
        &mut self,
        mut frame: Vec<u8>,
        mut filled: usize,
        place: &mut Option<Box<Waiting>>,
        peer: &mut Peer<S>,
    ) -> io::Result<Got> {
        let wants = self.session.wants();
        let room = wants.min(FIRST_ROOM.max(2 * filled));
        if frame.len() < room {
            let mut larger = self.spare.take(room);
            larger[..filled].copy_from_slice(&frame[..filled]);
            self.spare.give_back(mem::replace(&mut frame, larger));
        }
        let end = frame.len().min(wants);
        let got = peer.read(&mut frame[filled..end])?;
        if let Got::Bytes(count) = got {
            filled += count;
        }
        let waiting = place.get_or_insert_default();
        let out = &mut waiting.unsent;
        let answer = match self.session.next_event(&mut frame[..filled], out) {
            (Some(Heard::Message(kind, message)), _) => {
                *self.count += 1;
                match (self.session.header(kind, message.len()), message) {
                    (Some(header), Payload::Whole(message)) => Some((header, message.len())),
                    (_, message) => {
                        self.session.send(kind, &message, out);
                        None
                    }
                }
            }
            (None, rest) if !rest.is_empty() => {
                (waiting.unread, waiting.filled) = (frame, filled);
                return Ok(got);
            }
            _ => None, // A part of a message is kept, or there will be no more.
        };
        match answer {
            Some((header, length)) => {
                frame.truncate(filled);
                waiting.sent = filled - length - header.len();
                frame[waiting.sent..][..header.len()].copy_from_slice(&header);
                waiting.unsent = frame;
            }
            None => self.spare.give_back(frame),
        }
        waiting.flush(peer, self.spare)?;
        Ok(got)
    }
    // ANCHOR_END: gather

    // ANCHOR: answer
    /// Answers all messages in `bytes`, with as few writes as possible. Returns how many bytes are left.
    fn answer<S: Socket>(
        &mut self,
        mut bytes: &mut [u8],
        place: &mut Option<Box<Waiting>>,
        peer: &mut Peer<S>,
    ) -> io::Result<usize> {
        loop {
            // Large messages that stay where they are, and how much of `out` comes before each.
            let mut large: Vec<(usize, &[u8])> = Vec::new();
            let over = loop {
                let (heard, rest) = self.session.next_event(bytes, self.out);
                bytes = rest;
                match heard {
                    Some(Heard::Message(kind, message)) => {
                        *self.count += 1;
                        let header = match message.len() {
                            LARGE.. => self.session.header(kind, message.len()),
                            _ => None,
                        };
                        match (header, message) {
                            (Some(header), Payload::Whole(message)) => {
                                self.out.extend_from_slice(&header);
                                large.push((self.out.len(), message));
                            }
                            (_, message) => self.session.send(kind, &message, self.out),
                        }
                    }
                    Some(Heard::Ping | Heard::Pong(_)) => {}
                    Some(Heard::Closed(_)) | None => break true,
                }
                if self.out.len() >= HIGH_WATER_MARK || 2 * large.len() + 1 >= SLICES {
                    break false;
                }
            };
            // Most turns have none, and need no list.
            let all = if large.is_empty() {
                write(peer, &[self.out], place, self.spare)?
            } else {
                let mut slices: Vec<&[u8]> = Vec::with_capacity(2 * large.len() + 1);
                let mut begin = 0;
                for (end, message) in large {
                    slices.push(&self.out[begin..end]);
                    slices.push(message);
                    begin = end;
                }
                slices.push(&self.out[begin..]);
                write(peer, &slices, place, self.spare)?
            };
            self.out.clear();
            self.out.shrink_to(HIGH_WATER_MARK); // A single message may have needed far more.
            if over || !all {
                return Ok(bytes.len());
            }
        }
    }
    // ANCHOR_END: answer
}

/// Writes `parts` behind what waits already, and says whether all is written. What is not, waits.
fn write<S: Socket>(
    peer: &mut Peer<S>,
    parts: &[&[u8]],
    place: &mut Option<Box<Waiting>>,
    spare: &mut Spare,
) -> io::Result<bool> {
    let total: usize = parts.iter().map(|part| part.len()).sum();
    if total == 0 {
        return Ok(true);
    }
    let mut written = 0;
    if place.as_ref().is_none_or(|waiting| !waiting.is_unsent()) {
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
    let waiting = place.get_or_insert_default();
    waiting.is_stuck = true;
    let unsent = &mut waiting.unsent;
    if unsent.is_empty() {
        *unsent = spare.take(total - written);
        unsent.clear();
    }
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

    /// Writes what fits, and says whether that was all.
    fn flush<S: Socket>(&mut self, peer: &mut Peer<S>, spare: &mut Spare) -> io::Result<bool> {
        if self.is_unsent() {
            match peer.socket.write(&self.unsent[self.sent..]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => self.sent += count,
                Err(error) if is_later(&error) => {}
                Err(error) => return Err(error),
            }
            if self.is_unsent() {
                self.is_stuck = true;
                return Ok(false);
            }
        }
        spare.give_back(mem::take(&mut self.unsent));
        self.sent = 0;
        self.is_stuck = false;
        Ok(true)
    }
}
