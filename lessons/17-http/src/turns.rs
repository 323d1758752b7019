//! One thread that gives turns to many conversations (lessons 12 and 13), whatever they speak.
//!
//! The loop accepts, waits, looks at the clock and drains. What is said in a conversation, and how long it may
//! take, is the business of a [`Protocol`].

use std::collections::{BTreeSet, VecDeque};
use std::io::{self, ErrorKind, Read};
use std::net::{self, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token, Waker};
use mio_chat::Slots;
use threads::{ACCEPT_PAUSE, AfterAccept, Limits, News, Stop, after_accept};

/// Clients that are accepted before those that are here get their turn.
const ACCEPTS_PER_TURN: usize = 64;

/// Events that one wait may bring. More of them come with the next one.
const EVENTS_PER_WAIT: usize = 1024;

/// As good as never. A moment further away may be more than an `Instant` can hold.
pub const FOREVER: Duration = Duration::from_secs(60 * 60 * 24 * 365);

const LISTENER: Token = Token(usize::MAX);
const STOP: Token = Token(usize::MAX >> 1);

// ANCHOR: protocol
/// What is spoken. One value serves all conversations: what they share is in it.
pub trait Protocol {
    /// What is to be remembered of one conversation.
    type Talk;

    /// A client has come.
    fn begin(&mut self, client: SocketAddr, now: Instant) -> Self::Talk;

    /// Does what can be done without waiting, but not so much that others wait for long. When the server
    /// stops, this is what brings the conversation to its end.
    ///
    /// # Errors
    ///
    /// How the conversation has failed.
    fn turn(&mut self, talk: &mut Self::Talk, peer: &mut Peer, moment: Moment) -> io::Result<Next>;

    /// Until when something must have happened.
    fn deadline(&self, talk: &Self::Talk) -> Instant;

    /// It has not. Not every answer is an end: a client may be told that it was too slow.
    ///
    /// # Errors
    ///
    /// How the conversation has failed.
    fn late(&mut self, talk: &mut Self::Talk, now: Instant) -> io::Result<Next>;

    /// The conversation is over. What is counted in it is reported.
    ///
    /// # Errors
    ///
    /// Why it was refused, although the connection itself did not fail.
    fn end(&mut self, talk: Self::Talk) -> io::Result<u64>;
}

/// When a turn is.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The time.
    pub now: Instant,
    /// The server stops: finish what is in flight, and begin nothing.
    pub stops: bool,
}

/// What a conversation needs after a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Bytes from the client, or its end.
    Readable,
    /// Room for our bytes.
    Writable,
    /// Another turn: no event will come.
    Turn,
    /// Its end.
    End,
}
// ANCHOR_END: protocol

/// The client's end of a conversation.
#[derive(Debug)]
pub struct Peer<S = TcpStream> {
    /// Its socket. It does not block.
    pub socket: S,
    /// Nothing is to be read until an event says so.
    pub is_drained: bool,
    /// An event, or a read, has said that the client has ended its stream, or that it is gone.
    pub has_ended: bool,
}

/// What a read has brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Got {
    /// So many bytes.
    Bytes(usize),
    /// The end of the stream.
    End,
    /// Nothing now: an event will tell.
    Nothing,
}

