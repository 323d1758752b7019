//! The server, with all connections in one thread (lessons 12 and 13).
//!
//! The same core as on threads, and the same promises. What differs is who waits: nobody does, so what is
//! due is remembered for each connection.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{self, Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token, Waker};
use mio_chat::{Slots, Timers};
use threads::{ACCEPT_PAUSE, AfterAccept, Limits, News, Stop, after_accept};

use crate::connection::{Connection, Event, MAX_BODY};
use crate::request::Request;
use crate::response::{Body, PIECE, Response};
use crate::status::{Refused, Status};
use crate::threaded::{Client, MOST_SCRAP, Patience, STOPPED, TOO_SLOW, has_ended};

/// Bytes that one read may bring.
const BUFFER_SIZE: usize = 64 * 1024;

/// Policy, fairness: reads, or pieces written, of one connection before the others get their turn.
const STEPS_PER_TURN: usize = 4;

/// Clients that are accepted before those that are here get their turn.
const ACCEPTS_PER_TURN: usize = 64;

/// Events that one wait may bring. More of them come with the next one.
const EVENTS_PER_WAIT: usize = 1024;

/// As good as never. A moment further away may be more than an `Instant` can hold.
const FOREVER: Duration = Duration::from_secs(60 * 60 * 24 * 365);

const LISTENER: Token = Token(usize::MAX);
const STOP: Token = Token(usize::MAX >> 1);

// ANCHOR: serve
/// Like [`crate::threaded::serve`], with all clients in the thread that calls.
///
/// While `answer` thinks, everybody waits: it must not wait for anything. So a [`Body::Stream`] cannot be
/// sent; instead of it, the client gets a 500. Files are read between the turns of other clients.
///
/// # Errors
///
/// When `accept` or poll fails for a reason that will not pass. Every connection is closed then.
pub fn serve(
    listener: net::TcpListener,
    limits: Limits,
    patience: Patience,
    stop: &Stop,
    report: impl Fn(News),
    answer: impl Fn(&Request, &[u8], &Client) -> Response,
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
        patience,
        report,
        answer,
        listener: Some(listener),
        clients_wait: false,
        accept_at: None,
        talks: Slots::new(),
        ready: VecDeque::new(),
        looks: Timers::new(),
        drain_until: None,
        scratch: vec![0; BUFFER_SIZE].into_boxed_slice(),
        clock: Clock::default(),
    }
    .run()
}
// ANCHOR_END: serve

struct Server<R, A> {
    poll: Poll,
    limits: Limits,
    patience: Patience,
    report: R,
    answer: A,
    /// `None` when the server stops.
    listener: Option<TcpListener>,
    /// An event said so, and no accept has said WouldBlock since.
    clients_wait: bool,
    /// Not before this moment, after a failed accept.
    accept_at: Option<Instant>,
    talks: Slots<Talk>,
    /// Those that get a turn. Each stands here once.
    ready: VecDeque<usize>,
    /// When to look whether somebody has taken too long.
    looks: Timers<usize>,
    /// When the last conversation is cut off, once the server stops.
    drain_until: Option<Instant>,
    /// Where reads put their bytes. One for all: nothing stays in it.
    scratch: Box<[u8]>,
    clock: Clock,
}

// ANCHOR: clock
/// The date, in the form of HTTP. It is made once in a second, and not for each response.
#[derive(Default)]
struct Clock {
    made: Option<Instant>,
    date: String,
}

impl Clock {
    fn date(&mut self, now: Instant) -> &str {
        const SECOND: Duration = Duration::from_secs(1);
        if self
            .made
            .is_none_or(|made| now.duration_since(made) >= SECOND)
        {
            self.made = Some(now);
            self.date = httpdate::fmt_http_date(SystemTime::now());
        }
        &self.date
    }
}
// ANCHOR_END: clock

impl<R: Fn(News), A: Fn(&Request, &[u8], &Client) -> Response> Server<R, A> {
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
                        if let Some(talk) = self.talks.get_mut(token) {
                            talk.is_drained = false;
                            talk.has_ended |= event.is_read_closed();
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
        let moments = [accept_at, self.drain_until];
        let moments = moments.into_iter().flatten();
        let waits = moments.map(|moment| moment.saturating_duration_since(now));
        waits.chain(self.looks.wait(now)).min()
    }

