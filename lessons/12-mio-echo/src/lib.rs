//! Lesson 12: the readiness loop.
//!
//! One thread holds all conversations. It waits in one place, for all sockets at once, and the
//! kernel tells which of them changed. Then it does for each of those what can be done without
//! waiting, and waits again.
//!
//! mio registers sockets edge-triggered: an event tells that something *has come*, once, and not
//! that something is there. So whoever leaves something undone (unread bytes, clients not
//! accepted) has to remember it, because no event will. Three memories do that here, and nothing
//! else is needed: a flag for the listener, a list of connections that get another turn, and a list
//! of moments for what time alone will bring.

mod connection;
mod wake;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::io::{self, ErrorKind};
use std::net::{self, SocketAddr};
use std::time::{Duration, Instant};

use connection::{Connection, Next};
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use threads::{ACCEPT_PAUSE, AfterAccept, Limits, News, Stop, after_accept};
use wake::WakeOnStop;

/// Bytes that one read may bring, and so the most that waits to be written to one client: while
/// anything waits, nothing more is read from that client.
pub const HIGH_WATER_MARK: usize = 64 * 1024;

/// Reads of one connection before the others get their turn.
const READS_PER_TURN: usize = 4;

/// Clients that are accepted before those that are here get their turn.
const ACCEPTS_PER_TURN: usize = 64;

/// Events that one wait may bring. More of them come with the next one.
const EVENTS_PER_WAIT: usize = 1024;

/// Bytes of a client that are thrown away when the server stops. More than a kernel holds for one
/// connection, unless told otherwise; a client that sends for ever must not keep the others.
const DISCARD_AT_MOST: usize = 16 * 1024 * 1024;

/// How long a client may be silent that has all of its echo, and has not ended its stream.
const LINGER: Duration = Duration::from_millis(100);

/// As good as never. A moment further away may be more than an `Instant` can hold.
const FOREVER: Duration = Duration::from_secs(60 * 60 * 24 * 365);

const LISTENER: Token = Token(0);
const STOP: Token = Token(1);
const FIRST_CLIENT: usize = 2;

// ANCHOR: serve
/// Echoes for all clients of `listener` at once, in the thread that calls, until `stop` is asked for,
/// and tells `report` what happens.
///
/// Returns how many conversations had to be cut off, because they were not over `limits.drain` after
/// the stop. The listener is closed then, and so is everything else.
///
/// # Errors
///
/// When `accept` or poll fails for a reason that will not pass. Every connection is closed then.
pub fn serve(
    listener: net::TcpListener,
    limits: Limits,
    stop: &Stop,
    report: impl Fn(News) + Send + Sync + 'static,
) -> io::Result<usize> {
    let mut server = Server::new(listener, limits, report)?;
    let _wake = WakeOnStop::new(server.poll.registry(), STOP, stop)?;
    let mut events = Events::with_capacity(EVENTS_PER_WAIT);
    loop {
        let timeout = server.timeout(Instant::now());
        match server.poll.poll(&mut events, timeout) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        }
        let now = Instant::now();
        // An event only says where to look. Whether it was about reading, writing or an error, the
        // calls themselves will tell, and better.
        for event in &events {
            match event.token() {
                LISTENER => server.clients_wait = true,
                STOP => server.drain(now),
                token => server.make_ready(token),
            }
        }
        server.accept(now)?;
        server.give_turns(now);
        server.give_up_idle(now);
        if let Some(cut_off) = server.is_over(now) {
            return Ok(cut_off);
        }
    }
}
// ANCHOR_END: serve

// ANCHOR: server
struct Server<R> {
    poll: Poll,
    limits: Limits,
    report: R,
    /// `None` when the server stops.
    listener: Option<TcpListener>,
    /// An event said so, and no accept has said WouldBlock since.
    clients_wait: bool,
    /// Not before this moment, after a failed accept.
    accept_at: Option<Instant>,
    connections: HashMap<Token, Connection>,
    /// Tokens count up, and none is used twice. So an event that is late can never be taken for
    /// one of another client.
    next_token: usize,
    /// Those that get a turn. Each stands here once.
    ready: VecDeque<Token>,
    /// When to look whether a client is idle: one moment for each, the earliest first.
    looks: BTreeSet<(Instant, Token)>,
    /// When the last conversation is cut off, once the server stops.
    drain_until: Option<Instant>,
    /// Where reads put their bytes. One for all connections: nothing stays in it.
    scratch: Box<[u8]>,
}
// ANCHOR_END: server

