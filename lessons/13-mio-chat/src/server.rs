//! The loop: whose turn it is, and what the room, the clock and the listener want.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chat_threads::protocol::{Notice, Refused};
use chat_threads::{QueueFull, Room};
use mio::event::Event;
use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Token, Waker};
use threads::{ACCEPT_PAUSE, AfterAccept, Limits, News, Stop, after_accept};

use crate::connection::{Connection, State, Step};
use crate::{Slots, Timers};

// ANCHOR: policies
/// Policy, fairness: steps that a connection may do in one turn, a read or a message each. Then it
/// is another one's turn, whatever is left.
pub const TURN: usize = 32;

/// Policy, back-pressure: who has so many bytes waiting is not listened to. It would be told of
/// what it says, and does not even take what it has been told.
pub const HIGH_WATER_MARK: usize = 128 * 1024;

/// When no more than this waits, it is listened to again.
pub const LOW_WATER_MARK: usize = 32 * 1024;

/// How long a client that was refused has, after the end of our stream, to hang up too. Closed
/// sooner, its last message would cause a reset, and the reset destroy the refusal.
pub const LINGER: Duration = Duration::from_secs(1);
// ANCHOR_END: policies

/// Bytes that one read may take. There is one buffer, for all connections.
const BUFFER_SIZE: usize = 16 * 1024;

/// Events that one wait brings at most. The others come with the next one.
const EVENTS: usize = 1024;

/// These are no connection's tokens, see [`Slots::insert`]. As timers they mean: accept again, and
/// cut off who is left.
const LISTENER: Token = Token(usize::MAX);
const WAKER: Token = Token(usize::MAX - (1 << (usize::BITS / 2)));

// ANCHOR: serve
/// Serves the chat of lesson 10 on `listener` until `stop` is asked to, and returns how many
/// conversations had to be cut off then. `report` is told of each that ends, with its messages.
///
/// # Errors
///
/// When the system has no more to give at the start, or when `accept` fails for good, see
/// [`after_accept`]. All connections are closed then.
pub fn serve(
    listener: std::net::TcpListener,
    limits: Limits,
    stop: &Stop,
    report: impl Fn(News) + Send + Sync + 'static,
) -> io::Result<usize> {
    let poll = Poll::new()?;
    let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
    // Weak: when we have returned, nobody holds the waker's descriptor.
    let weak = Arc::downgrade(&waker);
    stop.on_stop(move || {
        if let Some(waker) = weak.upgrade() {
            let _ = waker.wake(); // A loop that is gone needs no waking.
        }
    });
    listener.set_nonblocking(true)?;
    let mut listener = TcpListener::from_std(listener);
    poll.registry()
        .register(&mut listener, LISTENER, Interest::READABLE)?;
    let server = Server {
        poll,
        listener: Some(listener),
        acceptable: true,
        limits,
        connections: Slots::new(),
        room: Room::new(),
        timers: Timers::new(),
        ready: VecDeque::new(),
        buffer: vec![0; BUFFER_SIZE],
        report,
    };
    server.run(stop)
}
// ANCHOR_END: serve

struct Server<R> {
    poll: Poll,
    /// `None`: we are stopping.
    listener: Option<TcpListener>,
    /// There may be somebody to accept: the edge has come, and no `WouldBlock` since.
    acceptable: bool,
    limits: Limits,
    connections: Slots<Connection>,
    room: Room<usize>,
    timers: Timers<usize>,
    /// Whose turn comes next. Everybody is in it once at most.
    ready: VecDeque<usize>,
    buffer: Vec<u8>,
    report: R,
}