    /// Policy, cap: as many conversations as the limit says. Further clients wait in the backlog.
    fn has_room(&self) -> bool {
        self.listener.is_some() && self.talks.len() < self.limits.connections
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
        let token = self.talks.insert(Talk::new(socket, address, now));
        let Some(talk) = self.talks.get_mut(token) else {
            return;
        };
        let registry = self.poll.registry();
        match registry.register(&mut talk.socket, Token(token), Interest::READABLE) {
            Ok(()) => self.schedule(token),
            Err(error) => self.end(token, Err(error)),
        }
    }

    /// An event for somebody who is gone is no news.
    fn make_ready(&mut self, token: usize) {
        if let Some(talk) = self.talks.get_mut(token)
            && !talk.is_ready
        {
            talk.is_ready = true;
            self.ready.push_back(token);
        }
    }

    fn give_turns(&mut self, now: Instant) {
        for _ in 0..self.ready.len() {
            let Some(token) = self.ready.pop_front() else {
                return;
            };
            let Some(talk) = self.talks.get_mut(token) else {
                continue; // Gone since.
            };
            talk.is_ready = false;
            let stops = self.drain_until.is_some();
            let date = self.clock.date(now);
            match talk.turn(&mut self.scratch, now, date, stops, &self.answer) {
                Ok(Next::Event) => self.update_interest(token),
                Ok(Next::Turn) => self.make_ready(token),
                Ok(Next::End) => self.end(token, Ok(())),
                // Policy, failed client: it is reported, and nobody else notices.
                Err(error) => self.end(token, Err(error)),
            }
            self.schedule(token);
        }
    }

    /// Tells the kernel when what a connection waits for is something else than before. If it has
    /// come in the meantime, this makes an event of it.
    fn update_interest(&mut self, token: usize) {
        let Some(talk) = self.talks.get_mut(token) else {
            return;
        };
        let wanted = match talk.connection.data_to_send() {
            [] => Interest::READABLE,
            _ => Interest::WRITABLE,
        };
        if wanted == talk.interest {
            return;
        }
        talk.interest = wanted;
        let registry = self.poll.registry();
        if let Err(error) = registry.reregister(&mut talk.socket, Token(token), wanted) {
            self.end(token, Err(error));
        }
    }

    // ANCHOR: schedule
    /// Sees to it that somebody looks when this connection has taken too long. As in lesson 12, a moment
    /// that moves away is left where it is, and corrected when it has come.
    fn schedule(&mut self, token: usize) {
        let Some(talk) = self.talks.get_mut(token) else {
            return;
        };
        let deadline = talk.deadline(self.patience);
        if talk.look_at.is_none_or(|look_at| deadline < look_at) {
            talk.look_at = Some(deadline);
            self.looks.set(token, deadline);
        }
    }

    fn look(&mut self, now: Instant) {
        while let Some(token) = self.looks.expired(now) {
            let Some(talk) = self.talks.get_mut(token) else {
                continue;
            };
            talk.look_at = None;
            if talk.deadline(self.patience) > now {
                self.schedule(token);
                continue;
            }
            match talk.waits {
                // Policy, idle client: nobody owes anybody anything.
                Waits::Between => self.end(token, Ok(())),
                // Policy, slow request.
                Waits::Request => {
                    talk.refuse(TOO_SLOW, self.clock.date(now));
                    self.make_ready(token);
                }
                // Policy, slow reader: what it has is not the whole, and it can see that.
                Waits::Response => {
                    let sentence = "the client did not take our bytes in time";
                    self.end(token, Err(io::Error::new(ErrorKind::TimedOut, sentence)));
                }
                Waits::Linger => self.end(token, Ok(())),
            }
        }
    }
    // ANCHOR_END: schedule

    fn end(&mut self, token: usize, outcome: io::Result<()>) {
        let Some(mut talk) = self.talks.remove(token) else {
            return;
        };
        self.looks.cancel(token);
        // If that fails, the socket is no longer registered: just what is wanted.
        let _ = self.poll.registry().deregister(&mut talk.socket);
        let (address, answered) = (talk.address, talk.answered);
        let outcome = match talk.refused.take() {
            Some(error) => Err(error),
            None => outcome.map(|()| answered),
        };
        drop(talk); // close()
        (self.report)(News::Ended(address, outcome));
    }