impl<S: Read> Peer<S> {
    // ANCHOR: read
    /// Reads what is there, when there may be something.
    ///
    /// # Errors
    ///
    /// Those of the connection.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<Got> {
        while !self.is_drained {
            match self.socket.read(buffer) {
                Ok(0) => {
                    self.has_ended = true;
                    self.is_drained = true;
                    return Ok(Got::End);
                }
                Ok(count) => {
                    // A read that could have brought more has brought all: epoll(7) says so, and one call in
                    // three is saved. But the end of the stream may be behind it, and then its event is over.
                    let all = cfg!(target_os = "linux") && count < buffer.len();
                    self.is_drained = all && !self.has_ended;
                    return Ok(Got::Bytes(count));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.is_drained = true,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Got::Nothing)
    }
    // ANCHOR_END: read
}

// ANCHOR: serve
/// Serves all clients of `listener` in the thread that calls.
///
/// # Errors
///
/// When `accept` or poll fails for a reason that will not pass. Every connection is closed then.
pub fn serve(
    listener: net::TcpListener,
    limits: Limits,
    stop: &Stop,
    report: impl Fn(News),
    protocol: impl Protocol,
) -> io::Result<usize> {
    let poll = Poll::new()?;
    let waker = Arc::new(Waker::new(poll.registry(), STOP)?);
    // Weak: when we have returned, nobody holds the waker's descriptor.
    let weak = Arc::downgrade(&waker);
    stop.on_stop(move || {
        if let Some(waker) = weak.upgrade() {
            let _ = waker.wake(); // A loop that is gone needs no waking.
        }
    });
    listener.set_nonblocking(true)?; // from_std leaves that to us.
    let mut listener = TcpListener::from_std(listener);
    poll.registry()
        .register(&mut listener, LISTENER, Interest::READABLE)?;
    Server {
        poll,
        limits,
        report,
        protocol,
        listener: Some(listener),
        clients_wait: false,
        accept_at: None,
        guests: Slots::new(),
        ready: VecDeque::new(),
        looks: BTreeSet::new(),
        drain_until: None,
    }
    .run()
}
// ANCHOR_END: serve

struct Server<R, P: Protocol> {
    poll: Poll,
    limits: Limits,
    report: R,
    protocol: P,
    /// `None` when the server stops.
    listener: Option<TcpListener>,
    /// An event said so, and no accept has said WouldBlock since.
    clients_wait: bool,
    /// Not before this moment, after a failed accept.
    accept_at: Option<Instant>,
    guests: Slots<Guest<P::Talk>>,
    /// Those that get a turn. Each stands here once.
    ready: VecDeque<usize>,
    /// When to look whether somebody has taken too long.
    looks: BTreeSet<(Instant, usize)>,
    /// When the last conversation is cut off, once the server stops.
    drain_until: Option<Instant>,
}

/// One client.
struct Guest<Talk> {
    address: SocketAddr,
    peer: Peer,
    talk: Talk,
    look_at: Option<Instant>,
    /// What the socket is registered for.
    interest: Interest,
    is_ready: bool,
}

impl<R: Fn(News), P: Protocol> Server<R, P> {
    fn run(mut self) -> io::Result<usize> {
        let mut events = Events::with_capacity(EVENTS_PER_WAIT);
        loop {
            let timeout = self.timeout(Instant::now());
            match self.poll.poll(&mut events, timeout) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            let now = Instant::now();
            for event in &events {
                match event.token() {
                    LISTENER => self.clients_wait = true,
                    STOP => self.drain(now),
                    Token(token) => {
                        if let Some(guest) = self.guests.get_mut(token) {
                            guest.peer.is_drained = false;
                            guest.peer.has_ended |= event.is_read_closed();
                        }
                        self.make_ready(token);
                    }
                }
            }
            self.accept(now)?;
            self.give_turns(now);
            self.look(now);
            if let Some(cut_off) = self.is_over(now) {
                return Ok(cut_off);
            }
        }
    }

    /// How long the loop may wait for an event: as in lesson 12.
    fn timeout(&self, now: Instant) -> Option<Duration> {
        if !self.ready.is_empty() || self.may_accept(now) {
            return Some(Duration::ZERO);
        }
        let accept_at = self.accept_at.filter(|_| self.has_room());
        let look_at = self.looks.first().map(|(look_at, _)| *look_at);
        let moments = [accept_at, look_at, self.drain_until];
        let earliest = moments.into_iter().flatten().min()?;
        Some(earliest.saturating_duration_since(now))
    }

    /// Policy, cap: as many conversations as the limit says. Further clients wait in the backlog.
    fn has_room(&self) -> bool {
        self.listener.is_some() && self.guests.len() < self.limits.connections
    }

    fn may_accept(&self, now: Instant) -> bool {
        self.clients_wait && self.has_room() && self.accept_at.is_none_or(|at| at <= now)
    }

    fn accept(&mut self, now: Instant) -> io::Result<()> {
        for _ in 0..ACCEPTS_PER_TURN {
            let Some(listener) = self.listener.as_ref().filter(|_| self.may_accept(now)) else {
                return Ok(());
            };
            self.accept_at = None;
            match listener.accept() {
                Ok((socket, address)) => self.welcome(socket, address, now),
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.clients_wait = false,
                // Policy, failed accept: the same in every server of this course.
                Err(error) => match after_accept(&error) {
                    AfterAccept::Next => {}
                    AfterAccept::Pause => {
                        self.accept_at = Some(now + ACCEPT_PAUSE);
                        (self.report)(News::AcceptFailed(error));
                    }
                    AfterAccept::GiveUp => return Err(error),
                },
            }
        }
        Ok(())
    }

    fn welcome(&mut self, socket: TcpStream, address: SocketAddr, now: Instant) {
        let _ = socket.set_nodelay(true); // Is the client gone? The first read will tell.
        let token = self.guests.insert(Guest {
            address,
            peer: Peer {
                socket,
                is_drained: false,
                has_ended: false,
            },
            talk: self.protocol.begin(address, now),
            look_at: None,
            interest: Interest::READABLE,
            is_ready: false,
        });
        let Some(guest) = self.guests.get_mut(token) else {
            return;
        };
        let registry = self.poll.registry();
        match registry.register(&mut guest.peer.socket, Token(token), Interest::READABLE) {
            Ok(()) => self.schedule(token),
            Err(error) => self.end(token, Some(error)),
        }
    }

