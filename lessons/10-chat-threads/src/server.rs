//! A reader and a writer for each client, and one lock around the room.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Scope};
use std::time::{Duration, Instant};

use framing::{Event, Frames};
use threads::{ACCEPT_PAUSE, AfterAccept, Limits, News, Stop, after_accept};
use timeouts::{Deadline, Heard, listen_for};

use crate::protocol::{MAX_TEXT, Notice, Refused};
use crate::{MAX_QUEUE, Queue, QueueFull, Room};

/// A client for whom so many bytes wait is not read from until it has taken some. Less than
/// [`MAX_QUEUE`]: who sends too fast waits, before those who only listen are put out for it.
pub const HIGH_WATER_MARK: usize = 64 * 1024;

/// How long a refused client may take to hang up. Until then its input is thrown away, so that the
/// refusal is not lost in a reset (lesson 04).
const LINGER: Duration = Duration::from_secs(1);

/// How long the server tries to connect to itself.
const WAKE_PATIENCE: Duration = Duration::from_secs(1);

/// Bytes that one read may take.
const BUFFER_SIZE: usize = 4 * 1024;

type Key = u64;

// ANCHOR: client
/// One connection: its reader, its writer and whoever speaks to it share this.
struct Client {
    stream: TcpStream,
    queue: Queue,
    /// Why it ends, when not by its own will: the first reason counts.
    fate: Mutex<Option<io::Error>>,
}

