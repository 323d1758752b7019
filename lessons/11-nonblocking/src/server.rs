//! One thread, many conversations.

use std::io::{self, ErrorKind, Read};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use threads::{ACCEPT_PAUSE, AfterAccept, Limits, News, Stop, after_accept};

use crate::{BUDGET, Connection, Endpoint, Interest, Poll, Spin, Turn, Wait, Watched};

/// Bytes that one read may take. All connections share the buffer: nothing stays in it.
const SCRATCH: usize = 64 * 1024;

/// After our end of the stream, a client that has sent nothing for so long is not waited for.
const LINGER: Duration = Duration::from_millis(100);

const READABLE: Interest = Interest {
    readable: true,
    writable: false,
};

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

struct Client {
    connection: Connection<TcpStream>,
    address: SocketAddr,
    /// What it waits for, as its last turn said.
    interest: Interest,
    /// Once our half has ended.
    parting: Option<Parting>,
}

/// Everything has been written; the client may still be sending.
struct Parting {
    echoed: u64,
    /// When something came that was thrown away, or when this began.
    last_heard: Instant,
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
        // Whoever comes when the server should stop is not let in.
        if listener == [true] && !stop.is_stopped() {
            server.accept(now)?;
        }
    }
}
// ANCHOR_END: loop

impl Client {
    fn new(stream: TcpStream, address: SocketAddr, idle: Duration, now: Instant) -> Self {
        Self {
            connection: Connection::new(stream, idle, now),
            address,
            interest: READABLE,
            parting: None,
        }
    }

    fn watched(&self) -> Watched<'_> {
        Watched {
            endpoint: Endpoint::Client(self.connection.stream()),
            interest: self.interest,
            ready: false,
        }
    }

    /// Time until its turn comes though it is not ready.
    fn patience(&self, now: Instant) -> Duration {
        match &self.parting {
            None => self.connection.patience(now),
            Some(parting) => {
                LINGER.saturating_sub(now.saturating_duration_since(parting.last_heard))
            }
        }
    }

    // ANCHOR: client_turn
    /// One turn. Returns the outcome when the conversation is over.
    fn turn(&mut self, now: Instant, scratch: &mut [u8]) -> Option<io::Result<u64>> {
        if self.parting.is_none() {
            match self.connection.turn(now, scratch) {
                Turn::Waits(interest) => {
                    self.interest = interest;
                    return None;
                }
                Turn::Over(Err(error)) => return Some(Err(error)),
                Turn::Over(Ok(echoed)) => self.end(echoed, now),
            }
        }
        self.discard(now, scratch)
    }

    /// Ends our half: the client's read says end of stream.
    fn end(&mut self, echoed: u64, now: Instant) {
        // It fails when the client is gone: the next read will tell.
        let _ = self.connection.stream().shutdown(Shutdown::Write);
        self.interest = READABLE;
        self.parting = Some(Parting {
            echoed,
            last_heard: now,
        });
    }

    /// Throws away what still comes: with unread input, close() would send a reset, and destroy
    /// what of the echo is still under way (lesson 04). A client that has ended first, as most do,
    /// is done with at once.
    fn discard(&mut self, now: Instant, scratch: &mut [u8]) -> Option<io::Result<u64>> {
        let parting = self.parting.as_mut()?;
        let mut stream = self.connection.stream();
        let mut heard = 0;
        while heard < BUDGET {
            match stream.read(scratch) {
                Ok(0) => return Some(Ok(parting.echoed)),
                Ok(count) => {
                    heard += count;
                    parting.last_heard = now;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Some(Ok(parting.echoed)), // Gone, when all was written.
            }
        }
        let echoed = parting.echoed;
        self.patience(now).is_zero().then_some(Ok(echoed))
    }
    // ANCHOR_END: client_turn
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
            interest: READABLE,
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
        let idle = self.clients.iter().map(|client| client.patience(now));
        idle.chain(accept).chain(drained).min()
    }

    /// A turn for each client that is ready, and for each whose time is over.
    fn give_turns(&mut self, ready: &[bool], now: Instant, scratch: &mut [u8]) {
        let mut ready = ready.iter();
        let report = &self.report;
        self.clients.retain_mut(|client| {
            let is_ready = ready.next() == Some(&true);
            if !is_ready && !client.patience(now).is_zero() {
                return true;
            }
            let Some(outcome) = client.turn(now, scratch) else {
                return true;
            };
            // Policy, failed client: it is reported, and the others are served.
            report(News::Ended(client.address, outcome));
            false // The client is dropped: close().
        });
    }

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
                Ok((stream, address)) => {
                    // As in lesson 09. Is the client gone? The first read will tell.
                    let _ = stream.set_nodelay(true);
                    let client = Client::new(stream, address, self.limits.idle, now);
                    self.clients.push(client);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                // Policy, failed accept: as in lesson 09, but the pause keeps nobody waiting.
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

    /// Policy, drain deadline: once everybody has left, or may stay no longer, how many were cut off.
    fn has_stopped(&mut self, now: Instant) -> Option<usize> {
        let left = self.drain_left(now)?;
        if !left.is_zero() && !self.clients.is_empty() {
            return None;
        }
        let mut cut_off = 0;
        for client in self.clients.drain(..) {
            let outcome = match client.parting {
                Some(parting) => Ok(parting.echoed), // It has its echo, and never stops sending.
                None => {
                    cut_off += 1;
                    let sentence = "cut off: the server has stopped";
                    Err(io::Error::new(ErrorKind::TimedOut, sentence))
                }
            };
            (self.report)(News::Ended(client.address, outcome));
        }
        Some(cut_off)
    }
}
