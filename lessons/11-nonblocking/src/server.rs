//! One thread, many conversations.

use std::io::{self, ErrorKind, Read};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use threads::{ACCEPT_PAUSE, AfterAccept, Limits, News, Stop, after_accept};

use crate::{Connection, Endpoint, Interest, Poll, Spin, Turn, Wait, Watched};

/// Bytes that one read may take. All connections share the buffer: nothing stays in it.
const SCRATCH: usize = 64 * 1024;

/// Bytes of a client that are thrown away when the server stops: more than a kernel usually keeps
/// for one connection, tcp(7), and an end for a client that never stops sending.
const MAX_DISCARD: u64 = 8 * 1024 * 1024;

const ACCEPTABLE: Interest = Interest {
    readable: true,
    writable: false,
};

// ANCHOR: serve
/// Echoes for the clients of `listener` until `stop`, all in one thread, and tells `report` what
/// became of each. Returns how many conversations had to be cut off.
///
/// # Errors
///
/// When `accept` fails for a reason that will not pass, or poll(2) does. All connections are closed
/// then.
pub fn serve(
    listener: TcpListener,
    limits: Limits,
    stop: &Stop,
    report: impl Fn(News) + Send + Sync + 'static,
) -> io::Result<usize> {
    serve_with(Poll::new(stop)?, listener, limits, stop, report)
}

/// As [`serve`], but asks all sockets again and again instead of waiting.
///
/// # Errors
///
/// When `accept` fails for a reason that will not pass.
pub fn serve_spinning(
    listener: TcpListener,
    limits: Limits,
    stop: &Stop,
    report: impl Fn(News) + Send + Sync + 'static,
) -> io::Result<usize> {
    serve_with(Spin, listener, limits, stop, report)
}
// ANCHOR_END: serve

struct Client {
    connection: Connection<TcpStream>,
    address: SocketAddr,
    /// What it waits for, as its last turn said.
    interest: Interest,
}

struct Server<R> {
    /// `None` from the moment when it should stop.
    listener: Option<TcpListener>,
    clients: Vec<Client>,
    limits: Limits,
    report: R,
    /// When `accept` failed for want of something.
    accept_failed: Option<Instant>,
    /// When it was seen that the server should stop.
    stopped: Option<Instant>,
}

// ANCHOR: loop
/// As [`serve`], with another way to wait. It must end its wait when `stop` is asked for.
///
/// # Errors
///
/// When `accept` fails for a reason that will not pass, or `wait` does.
pub fn serve_with(
    mut wait: impl Wait,
    listener: TcpListener,
    limits: Limits,
    stop: &Stop,
    report: impl Fn(News) + Send + Sync + 'static,
) -> io::Result<usize> {
    listener.set_nonblocking(true)?;
    let mut scratch = vec![0; SCRATCH];
    let mut server = Server {
        listener: Some(listener),
        clients: Vec::new(),
        limits,
        report,
        accept_failed: None,
        stopped: None,
    };
    loop {
        let now = Instant::now();
        if stop.is_stopped() && server.stopped.is_none() {
            server.begin_to_stop(now, &mut scratch);
        }
        if let Some(cut_off) = server.has_stopped(now) {
            return Ok(cut_off);
        }

        let mut watched: Vec<Watched> = server.clients.iter().map(Client::watched).collect();
        watched.extend(server.acceptable(now));
        wait.wait(&mut watched, server.timeout(now))?;
        let ready: Vec<bool> = watched.iter().map(|socket| socket.ready).collect();

        let now = Instant::now();
        // The listener stood behind the clients.
        let (clients, listener) = ready.split_at(server.clients.len());
        server.give_turns(clients, now, &mut scratch);
        if listener == [true] {
            server.accept(now)?;
        }
    }
}
// ANCHOR_END: loop

impl Client {
    fn watched(&self) -> Watched<'_> {
        Watched {
            endpoint: Endpoint::Client(self.connection.stream()),
            interest: self.interest,
            ready: false,
        }
    }
}