impl Client {
    /// Ends the connection at once. Its reader and its writer wake up, whatever they wait for.
    fn cut_off(&self, why: io::Error) {
        self.doom(why);
        self.queue.abandon();
        // It fails when the client is gone: so much the better.
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    fn doom(&self, why: io::Error) {
        self.fate().get_or_insert(why);
    }

    fn fate(&self) -> MutexGuard<'_, Option<io::Error>> {
        self.fate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
// ANCHOR_END: client

// ANCHOR: hall
/// All that the threads share.
#[derive(Default)]
struct Hall {
    state: Mutex<State>,
    /// A client has gone, or the server is to stop.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    room: Room<Key>,
    /// Members, and those that have not said their name or are on their way out.
    clients: BTreeMap<Key, Arc<Client>>,
    closed: bool,
    /// A descriptor to give up when one is needed for waking `accept`: there may be no other left.
    spare: Option<TcpListener>,
}

impl Hall {
    /// Takes one message of `client`. `Ok(false)` when its words do not count any more.
    fn receive(&self, key: Key, client: &Client, message: &[u8]) -> Result<bool, Refused> {
        let mut state = self.state();
        // Somebody who was put out is no member: its next words would be taken for a name.
        if state.closed || client.fate().is_some() {
            return Ok(false);
        }
        let State { room, clients, .. } = &mut *state;
        // The lock is held, so nothing in here may wait: neither for a socket nor for a queue.
        room.receive(key, message, |key, frame| post(clients, key, frame))?;
        Ok(true)
    }

    fn leave(&self, key: Key) {
        let State { room, clients, .. } = &mut *self.state();
        room.leave(key, |key, frame| post(clients, key, frame));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts `frame` into the queue of `key`.
///
/// Policy, slow consumer: whose queue is full, is cut off at once.
fn post(
    clients: &BTreeMap<Key, Arc<Client>>,
    key: Key,
    frame: &Arc<[u8]>,
) -> Result<(), QueueFull> {
    let client = clients.get(&key).ok_or(QueueFull)?;
    client
        .queue
        .push(frame)
        .inspect_err(|full| client.cut_off((*full).into()))
}
// ANCHOR_END: hall

// ANCHOR: serve
/// Runs a chat for the clients of `listener` until `stop`, and tells `report` what happens.
///
/// Each client has two threads, one that reads and one that writes. When this returns, none of them
/// runs any more, and every socket is closed: [`Ok`] with the number of clients that had to be cut
/// off because they had not taken all that waited for them within [`Limits::drain`].
///
/// # Errors
///
/// When `accept` fails in a way that will not become better, [`after_accept`]. The clients have been
/// sent away as after `stop`.
pub fn serve(
    listener: TcpListener,
    limits: Limits,
    stop: &Stop,
    report: impl Fn(News) + Send + Sync + 'static,
) -> io::Result<usize> {
    let hall = Arc::new(Hall::default());
    let address = listener.local_addr()?;
    hall.state().spare = Some(listener.try_clone()?);
    // What outlives this call in `stop` holds nothing of it.
    let weak = Arc::downgrade(&hall);
    stop.on_stop(move || {
        if let Some(hall) = weak.upgrade() {
            // With the lock, no thread is between its look at `stop` and its sleep.
            hall.state().spare = None;
            hall.changed.notify_all();
            wake(address);
        }
    });
    let (hall, report) = (&*hall, &report);
    // The end of the scope waits for every thread that was started in it.
    thread::scope(|scope| {
        let accepted = accept_all(scope, &listener, hall, limits, stop, report);
        drop(listener); // From here on, who connects is refused.
        let cut_off = drain(hall, limits.drain);
        accepted.map(|()| cut_off)
    })
}

/// Accepts until `stop`, or until accepting makes no sense any more.
fn accept_all<'scope>(
    scope: &'scope Scope<'scope, '_>,
    listener: &TcpListener,
    hall: &'scope Hall,
    limits: Limits,
    stop: &Stop,
    report: &'scope (impl Fn(News) + Sync),
) -> io::Result<()> {
    for key in 0.. {
        // Policy, cap: beyond it nobody is accepted, and the kernel's backlog is the waiting room.
        drop(hall.changed.wait_while(hall.state(), |state| {
            state.clients.len() >= limits.connections && !stop.is_stopped()
        }));
        let accepted = listener.accept();
        if stop.is_stopped() {
            break; // What was accepted is our own call to wake, or comes too late.
        }
        match accepted {
            Ok((stream, address)) => welcome(scope, hall, key, stream, address, limits, report),
            // Policy, failed accept: see `after_accept`.
            Err(error) => match after_accept(&error) {
                AfterAccept::Next => {}
                AfterAccept::Pause => {
                    report(News::AcceptFailed(error));
                    drop(
                        hall.changed
                            .wait_timeout_while(hall.state(), ACCEPT_PAUSE, |_| !stop.is_stopped()),
                    );
                }
                AfterAccept::GiveUp => return Err(error),
            },
        }
    }
    Ok(())
}
// ANCHOR_END: serve

/// Wakes a thread that waits in `accept` on `listening`, by a connection.
fn wake(mut listening: SocketAddr) {
    if listening.ip().is_unspecified() {
        // That is an address to listen on, and not one to connect to.
        listening.set_ip(match listening {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        });
    }
    // When it fails, the backlog is full, and so nobody waits in `accept`.
    let _ = TcpStream::connect_timeout(&listening, WAKE_PATIENCE);
}

/// Starts the conversation with a client.
fn welcome<'scope>(
    scope: &'scope Scope<'scope, '_>,
    hall: &'scope Hall,
    key: Key,
    stream: TcpStream,
    address: SocketAddr,
    limits: Limits,
    report: &'scope (impl Fn(News) + Sync),
) {
    let client = Arc::new(Client {
        stream,
        queue: Queue::new(MAX_QUEUE),
        fate: Mutex::default(),
    });
    hall.state().clients.insert(key, Arc::clone(&client));
    let seat = Seat { hall, key };
    let conversation = move || {
        let outcome = converse(&client, &seat, limits.idle);
        drop(client);
        drop(seat); // The socket is closed, and the next client has a place.
        report(News::Ended(address, outcome));
    };
    // When the kernel gives no thread, the conversation is dropped, and its seat with it.
    if let Err(error) = thread::Builder::new().spawn_scoped(scope, conversation) {
        report(News::Ended(address, Err(error)));
    }
}

/// A client's place among the others. It is given back however the conversation ends.
struct Seat<'scope> {
    hall: &'scope Hall,
    key: Key,
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.hall.leave(self.key);
        self.hall.state().clients.remove(&self.key);
        self.hall.changed.notify_all();
    }
}

// ANCHOR: converse
/// Reads from `client` in this thread, writes to it in another, and ends when both are done.
fn converse(client: &Client, seat: &Seat<'_>, idle: Duration) -> io::Result<u64> {
    client.stream.set_nodelay(true)?; // Lesson 07: the next frame shall not wait for an answer.
    client.stream.set_write_timeout(Some(idle))?;
    let received = thread::scope(|scope| {
        thread::Builder::new().spawn_scoped(scope, || write_what_waits(client))?;
        let received = read_messages(client, seat, idle);
        seat.hall.leave(seat.key);
        match &received {
            Ok(_) => client.queue.close(), // What waits is still written.
            Err(_) => client.queue.abandon(),
        }
        received
    }); // Here the writer has ended too.
    if received.is_ok() {
        // After `stop` and for whom has hung up, this does not wait.
        discard(client, LINGER);
    }
    match client.fate().take() {
        Some(why) => Err(why),
        None => received,
    }
}

