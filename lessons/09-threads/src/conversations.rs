//! The conversations of a server: who may begin one, which are open, and how all of them end.
//!
//! Both servers of this lesson accept and drain with this. They differ in who holds a
//! conversation: a thread of its own, or a worker of the pool.

use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use timeouts::{Heard, listen_for};

use crate::{ACCEPT_PAUSE, AfterAccept, Limits, News, Stop, after_accept};

/// How long the connection that wakes a blocked accept may take: it goes to this computer.
const WAKE_PATIENCE: Duration = Duration::from_secs(1);

/// Bytes that one read may throw away at the end of a conversation.
const SCRAP: usize = 16 * 1024;
/// Bytes that are thrown away in all: more than a client's and our own buffers hold, and an end all
/// the same for a client that never stops sending.
const MOST_SCRAP: usize = 16 * 1024 * 1024;
/// A client that was sending, and is silent for so long, has heard that we send no more.
const QUIET: Duration = Duration::from_millis(500);
/// Between two looks whether something more has come.
const MOMENT: Duration = Duration::from_millis(20);

/// All conversations of one server.
pub(crate) struct Conversations {
    limits: Limits,
    /// Where a connection wakes our own accept.
    address: SocketAddr,
    state: Mutex<State>,
    /// A conversation is over, or somebody asked to stop.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    open: HashMap<u64, Arc<Client>>,
    begun: u64,
    /// The accepting thread is inside of accept().
    accepting: bool,
    stopped: Option<Instant>,
    cut_off: bool,
    /// A descriptor that we give up when we need one, to connect to ourselves: that must work also
    /// when there is no other left.
    spare: Option<TcpListener>,
}

struct Client {
    stream: TcpStream,
    /// Its thread is inside of read(), or about to ask whether it may.
    reading: AtomicBool,
}

impl Conversations {
    /// None yet. From now on `stop` ends them.
    pub(crate) fn new(
        listener: &TcpListener,
        limits: Limits,
        stop: &Stop,
    ) -> io::Result<Arc<Self>> {
        let conversations = Arc::new(Self {
            limits,
            address: own_address(listener.local_addr()?),
            state: Mutex::new(State {
                spare: Some(listener.try_clone()?),
                ..State::default()
            }),
            changed: Condvar::new(),
        });
        let stopped = Arc::clone(&conversations);
        stop.on_stop(move || stopped.stop());
        Ok(conversations)
    }

    // ANCHOR: accept_each
    /// Hands each client of `listener` to `begin`, until somebody asks to stop. Then the listener is
    /// closed at once: who is still in the backlog gets a reset.
    ///
    /// # Errors
    /// When accept fails for good.
    pub(crate) fn accept_each(
        self: &Arc<Self>,
        listener: TcpListener,
        report: &impl Fn(News),
        mut begin: impl FnMut(Conversation),
    ) -> io::Result<()> {
        let ended = loop {
            match self.accept(&listener) {
                None => break Ok(()),
                Some(Ok(conversation)) => begin(conversation),
                // Policy, failed accept: what it says is about one client, about a want that will
                // pass, or about the listener.
                Some(Err(error)) => match after_accept(&error) {
                    AfterAccept::Next => {}
                    AfterAccept::Pause => {
                        report(News::AcceptFailed(error));
                        // Only this thread waits. Conversations go on, and when one of them ends,
                        // there may be a descriptor again.
                        self.pause();
                    }
                    AfterAccept::GiveUp => break Err(error),
                },
            }
        };
        self.stop();
        ended
    }

    /// The next client; `None` when somebody has asked to stop.
    fn accept(self: &Arc<Self>, listener: &TcpListener) -> Option<io::Result<Conversation>> {
        let state = self.state();
        // Policy, cap: while there are so many conversations, the next client waits in the backlog.
        let full = |state: &mut State| {
            state.stopped.is_none() && state.open.len() >= self.limits.connections
        };
        let waited = self.changed.wait_while(state, full);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        if state.stopped.is_some() {
            return None;
        }
        state.accepting = true;
        drop(state);

        let accepted = listener.accept();

        let mut state = self.state();
        state.accepting = false;
        if state.stopped.is_some() {
            return None; // What was accepted may be our own connection. It is dropped.
        }
        let begun = |(stream, address)| self.begin(&mut state, stream, address);
        Some(accepted.map(begun))
    }
    // ANCHOR_END: accept_each