    /// The listener is closed now. Nothing more is read, and what was asked for is answered.
    fn drain(&mut self, now: Instant) {
        if let Some(mut listener) = self.listener.take() {
            let _ = self.poll.registry().deregister(&mut listener); // As in `end`.
        }
        self.drain_until = Some(now + self.limits.drain.min(FOREVER));
        for token in self.talks.tokens() {
            self.make_ready(token);
        }
    }

    /// Whether the server has stopped, and how many conversations it had to cut off.
    fn is_over(&mut self, now: Instant) -> Option<usize> {
        let drain_until = self.drain_until?;
        if now < drain_until && !self.talks.is_empty() {
            return None;
        }
        let left = self.talks.tokens();
        for &token in &left {
            let sentence = "cut off, because the server stops";
            let error = io::Error::new(ErrorKind::ConnectionAborted, sentence);
            self.end(token, Err(error));
        }
        Some(left.len())
    }
}

/// What a connection needs after a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// An event: the kernel will tell.
    Event,
    /// Another turn: no event will come.
    Turn,
    /// Its end.
    End,
}

/// What a connection waits for, and so how long it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waits {
    Between,
    Request,
    Response,
    Linger,
}

// ANCHOR: talk
/// One client.
struct Talk {
    socket: TcpStream,
    address: SocketAddr,
    connection: Connection,
    /// Its head has come, and so much of its body.
    request: Option<(Request, Vec<u8>)>,
    /// What is still to be sent of a response.
    body: Option<Body>,
    answered: u64,
    /// Why it was refused.
    refused: Option<io::Error>,
    waits: Waits,
    since: Instant,
    look_at: Option<Instant>,
    /// What the socket is registered for.
    interest: Interest,
    is_ready: bool,
    /// Nothing is to be read until an event says so.
    is_drained: bool,
    /// An event has said that the client has ended its stream, or that it is gone.
    has_ended: bool,
    /// Bytes thrown away, at the end.
    scrap: usize,
}
// ANCHOR_END: talk

impl Talk {
    fn new(socket: TcpStream, address: SocketAddr, now: Instant) -> Self {
        Self {
            socket,
            address,
            connection: Connection::new(MAX_BODY),
            request: None,
            body: None,
            answered: 0,
            refused: None,
            waits: Waits::Between,
            since: now,
            look_at: None,
            interest: Interest::READABLE,
            is_ready: false,
            is_drained: false,
            has_ended: false,
            scrap: 0,
        }
    }

    fn deadline(&self, patience: Patience) -> Instant {
        let wait = match self.waits {
            Waits::Between => patience.between,
            Waits::Request => patience.request,
            Waits::Response => patience.response,
            Waits::Linger => patience.linger,
        };
        self.since + wait.min(FOREVER)
    }

    /// From `now` on it waits for something else.
    fn wait_for(&mut self, what: Waits, now: Instant) {
        if self.waits != what {
            self.waits = what;
            self.since = now;
        }
    }