impl<R: Fn(News)> Server<R> {
    // ANCHOR: run
    fn run(mut self, stop: &Stop) -> io::Result<usize> {
        let mut events = Events::with_capacity(EVENTS);
        let mut cut_off = 0;
        while self.listener.is_some() || !self.connections.is_empty() {
            self.accept()?;
            let wait = if self.has_work() {
                Some(Duration::ZERO)
            } else {
                self.timers.wait(Instant::now())
            };
            match self.poll.poll(&mut events, wait) {
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            let now = Instant::now();
            for event in &events {
                self.note(event);
            }
            if self.listener.is_some() && stop.is_stopped() {
                self.begin_to_stop(now);
            }
            // One round: who gets ready meanwhile waits for the next.
            for _ in 0..self.ready.len() {
                if let Some(token) = self.ready.pop_front() {
                    self.turn(token, now);
                }
            }
            while let Some(token) = self.timers.expired(now) {
                cut_off += self.overdue(token, now);
            }
        }
        Ok(cut_off)
    }

    /// Whether there is something to do that no event and no timer will tell.
    fn has_work(&self) -> bool {
        !self.ready.is_empty() || (self.acceptable && self.may_accept())
    }

    /// Remembers what `event` says. Nothing is read or written here: that is for the turns.
    fn note(&mut self, event: &Event) {
        match event.token() {
            LISTENER => self.acceptable = true,
            WAKER => {} // The loop asks `stop` in any case.
            Token(token) => {
                // The connection may have ended since the kernel made this event.
                let Some(connection) = self.connections.get_mut(token) else {
                    return;
                };
                connection.readable |= event.is_readable() || event.is_error();
                connection.writable |= event.is_writable() || event.is_error();
                schedule(connection, &mut self.ready, token);
            }
        }
    }
    // ANCHOR_END: run

    // ANCHOR: accept
    /// Policy, cap: at the limit nobody is accepted, and clients wait in the backlog. Their edge has
    /// been reported already, so `acceptable` remembers it.
    fn may_accept(&self) -> bool {
        self.listener.is_some()
            && self.connections.len() < self.limits.connections
            && !self.timers.contains(LISTENER.0)
    }

    fn accept(&mut self) -> io::Result<()> {
        for _ in 0..TURN {
            if !(self.acceptable && self.may_accept()) {
                break;
            }
            let Some(listener) = &self.listener else {
                break;
            };
            match listener.accept() {
                Ok((stream, address)) => {
                    if let Err(error) = self.welcome(Connection::new(stream, address)) {
                        (self.report)(News::Ended(address, Err(error)));
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.acceptable = false,
                // Policy, failed accept: the others are served meanwhile.
                Err(error) => match after_accept(&error) {
                    AfterAccept::Next => {}
                    AfterAccept::Pause => {
                        let again = Instant::now() + ACCEPT_PAUSE;
                        self.timers.set(LISTENER.0, again);
                        (self.report)(News::AcceptFailed(error));
                    }
                    AfterAccept::GiveUp => return Err(error),
                },
            }
        }
        Ok(())
    }

    /// Registers a connection, once and for both directions: edges are rare, and remembered.
    fn welcome(&mut self, connection: Connection) -> io::Result<()> {
        // One write tells all that there is to tell: it should not wait for another, lesson 07.
        connection.stream.set_nodelay(true)?;
        let token = self.connections.insert(connection);
        let Some(connection) = self.connections.get_mut(token) else {
            return Ok(());
        };
        let both = Interest::READABLE | Interest::WRITABLE;
        let registered = self
            .poll
            .registry()
            .register(&mut connection.stream, Token(token), both);
        match registered {
            Ok(()) => self.timers.set(token, Instant::now() + self.limits.idle),
            Err(_) => drop(self.connections.remove(token)),
        }
        registered
    }
    // ANCHOR_END: accept

    // ANCHOR: turn
    /// One turn of a connection: it may write what waits, and read what its budget allows.
    fn turn(&mut self, token: usize, now: Instant) {
        // Policy, failed client: it is reported, and harms nobody.
        if let Err(error) = self.try_turn(token, now) {
            self.lose(token, Some(error));
        }
    }

    fn try_turn(&mut self, token: usize, now: Instant) -> io::Result<()> {
        let Some(connection) = self.connections.get_mut(token) else {
            return Ok(());
        };
        connection.scheduled = false;
        if connection.overrun {
            return Err(QueueFull.into());
        }
        // Who is not listened to, or is leaving, shows that it is there by taking what waits.
        let waiting = connection.outbox.waiting();
        let unheard = connection.state == State::Leaving || connection.throttle.stops(waiting);
        connection.write()?;
        if unheard && connection.outbox.waiting() < waiting && self.listener.is_some() {
            self.timers.set(token, now + self.limits.idle);
        }
        match connection.state {
            State::Open => self.listen(token, now),
            State::Leaving => self.leave(token, now),
            State::Lingering => self.linger(token),
        }
    }

    fn listen(&mut self, token: usize, now: Instant) -> io::Result<()> {
        for _ in 0..TURN {
            let Some(connection) = self.connections.get_mut(token) else {
                return Ok(());
            };
            // Whatever waits will be written, and that is another turn.
            if connection.overrun || connection.throttle.stops(connection.outbox.waiting()) {
                return Ok(());
            }
            let why = match connection.step(&mut self.buffer)? {
                Step::Message(message) => {
                    connection.messages += 1;
                    self.timers.set(token, now + self.limits.idle);
                    let post = post(&mut self.connections, &mut self.ready);
                    match self.room.receive(token, &message, post) {
                        Ok(()) => continue,
                        Err(why) => why,
                    }
                }
                Step::Moved => continue,
                Step::Wait => return Ok(()),
                Step::End(why) => {
                    connection.why = why;
                    self.start_leaving(token, now);
                    return Ok(());
                }
                Step::TooLong if self.room.contains(token) => Refused::BadText,
                Step::TooLong => Refused::BadName,
            };
            self.refuse(token, why, now);
            return Ok(());
        }
        // The budget is used up. There will be no edge for what is left.
        self.schedule(token);
        Ok(())
    }
    // ANCHOR_END: turn

    // ANCHOR: leaving
    fn refuse(&mut self, token: usize, why: Refused, now: Instant) {
        self.start_leaving(token, now);
        let Some(connection) = self.connections.get_mut(token) else {
            return;
        };
        connection.why = Some(why.into());
        // Whose queue is full will do without.
        let _ = connection
            .outbox
            .push(&Notice::Refused(why).to_frame().into());
    }

    /// From now on nothing of it is heard. It is given up when it takes nothing of the rest for as
    /// long as it may be silent.
    fn start_leaving(&mut self, token: usize, now: Instant) {
        let post = post(&mut self.connections, &mut self.ready);
        self.room.leave(token, post);
        if let Some(connection) = self.connections.get_mut(token) {
            connection.state = State::Leaving;
            self.timers.set(token, now + self.limits.idle);
        }
        self.schedule(token);
    }

    /// Goes on with one that is leaving: first it gets the rest, then the end of the stream.
    /// Nothing is read meanwhile. Who sends for ever and takes nothing has to wait.
    fn leave(&mut self, token: usize, now: Instant) -> io::Result<()> {
        let Some(connection) = self.connections.get_mut(token) else {
            return Ok(());
        };
        if connection.outbox.waiting() > 0 {
            return Ok(());
        }
        connection.stream.shutdown(Shutdown::Write)?;
        connection.state = State::Lingering;
        self.timers.set(token, now + LINGER);
        self.linger(token)
    }

    fn linger(&mut self, token: usize) -> io::Result<()> {
        let Some(connection) = self.connections.get_mut(token) else {
            return Ok(());
        };
        // A server that stops has no time to linger: it throws away what is there, and closes.
        let stopping = self.listener.is_none();
        connection.readable |= stopping && !connection.ended;
        let more = connection.discard(&mut self.buffer)?;
        if connection.ended || stopping {
            self.lose(token, None);
        } else if more {
            self.schedule(token);
        }
        Ok(())
    }

    /// Closes a connection and reports how it ended: the first reason counts.
    fn lose(&mut self, token: usize, error: Option<io::Error>) {
        let post = post(&mut self.connections, &mut self.ready);
        self.room.leave(token, post);
        self.timers.cancel(token);
        let Some(connection) = self.connections.remove(token) else {
            return;
        };
        let outcome = match connection.why.or(error) {
            Some(error) => Err(error),
            None => Ok(connection.messages),
        };
        (self.report)(News::Ended(connection.address, outcome));
    } // `connection` is dropped here: close(), which also ends its registration, epoll(7).
    // ANCHOR_END: leaving

    // ANCHOR: overdue
    /// The time of `token` is over. Returns how many had to be cut off.
    fn overdue(&mut self, token: usize, now: Instant) -> usize {
        if token == WAKER.0 {
            return self.cut_off();
        }
        let state = self.connections.get_mut(token).map(|c| c.state);
        match state {
            // Policy, idle: no whole message for too long.
            Some(State::Open) => self.refuse(token, Refused::Silent, now),
            // Policy, slow client: it does not take its rest.
            Some(State::Leaving) => {
                let sentence = "it did not take the rest in time";
                let error = io::Error::new(ErrorKind::TimedOut, sentence);
                self.lose(token, Some(error));
            }
            Some(State::Lingering) => self.lose(token, None),
            None => {} // The listener: `may_accept` looks at its timer.
        }
        0
    }
    // ANCHOR_END: overdue

    // ANCHOR: stop
    /// Drain: the listener is closed, nothing more is taken, and all get the rest.
    fn begin_to_stop(&mut self, now: Instant) {
        self.listener = None;
        self.timers = Timers::new();
        self.timers.set(WAKER.0, now + self.limits.drain);
        let post = post(&mut self.connections, &mut self.ready);
        self.room.close(post);
        for token in self.connections.tokens() {
            if let Some(connection) = self.connections.get_mut(token)
                && connection.state == State::Open
            {
                connection.state = State::Leaving;
            }
            self.schedule(token);
        }
    }

    /// The drain's deadline.
    fn cut_off(&mut self) -> usize {
        let tokens = self.connections.tokens();
        for token in &tokens {
            let error = io::Error::new(ErrorKind::TimedOut, "it was cut off: the server stops");
            self.lose(*token, Some(error));
        }
        tokens.len()
    }
    // ANCHOR_END: stop

    fn schedule(&mut self, token: usize) {
        if let Some(connection) = self.connections.get_mut(token) {
            schedule(connection, &mut self.ready, token);
        }
    }
}

// ANCHOR: post
/// Puts `token` into the queue for a turn, once.
fn schedule(connection: &mut Connection, ready: &mut VecDeque<usize>, token: usize) {
    if !connection.scheduled {
        connection.scheduled = true;
        ready.push_back(token);
    }
}

/// How the room tells a member something: into its queue, and it gets a turn to write it.
fn post<'a>(
    connections: &'a mut Slots<Connection>,
    ready: &'a mut VecDeque<usize>,
) -> impl FnMut(usize, &Arc<[u8]>) -> Result<(), QueueFull> + 'a {
    move |token, frame| {
        let connection = connections.get_mut(token).ok_or(QueueFull)?;
        let taken = connection.outbox.push(frame);
        // Policy, slow consumer: its connection ends with its next turn.
        connection.overrun |= taken.is_err();
        schedule(connection, ready, token);
        taken
    }
}
// ANCHOR_END: post