    fn begin(
        self: &Arc<Self>,
        state: &mut State,
        stream: TcpStream,
        address: SocketAddr,
    ) -> Conversation {
        let client = Arc::new(Client {
            stream,
            reading: AtomicBool::new(false),
        });
        let number = state.begun;
        state.begun += 1;
        state.open.insert(number, Arc::clone(&client));
        let seat = Seat {
            number,
            all: Arc::clone(self),
        };
        Conversation {
            address,
            client,
            seat,
        }
    }

    fn pause(&self) {
        let going = |state: &mut State| state.stopped.is_none();
        let _ = self
            .changed
            .wait_timeout_while(self.state(), ACCEPT_PAUSE, going);
    }

    // ANCHOR: stop
    /// Wakes every thread of the server that waits in a call. A flag alone would wake none.
    fn stop(&self) {
        let mut state = self.state();
        if state.stopped.is_some() {
            return;
        }
        state.stopped = Some(Instant::now());
        // Blocked reads return Ok(0), as if the client had ended. Who writes must be let alone: when
        // reading is shut down and our FIN is sent, Linux answers what still comes with a reset.
        let reading = |client: &&Arc<Client>| client.reading.load(Relaxed);
        for client in state.open.values().filter(reading) {
            let _ = client.stream.shutdown(Shutdown::Read); // It is reset? Then nobody waits in it.
        }
        // A blocked accept returns when a client comes: so we come. The spare is closed first.
        let wake = state.accepting;
        state.spare = None;
        drop(state);
        self.changed.notify_all(); // And this wakes the one that waits because of the cap.
        if wake {
            let _ = TcpStream::connect_timeout(&self.address, WAKE_PATIENCE);
        }
    }

    /// Policy, drain: the conversations may finish what they have read, until `limits.drain` after
    /// the request to stop. Returns how many had to be cut off then.
    pub(crate) fn drain(&self) -> usize {
        let state = self.state();
        let asked = state.stopped.map_or(Duration::ZERO, |at| at.elapsed());
        let left = self.limits.drain.saturating_sub(asked);
        let some = |state: &mut State| !state.open.is_empty();
        let waited = self.changed.wait_timeout_while(state, left, some);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.cut_off = true;
        for client in state.open.values() {
            let _ = client.stream.shutdown(Shutdown::Both); // A blocked write returns: broken pipe.
        }
        state.open.len()
    }
    // ANCHOR_END: stop

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The address at which this computer reaches a socket that is bound to `bound`.
fn own_address(mut bound: SocketAddr) -> SocketAddr {
    if bound.ip().is_unspecified() {
        bound.set_ip(match bound {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        });
    }
    bound
}

/// One client, from accept to close.
///
/// The order of the fields is the order in which they are dropped: the seat is free when the socket
/// is closed, and not before.
pub struct Conversation {
    /// The client's.
    pub address: SocketAddr,
    client: Arc<Client>,
    seat: Seat,
}

// ANCHOR: seat
/// One of the `limits.connections`. It is free again when this is dropped: at the end of the
/// conversation, and also when a panic ends it.
struct Seat {
    number: u64,
    all: Arc<Conversations>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.all.state().open.remove(&self.number); // The last handle of the socket: close().
        self.all.changed.notify_all();
    }
}
// ANCHOR_END: seat

impl Conversation {
    // ANCHOR: echo
    /// Talks until the client ends its stream, or somebody asks to stop, and closes.
    ///
    /// Policy, failed client: it is reported, and nobody else notices.
    pub(crate) fn hold(self, talk: impl Fn(&Self) -> io::Result<u64>) -> News {
        let outcome = self.talk_until_the_end(talk);
        News::Ended(self.address, outcome)
    }