    /// An event for somebody who is gone is no news.
    fn make_ready(&mut self, token: usize) {
        if let Some(guest) = self.guests.get_mut(token)
            && !guest.is_ready
        {
            guest.is_ready = true;
            self.ready.push_back(token);
        }
    }

    fn give_turns(&mut self, now: Instant) {
        let stops = self.drain_until.is_some();
        for _ in 0..self.ready.len() {
            let Some(token) = self.ready.pop_front() else {
                return;
            };
            let Some(guest) = self.guests.get_mut(token) else {
                continue; // Gone since.
            };
            guest.is_ready = false;
            let moment = Moment { now, stops };
            let next = self.protocol.turn(&mut guest.talk, &mut guest.peer, moment);
            self.go_on(token, next);
        }
    }

    /// Sees to it that a conversation gets what it needs.
    fn go_on(&mut self, token: usize, next: io::Result<Next>) {
        match next {
            Ok(Next::Readable) => self.wait_for(token, Interest::READABLE),
            Ok(Next::Writable) => self.wait_for(token, Interest::WRITABLE),
            Ok(Next::Turn) => self.make_ready(token),
            Ok(Next::End) => self.end(token, None),
            // Policy, failed client: it is reported, and nobody else notices.
            Err(error) => self.end(token, Some(error)),
        }
        self.schedule(token);
    }

    /// Tells the kernel when what a connection waits for is something else than before. If it has
    /// come in the meantime, this makes an event of it.
    fn wait_for(&mut self, token: usize, wanted: Interest) {
        let Some(guest) = self.guests.get_mut(token) else {
            return;
        };
        if wanted == guest.interest {
            return;
        }
        guest.interest = wanted;
        let registry = self.poll.registry();
        if let Err(error) = registry.reregister(&mut guest.peer.socket, Token(token), wanted) {
            self.end(token, Some(error));
        }
    }

    // ANCHOR: schedule
    /// Sees to it that somebody looks when this connection has taken too long. As in lesson 12, a moment
    /// that moves away is left where it is, and corrected when it has come.
    fn schedule(&mut self, token: usize) {
        let Some(guest) = self.guests.get_mut(token) else {
            return;
        };
        let deadline = self.protocol.deadline(&guest.talk);
        if guest.look_at.is_none_or(|look_at| deadline < look_at) {
            if let Some(look_at) = guest.look_at.replace(deadline) {
                self.looks.remove(&(look_at, token));
            }
            self.looks.insert((deadline, token));
        }
    }

    fn look(&mut self, now: Instant) {
        while let Some(&(look_at, token)) = self.looks.first()
            && look_at <= now
        {
            self.looks.pop_first();
            let Some(guest) = self.guests.get_mut(token) else {
                continue;
            };
            guest.look_at = None;
            if self.protocol.deadline(&guest.talk) > now {
                self.schedule(token);
                continue;
            }
            match self.protocol.late(&mut guest.talk, now) {
                // It says then what it waits for next, and for how long.
                Ok(Next::Turn) => self.make_ready(token),
                next => self.go_on(token, next),
            }
        }
    }
    // ANCHOR_END: schedule

    fn end(&mut self, token: usize, failed: Option<io::Error>) {
        let Some(mut guest) = self.guests.remove(token) else {
            return;
        };
        if let Some(look_at) = guest.look_at {
            self.looks.remove(&(look_at, token));
        }
        // If that fails, the socket is no longer registered: just what is wanted.
        let _ = self.poll.registry().deregister(&mut guest.peer.socket);
        let Guest {
            address,
            peer,
            talk,
            ..
        } = guest;
        drop(peer); // close()
        let outcome = self.protocol.end(talk);
        let outcome = outcome.and_then(|count| failed.map_or(Ok(count), Err));
        (self.report)(News::Ended(address, outcome));
    }

    /// The listener is closed now. Nothing more is read, and what was asked for is answered.
    fn drain(&mut self, now: Instant) {
        if let Some(mut listener) = self.listener.take() {
            let _ = self.poll.registry().deregister(&mut listener); // As in `end`.
        }
        self.drain_until = Some(now + self.limits.drain.min(FOREVER));
        for token in self.guests.tokens() {
            self.make_ready(token);
        }
    }

    /// Whether the server has stopped, and how many conversations it had to cut off.
    fn is_over(&mut self, now: Instant) -> Option<usize> {
        let drain_until = self.drain_until?;
        if now < drain_until && !self.guests.is_empty() {
            return None;
        }
        let left = self.guests.tokens();
        for &token in &left {
            let sentence = "cut off, because the server stops";
            let error = io::Error::new(ErrorKind::ConnectionAborted, sentence);
            self.end(token, Some(error));
        }
        Some(left.len())
    }
}