/// The writer: takes what waits, one frame after the other, and says at the end that it was all.
fn write_what_waits(client: &Client) {
    while let Some(frame) = client.queue.pop() {
        // Policy, slow consumer: this wait harms nobody else, and ends when the client has taken
        // nothing for the idle time.
        if let Err(error) = (&client.stream).write_all(&frame) {
            return client.cut_off(timed_out(error));
        }
    }
    let _ = client.stream.shutdown(Shutdown::Write);
}

/// The reader: takes what comes until the end, and returns how many messages there were.
fn read_messages(client: &Client, seat: &Seat<'_>, idle: Duration) -> io::Result<u64> {
    let Seat { hall, key } = *seat;
    let mut frames = Frames::new(MAX_TEXT);
    let mut buffer = [0; BUFFER_SIZE];
    let mut received = 0;
    let mut deadline = Deadline::after(Instant::now(), idle);
    loop {
        let why = match frames.next_event() {
            Ok(Some(Event::Message(message))) => match hall.receive(key, client, &message) {
                Ok(true) => {
                    received += 1;
                    // Policy, fast sender: it gets its own words back, and waits until it has taken
                    // them. Meanwhile it is not silent; we are deaf.
                    client.queue.wait_below(HIGH_WATER_MARK);
                    deadline = Deadline::after(Instant::now(), idle);
                    continue;
                }
                Ok(false) => return Ok(received),
                Err(why) => why,
            },
            Ok(Some(Event::End)) => return Ok(received),
            Ok(None) => {
                let left = deadline.left(Instant::now());
                match listen_for(&client.stream, &mut buffer, left)? {
                    Heard::Bytes(count) => {
                        frames.receive_data(&buffer[..count]);
                        continue;
                    }
                    Heard::End => {
                        frames.receive_end();
                        continue;
                    }
                    // Policy, idle: a client that only trickles says no whole message either.
                    Heard::Silence if deadline.left(Instant::now()).is_zero() => Refused::Silent,
                    Heard::Silence => continue,
                }
            }
            Err(framing::Error::TooLong { .. }) if hall.state().room.contains(key) => {
                Refused::BadText
            }
            Err(framing::Error::TooLong { .. }) => Refused::BadName,
            Err(error) => return Err(error.into()),
        };
        refuse(client, seat, why);
        return Ok(received);
    }
}
// ANCHOR_END: converse

/// Tells `client` why it is not welcome.
fn refuse(client: &Client, seat: &Seat<'_>, why: Refused) {
    seat.hall.leave(seat.key);
    client.doom(why.into());
    // For whom this does not fit either, there will be the end of the stream.
    let _ = client.queue.push(&Notice::Refused(why).to_frame().into());
}

/// Reads and throws away until the client's end of stream, or until `patience` is over.
fn discard(client: &Client, patience: Duration) {
    let deadline = Deadline::after(Instant::now(), patience);
    let mut scrap = [0; BUFFER_SIZE];
    loop {
        let left = deadline.left(Instant::now());
        match listen_for(&client.stream, &mut scrap, left) {
            Ok(Heard::Bytes(_)) => {}
            Ok(Heard::Silence) if !left.is_zero() => {}
            _ => return,
        }
    }
}

/// A write timeout is called "would block" on Unix, socket(7).
fn timed_out(error: io::Error) -> io::Error {
    if timeouts::is_timeout(&error) {
        return io::Error::new(ErrorKind::TimedOut, "it took nothing for too long");
    }
    error
}

// ANCHOR: drain
/// Says goodbye to all, waits for `patience` until they have taken what waits for them, and cuts off
/// those that have not: so many.
fn drain(hall: &Hall, patience: Duration) -> usize {
    let mut state = hall.state();
    state.closed = true;
    state.spare = None;
    let State { room, clients, .. } = &mut *state;
    // For whom this does not fit either, there will be the end of the stream.
    room.close(|key, frame| clients.get(&key).map_or(Ok(()), |c| c.queue.push(frame)));
    for client in clients.values() {
        client.queue.close();
        // The reader wakes up with what has come, and then the end of the stream.
        let _ = client.stream.shutdown(Shutdown::Read);
    }
    let (state, _) = hall
        .changed
        .wait_timeout_while(state, patience, |state| !state.clients.is_empty())
        .unwrap_or_else(PoisonError::into_inner);
    // Policy, drain deadline: one for all of them together.
    for client in state.clients.values() {
        client.cut_off(io::Error::new(
            ErrorKind::TimedOut,
            "cut off, because the server stops",
        ));
    }
    state.clients.len()
}
// ANCHOR_END: drain