    fn talk_until_the_end(&self, talk: impl Fn(&Self) -> io::Result<u64>) -> io::Result<u64> {
        // Policy, slow client: a read, or a write, in which nothing has moved for so long ends the
        // conversation.
        let idle = self.seat.all.limits.idle;
        let stream = &self.client.stream;
        stream.set_read_timeout(Some(idle))?;
        stream.set_write_timeout(Some(idle))?;
        // Lesson 07: an answer should not wait until the one before is acknowledged. So in every
        // server from here on: each writes all that it has, and there is nothing to gather.
        stream.set_nodelay(true)?;
        let outcome = talk(self);
        if self.is_stopped() && outcome.is_ok() {
            self.finish();
        }
        outcome.map_err(|error| self.explained(error, idle))
    }

    /// The end of a conversation that we end: the client gets all that it was sent, and a FIN.
    fn finish(&self) {
        let mut stream = &self.client.stream;
        // If the client is gone meanwhile, these calls fail, and there is nothing to finish.
        let _ = stream.shutdown(Shutdown::Write);
        let _ = stream.set_nonblocking(true);
        // Unread input would make a reset of our close (lesson 04). We do not wait for a client that
        // is silent. For one that was sending we do, until it seems to have heard our end.
        let mut scrap = [0; SCRAP];
        let mut left = MOST_SCRAP;
        let mut last_heard = None;
        while left > 0 && !self.is_cut_off() {
            match stream.read(&mut scrap) {
                Ok(count @ 1..) => {
                    left = left.saturating_sub(count);
                    last_heard = Some(Instant::now());
                }
                Err(error)
                    if error.kind() == ErrorKind::WouldBlock
                        && last_heard.is_some_and(|at| at.elapsed() < QUIET) =>
                {
                    thread::sleep(MOMENT);
                }
                _ => return,
            }
        }
    }
    // ANCHOR_END: echo

    /// The socket, for its options.
    pub fn stream(&self) -> &TcpStream {
        &self.client.stream
    }

    /// Reads and waits for `patience` at most, as `timeouts::listen_for`; when the server is asked to
    /// stop, this says that the stream has ended.
    ///
    /// # Errors
    ///
    /// Those of the connection.
    pub fn listen_for(&self, buffer: &mut [u8], patience: Duration) -> io::Result<Heard> {
        self.unless_stopped(Heard::End, || {
            listen_for(&self.client.stream, buffer, patience)
        })
    }

    /// What `read` brings, unless the server stops: then `end`.
    fn unless_stopped<T>(&self, end: T, read: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        // First "I read", then the question. So whoever stops us finds us reading, or we find that
        // we are stopped; the lock behind the question puts the two into an order.
        self.client.reading.store(true, Relaxed);
        let outcome = match self.is_stopped() {
            true => Ok(end),
            false => read(),
        };
        self.client.reading.store(false, Relaxed);
        outcome
    }

    /// Whether the server has been asked to stop. Reads say that the stream has ended then.
    pub fn is_stopped(&self) -> bool {
        self.seat.all.state().stopped.is_some()
    }

    fn is_cut_off(&self) -> bool {
        self.seat.all.state().cut_off
    }

    fn explained(&self, error: io::Error, idle: Duration) -> io::Error {
        if self.is_cut_off() {
            let sentence = "cut off, because the server stops";
            return io::Error::new(ErrorKind::TimedOut, sentence);
        }
        if timeouts::is_timeout(&error) {
            let sentence = format!("nothing moved for {idle:?}");
            return io::Error::new(ErrorKind::TimedOut, sentence);
        }
        error
    }
}

// ANCHOR: until_stopped
/// A client that ends when it has no more to say, or when we want to hear no more.
impl Read for &Conversation {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.unless_stopped(0, || (&self.client.stream).read(buffer))
    }
}
// ANCHOR_END: until_stopped

impl Write for &Conversation {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&self.client.stream).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