    // ANCHOR: turn
    /// Does what can be done without waiting: answer what was asked, write, and only when all of that is
    /// written, read.
    fn turn(
        &mut self,
        scratch: &mut [u8],
        now: Instant,
        date: &str,
        stops: bool,
        answer: &impl Fn(&Request, &[u8], &Client) -> Response,
    ) -> io::Result<Next> {
        for _ in 0..STEPS_PER_TURN {
            if self.waits == Waits::Linger {
                match self.discard(scratch)? {
                    Next::Turn => continue,
                    Next::Event if stops => return Ok(Next::End),
                    next => return Ok(next),
                }
            }
            // The next piece only when this one is taken: each has its own time.
            if !self.flush(now)? {
                return Ok(Next::Event);
            }
            let is_exhausted = self.answer_what_has_come(now, date, stops, answer)?;
            if !self.flush(now)? {
                return Ok(Next::Event);
            }
            if !is_exhausted {
                continue;
            }
            if self.connection.is_over() {
                if self.has_ended && self.is_drained {
                    return Ok(Next::End);
                }
                // To close with unread input would be a reset, and overtake our response (lesson 04).
                self.socket.shutdown(Shutdown::Write)?;
                self.wait_for(Waits::Linger, now);
                continue;
            }
            self.wait_for(
                match self.connection.is_inside_request() {
                    true => Waits::Request,
                    false => Waits::Between,
                },
                now,
            );
            if stops {
                match self.connection.is_inside_request() {
                    true => self.refuse(STOPPED, date),
                    false => self.connection.receive_end(),
                }
                continue;
            }
            if self.is_drained {
                return Ok(Next::Event);
            }
            match self.socket.read(scratch) {
                Ok(0) => {
                    self.has_ended = true;
                    self.is_drained = true;
                    self.connection.receive_end();
                }
                Ok(count) => {
                    self.connection.receive_data(&scratch[..count]);
                    // A read that could have brought more has brought all: epoll(7) says so, and one call
                    // in three is saved. But the end of the stream may be behind it, and then its event is
                    // over.
                    let all = cfg!(target_os = "linux") && count < scratch.len();
                    self.is_drained = all && !self.has_ended;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.is_drained = true,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Next::Turn)
    }
    // ANCHOR_END: turn

    // ANCHOR: answer
    /// Answers the requests that are complete, until a piece is to be written; and says whether that was
    /// all that can be done about them.
    fn answer_what_has_come(
        &mut self,
        now: Instant,
        date: &str,
        stops: bool,
        answer: &impl Fn(&Request, &[u8], &Client) -> Response,
    ) -> io::Result<bool> {
        // Policy, back-pressure: what has been answered waits in memory, so not any number is.
        while self.connection.data_to_send().len() < PIECE {
            if let Some(body) = &mut self.body {
                if !body.send_more(&mut self.connection)? {
                    self.body = None;
                    self.answered += 1;
                }
                continue;
            }
            match self.connection.next_event() {
                Ok(None | Some(Event::End)) => return Ok(true),
                Ok(Some(Event::Request(head))) => {
                    self.request = Some((head, Vec::new()));
                }
                // It is bounded: `connection` takes MAX_BODY bytes at most.
                Ok(Some(Event::Body(bytes))) => {
                    if let Some((_, body)) = &mut self.request {
                        body.extend(bytes);
                    }
                }
                Ok(Some(Event::RequestEnd)) => {
                    let Some((head, body)) = self.request.take() else {
                        continue;
                    };
                    self.since = now;
                    self.waits = Waits::Between;
                    self.connection.set_date(date);
                    if stops {
                        self.connection.close_after_response();
                    }
                    let client = Client {
                        address: self.address,
                        is_gone: &|| stops || has_ended(self.socket.peek(&mut [0])),
                    };
                    let response = match answer(&head, &body, &client) {
                        Response {
                            body: Body::Stream(_),
                            ..
                        } => Response::plain(Status::INTERNAL_SERVER_ERROR),
                        response => response,
                    };
                    self.body = Some(response.begin(&mut self.connection));
                }
                Err(refused) => {
                    self.refuse(refused, date);
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
    // ANCHOR_END: answer

    fn refuse(&mut self, refused: Refused, date: &str) {
        self.connection.set_date(date);
        self.connection.refuse(refused);
        self.refused = Some(io::Error::new(ErrorKind::InvalidData, refused));
    }

    /// Writes what fits, and says whether that was all.
    fn flush(&mut self, now: Instant) -> io::Result<bool> {
        while !self.connection.data_to_send().is_empty() {
            match self.socket.write(self.connection.data_to_send()) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => self.connection.data_sent(count),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.wait_for(Waits::Response, now);
                    return Ok(false);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if self.waits == Waits::Response {
            self.wait_for(Waits::Between, now);
        }
        Ok(true)
    }

    /// Reads what nobody wants, until the client has ended its side.
    fn discard(&mut self, scratch: &mut [u8]) -> io::Result<Next> {
        match self.socket.read(scratch) {
            Ok(0) => Ok(Next::End),
            Ok(count) => {
                self.scrap += count;
                match self.scrap < MOST_SCRAP {
                    true => Ok(Next::Turn),
                    false => Ok(Next::End),
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(Next::Event),
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(Next::Turn),
            Err(error) => Err(error),
        }
    }
}