impl<R: Fn(News)> Server<R> {
    fn new(listener: net::TcpListener, limits: Limits, report: R) -> io::Result<Self> {
        listener.set_nonblocking(true)?; // from_std leaves that to us.
        let mut listener = TcpListener::from_std(listener);
        let poll = Poll::new()?;
        poll.registry()
            .register(&mut listener, LISTENER, Interest::READABLE)?;
        Ok(Self {
            poll,
            limits,
            report,
            listener: Some(listener),
            clients_wait: false,
            accept_at: None,
            connections: HashMap::new(),
            next_token: FIRST_CLIENT,
            ready: VecDeque::new(),
            looks: BTreeSet::new(),
            drain_until: None,
            scratch: vec![0; HIGH_WATER_MARK].into_boxed_slice(),
        })
    }

    // ANCHOR: timeout
    /// How long the loop may wait for an event: not at all while there is something to do that no
    /// event will tell, and otherwise until the earliest moment that has to be met.
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
        self.listener.is_some() && self.connections.len() < self.limits.connections
    }

    fn may_accept(&self, now: Instant) -> bool {
        self.clients_wait && self.has_room() && self.accept_at.is_none_or(|at| at <= now)
    }
    // ANCHOR_END: timeout

    // ANCHOR: accept
    /// Accepts until WouldBlock. Stopping earlier, at the cap or after a failure, leaves
    /// `clients_wait` true, and so the loop comes back as soon as it may accept again: no event
    /// will come for those who wait already.
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

    fn welcome(&mut self, mut socket: TcpStream, address: SocketAddr, now: Instant) {
        // What we write is all that we have. To hold it back could only cost time (lesson 07).
        let _ = socket.set_nodelay(true); // Is the client gone? The first read will tell.
        let token = Token(self.next_token);
        self.next_token += 1;
        // If bytes came before this line, registering makes an event of them.
        let registered = self
            .poll
            .registry()
            .register(&mut socket, token, Interest::READABLE);
        if let Err(error) = registered {
            return (self.report)(News::Ended(address, Err(error)));
        }
        let look_at = now + self.limits.idle.min(FOREVER);
        self.looks.insert((look_at, token));
        let connection = Connection::new(socket, address, now, look_at);
        self.connections.insert(token, connection);
    }
    // ANCHOR_END: accept

    // ANCHOR: give_turns
    /// An event for somebody who is gone is no news.
    fn make_ready(&mut self, token: Token) {
        if let Some(connection) = self.connections.get_mut(&token)
            && !connection.is_ready
        {
            connection.is_ready = true;
            self.ready.push_back(token);
        }
    }

    /// One turn for each connection that is ready now. Those that need another one get it after the
    /// next look at the events.
    fn give_turns(&mut self, now: Instant) {
        for _ in 0..self.ready.len() {
            let Some(token) = self.ready.pop_front() else {
                return;
            };
            let Some(connection) = self.connections.get_mut(&token) else {
                continue; // Given up since.
            };
            connection.is_ready = false;
            match connection.turn(&mut self.scratch, now) {
                Ok(Next::Event) => {
                    if connection.lingers.is_some() {
                        self.look_earlier(token);
                    }
                    self.update_interest(token);
                }
                Ok(Next::Turn) => self.make_ready(token),
                Ok(Next::End) => self.end(token, Ok(())),
                // Policy, failed client: it is reported, and nobody else notices.
                Err(error) => self.end(token, Err(error)),
            }
        }
    }

    /// Tells the kernel when what a connection waits for is something else than before. If it has
    /// come in the meantime, this makes an event of it.
    fn update_interest(&mut self, token: Token) {
        let Some(connection) = self.connections.get_mut(&token) else {
            return;
        };
        let wanted = connection.wanted();
        if wanted == connection.interest {
            return;
        }
        connection.interest = wanted;
        let registry = self.poll.registry();
        if let Err(error) = registry.reregister(&mut connection.socket, token, wanted) {
            self.end(token, Err(error));
        }
    }
    // ANCHOR_END: give_turns

    fn end(&mut self, token: Token, outcome: io::Result<()>) {
        let Some(mut connection) = self.connections.remove(&token) else {
            return;
        };
        self.looks.remove(&(connection.look_at, token));
        // If that fails, the socket is no longer registered: just what is wanted.
        let _ = self.poll.registry().deregister(&mut connection.socket);
        let (address, echoed) = (connection.address, connection.echoed);
        drop(connection); // close()
        (self.report)(News::Ended(address, outcome.map(|()| echoed)));
    }

    // ANCHOR: give_up_idle
    /// Policy, slow client: when nothing has moved for `limits.idle`, it is given up.
    ///
    /// A client that moves bytes does not move its entry in `looks`. That would cost time with each
    /// event. Only when the moment has come, the entry is put where it belongs by now: so each
    /// client is looked at once in `limits.idle`, and nobody ever looks at all of them.
    fn give_up_idle(&mut self, now: Instant) {
        while let Some(&(look_at, token)) = self.looks.first()
            && look_at <= now
        {
            self.looks.pop_first();
            let Some(connection) = self.connections.get_mut(&token) else {
                continue;
            };
            connection.look_at =
                connection.moved + connection.patience(self.limits.idle.min(FOREVER));
            if connection.look_at > now {
                self.looks.insert((connection.look_at, token));
            } else if connection.lingers.is_some() {
                self.end(token, Ok(())); // It has all, and says nothing more.
            } else {
                let sentence = format!("nothing moved for {:?}", self.limits.idle);
                self.end(token, Err(io::Error::new(ErrorKind::TimedOut, sentence)));
            }
        }
    }
    // ANCHOR_END: give_up_idle

    /// A client that lingers has less patience to expect: its entry is moved at once.
    fn look_earlier(&mut self, token: Token) {
        if let Some(connection) = self.connections.get_mut(&token) {
            self.looks.remove(&(connection.look_at, token));
            connection.look_at = connection.moved + LINGER;
            self.looks.insert((connection.look_at, token));
        }
    }

    // ANCHOR: drain
    /// The listener is closed now. Nothing more is read to be echoed, and what was read is written.
    fn drain(&mut self, now: Instant) {
        if let Some(mut listener) = self.listener.take() {
            let _ = self.poll.registry().deregister(&mut listener); // As in `end`.
        }
        self.drain_until = Some(now + self.limits.drain.min(FOREVER));
        // Who has to take something first keeps waiting for room: an event will tell of it. To those
        // who wait for bytes nothing would.
        let mut done = Vec::new();
        for (token, connection) in &mut self.connections {
            connection.ended = true;
            if connection.wanted() == Interest::READABLE {
                done.push(*token);
            }
        }
        for token in done {
            self.make_ready(token);
        }
    }

    /// Whether the server has stopped, and how many conversations it had to cut off.
    fn is_over(&mut self, now: Instant) -> Option<usize> {
        let drain_until = self.drain_until?;
        if now < drain_until && !self.connections.is_empty() {
            return None;
        }
        let left: Vec<(Token, bool)> = self
            .connections
            .iter()
            .map(|(token, connection)| (*token, connection.lingers.is_some()))
            .collect();
        let mut cut_off = 0;
        for (token, lingers) in left {
            if lingers {
                self.end(token, Ok(()));
                continue;
            }
            cut_off += 1;
            let sentence = "cut off, because the server stopped";
            self.end(token, Err(io::Error::new(ErrorKind::TimedOut, sentence)));
        }
        Some(cut_off)
    }
    // ANCHOR_END: drain
}