impl<R: Fn(News)> Server<R> {
    /// The listener, if a client may come in.
    fn acceptable(&self, now: Instant) -> Option<Watched<'_>> {
        // Policy, cap: no accept; the client waits in the backlog until somebody leaves.
        if self.clients.len() >= self.limits.connections || !self.accept_pause(now).is_zero() {
            return None;
        }
        self.listener.as_ref().map(|listener| Watched {
            endpoint: Endpoint::Listener(listener),
            interest: ACCEPTABLE,
            ready: false,
        })
    }

    /// What is left of the pause after a failed accept.
    fn accept_pause(&self, now: Instant) -> Duration {
        self.accept_failed.map_or(Duration::ZERO, |failed| {
            ACCEPT_PAUSE.saturating_sub(now.saturating_duration_since(failed))
        })
    }

    /// Until something is due that no socket will tell; `None` when nothing is.
    fn timeout(&self, now: Instant) -> Option<Duration> {
        let accept = Some(self.accept_pause(now)).filter(|pause| !pause.is_zero());
        let drained = self.drain_left(now);
        let idle = self
            .clients
            .iter()
            .map(|client| client.connection.patience(now));
        idle.chain(accept).chain(drained).min()
    }

    // ANCHOR: give_turns
    /// A turn for each client that is ready, and for each whose time is over.
    fn give_turns(&mut self, ready: &[bool], now: Instant, scratch: &mut [u8]) {
        let mut ready = ready.iter();
        let report = &self.report;
        self.clients.retain_mut(|client| {
            let is_ready = ready.next() == Some(&true);
            if !is_ready && !client.connection.patience(now).is_zero() {
                return true;
            }
            match client.connection.turn(now, scratch) {
                Turn::Waits(interest) => {
                    client.interest = interest;
                    true
                }
                // Policy, failed client: it is reported, and the others are served.
                Turn::Over(outcome) => {
                    if outcome.is_ok() {
                        hang_up(client.connection.stream());
                    }
                    report(News::Ended(client.address, outcome));
                    false // The client is dropped: close().
                }
            }
        });
    }
    // ANCHOR_END: give_turns

    // ANCHOR: accept
    /// Lets clients in until none waits, or no more may come in.
    fn accept(&mut self, now: Instant) -> io::Result<()> {
        let Some(listener) = &self.listener else {
            return Ok(());
        };
        while self.clients.len() < self.limits.connections {
            let accepted = listener.accept().and_then(|(stream, address)| {
                stream.set_nonblocking(true)?; // On Linux it does not come from the listener.
                Ok((stream, address))
            });
            match accepted {
                Ok((stream, address)) => self.clients.push(Client {
                    connection: Connection::new(stream, self.limits.idle, now),
                    address,
                    interest: ACCEPTABLE,
                }),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => match after_accept(&error) {
                    AfterAccept::Next => {}
                    AfterAccept::Pause => {
                        self.accept_failed = Some(now);
                        (self.report)(News::AcceptFailed(error));
                        break;
                    }
                    AfterAccept::GiveUp => return Err(error),
                },
            }
        }
        Ok(())
    }
    // ANCHOR_END: accept

    // ANCHOR: stop
    /// Policy, stop: nobody comes in, nothing more is read, what was read is written.
    fn begin_to_stop(&mut self, now: Instant, scratch: &mut [u8]) {
        self.stopped = Some(now);
        self.listener = None;
        for client in &mut self.clients {
            client.connection.end_input();
        }
        // Those for whom nothing waits are done at once: no event would tell.
        self.give_turns(&vec![true; self.clients.len()], now, scratch);
    }

    /// What is left of the time to stop, once it runs.
    fn drain_left(&self, now: Instant) -> Option<Duration> {
        let stopped = self.stopped?;
        Some((self.limits.drain).saturating_sub(now.saturating_duration_since(stopped)))
    }

    /// Once everybody has left, or may stay no longer: how many were cut off.
    fn has_stopped(&mut self, now: Instant) -> Option<usize> {
        let left = self.drain_left(now)?;
        if !left.is_zero() && !self.clients.is_empty() {
            return None;
        }
        let cut_off = self.clients.len();
        for client in self.clients.drain(..) {
            let error = io::Error::new(ErrorKind::TimedOut, "cut off: the server has stopped");
            (self.report)(News::Ended(client.address, Err(error)));
        }
        Some(cut_off)
    }
}

/// Ends our half, and throws away what has come meanwhile: with unread input, close() would send a
/// reset (lesson 04). It does not wait for more.
fn hang_up(stream: &TcpStream) {
    // Both fail when the client is gone already: then there is nobody left to be polite to.
    let _ = stream.shutdown(Shutdown::Write);
    let _ = io::copy(&mut stream.take(MAX_DISCARD), &mut io::sink());
}
// ANCHOR_END: stop
