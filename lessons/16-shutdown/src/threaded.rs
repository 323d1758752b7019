//! The server on threads: nobody can cancel a thread, so each wait of one must be ended by what it
//! waits for.

use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use framing::{Event, Lines, MAX_LINE};
use threads::{ACCEPT_PAUSE, AfterAccept, Limits, News, Stop, after_accept};

use crate::{BUFFER_SIZE, Request, cut_off, discard, idle};

/// How long the connection that wakes `accept` may take. Where it takes longer, the backlog is
/// full, and then `accept` has somebody else to return.
const WAKE: Duration = Duration::from_secs(1);

// ANCHOR: serve
/// Answers the requests of every client of `listener` until `stop`, and returns how many
/// conversations had to be cut off. When it returns, no thread of it runs any more.
///
/// # Errors
///
/// When `accept` fails for good. All conversations are cut off then.
pub fn serve(
    listener: TcpListener,
    limits: Limits,
    stop: &Stop,
    report: impl Fn(News) + Send + Sync + 'static,
) -> io::Result<usize> {
    let address = listener.local_addr()?;
    let conversations = Arc::new(Conversations::default());
    conversations.state().spare = Some(listener.try_clone()?);
    stop.on_stop({
        let conversations = Arc::clone(&conversations);
        move || {
            // First the word, then the waking: who wakes up looks at the phase.
            if conversations.stop() {
                let _ = TcpStream::connect_timeout(&reachable(address), WAKE);
            }
        }
    });
    thread::scope(|scope| {
        let accepted = loop {
            // Policy, cap: without a place there is no accept, and clients wait in the backlog.
            conversations.wait_for_a_place(limits.connections);
            if !conversations.is_serving() {
                break Ok(());
            }
            let (stream, client) = match listener.accept() {
                Ok(accepted) => accepted,
                // Policy, failed accept: see `after_accept`.
                Err(error) => match after_accept(&error) {
                    AfterAccept::Next => continue,
                    AfterAccept::Pause => {
                        report(News::AcceptFailed(error));
                        conversations.pause(ACCEPT_PAUSE);
                        continue;
                    }
                    AfterAccept::GiveUp => break Err(error),
                },
            };
            // The connection that woke us is none of ours, and nobody begins any more.
            let Some((number, stream)) = conversations.begin(stream) else {
                break Ok(());
            };
            let (conversations, report) = (&conversations, &report);
            let conversation = move || {
                let ended = converse(&stream, limits.idle, conversations);
                drop(stream);
                let ended = match conversations.end(number) {
                    Phase::CutOff => Err(cut_off()),
                    Phase::Serving | Phase::Stopping(_) => ended,
                };
                // Policy, failed client: it is reported, and harms nobody.
                report(News::Ended(client, ended));
            };
            if let Err(error) = thread::Builder::new().spawn_scoped(scope, conversation) {
                // Policy, failed thread: it is this client's bad luck, pthread_create(3).
                conversations.end(number);
                report(News::Ended(client, Err(error)));
            }
        };
        // From here on a client is refused by the kernel, and can try another server.
        drop(listener);
        if accepted.is_err() {
            conversations.cut_off();
        }
        // Policy, drain: one deadline for all, and it counts from the stop.
        let cut = conversations.wait_for_the_last(limits.drain);
        accepted.map(|()| cut)
    }) // The scope joins every thread.
}
// ANCHOR_END: serve

/// Where the listener of `address` can be reached from this computer.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    // "Every address of mine" is one to listen on, and none to connect to.
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

// ANCHOR: conversations
/// How far the stop has come.
#[derive(Clone, Copy, Default)]
enum Phase {
    #[default]
    Serving,
    /// Since this moment: finish what is in flight, and begin nothing.
    Stopping(Instant),
    /// The deadline has come: be gone.
    CutOff,
}

/// All conversations, and what may wake each of them.
#[derive(Default)]
struct Conversations {
    state: Mutex<State>,
    /// A conversation has ended, or the server stops.
    ended: Condvar,
    /// The deadline has come.
    cut_off: Condvar,
}

#[derive(Default)]
struct State {
    phase: Phase,
    open: HashMap<u64, Arc<TcpStream>>,
    begun: u64,
    /// A descriptor to give up when one is needed for waking `accept`: there may be no other left.
    spare: Option<TcpListener>,
}

impl Conversations {
    /// Ends every read, now and later: it returns what has come, and then the end of the stream.
    /// False when that has been done before.
    fn stop(&self) -> bool {
        let mut state = self.state();
        if !matches!(state.phase, Phase::Serving) {
            return false;
        }
        state.phase = Phase::Stopping(Instant::now());
        state.spare = None;
        for stream in state.open.values() {
            // The client hears nothing of it; and when it has gone already, so much the better.
            let _ = stream.shutdown(Shutdown::Read);
        }
        self.ended.notify_all();
        true
    }

    /// Policy, stubborn client: at the deadline its connection is shut down, so that its thread
    /// returns from whatever it waits for. Returns how many there were.
    fn cut_off(&self) -> usize {
        let mut state = self.state();
        state.phase = Phase::CutOff;
        state.spare = None;
        for stream in state.open.values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        self.cut_off.notify_all();
        state.open.len()
    }

    /// Waits until nobody is left, or until the deadline, and returns how many had to be cut off.
    fn wait_for_the_last(&self, patience: Duration) -> usize {
        let state = self.state();
        let left = match state.phase {
            Phase::Stopping(since) => patience.saturating_sub(since.elapsed()),
            Phase::Serving | Phase::CutOff => Duration::ZERO,
        };
        let waited = self
            .ended
            .wait_timeout_while(state, left, |state| !state.open.is_empty());
        drop(waited);
        self.cut_off()
    }
    // ANCHOR_END: conversations

    /// Takes a client in, unless the server stops.
    fn begin(&self, stream: TcpStream) -> Option<(u64, Arc<TcpStream>)> {
        let mut state = self.state();
        if !matches!(state.phase, Phase::Serving) {
            return None;
        }
        let (number, stream) = (state.begun, Arc::new(stream));
        state.begun += 1;
        state.open.insert(number, Arc::clone(&stream));
        Some((number, stream))
    }

    /// Closes the connection of a conversation that has ended, and says in which phase it did.
    fn end(&self, number: u64) -> Phase {
        let mut state = self.state();
        state.open.remove(&number);
        self.ended.notify_all();
        state.phase
    }

    fn is_serving(&self) -> bool {
        matches!(self.state().phase, Phase::Serving)
    }

    /// Waits until fewer than `places` are taken, or until the stop.
    fn wait_for_a_place(&self, places: usize) {
        let full =
            |state: &mut State| matches!(state.phase, Phase::Serving) && state.open.len() >= places;
        drop(self.ended.wait_while(self.state(), full));
    }

    /// Waits for `time`, or until the stop.
    fn pause(&self, time: Duration) {
        let serving = |state: &mut State| matches!(state.phase, Phase::Serving);
        drop(self.ended.wait_timeout_while(self.state(), time, serving));
    }

    /// Works for `time`, or until the deadline: a thread must look for itself.
    fn work(&self, time: Duration) {
        let go_on = |state: &mut State| !matches!(state.phase, Phase::CutOff);
        drop(self.cut_off.wait_timeout_while(self.state(), time, go_on));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// ANCHOR: converse
/// Answers one request after another until the client's end of stream, or until the server stops;
/// then the reply that is in flight is the last one. Returns how many there were.
fn converse(
    mut stream: &TcpStream,
    patience: Duration,
    conversations: &Conversations,
) -> io::Result<u64> {
    stream.set_nodelay(true)?; // As in every server since lesson 09.
    // Policy, idle client: a read or a write that waits for longer ends the conversation.
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    let mut lines = Lines::new(MAX_LINE);
    let mut buffer = [0; BUFFER_SIZE];
    let mut answered = 0;
    while conversations.is_serving() {
        match lines.next_event()? {
            Some(Event::Message(line)) => {
                // In flight: nothing here looks for the stop, so the reply goes out whole.
                let request = Request::parse(&line);
                conversations.work(request.work);
                for piece in request.reply() {
                    stream.write_all(&piece).map_err(explained)?;
                }
                answered += 1;
            }
            Some(Event::End) => return Ok(answered),
            None => match stream.read(&mut buffer) {
                // The client's end of stream, or ours: `Conversations::stop`.
                Ok(0) if !conversations.is_serving() => break,
                Ok(0) => lines.receive_end(),
                Ok(count) => lines.receive_data(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(explained(error)),
            },
        }
    }
    stream.shutdown(Shutdown::Write)?;
    discard(stream); // It does not wait: the reading half has been shut down.
    Ok(answered)
}
// ANCHOR_END: converse

/// An expired timeout has two names, socket(7); this is the third, for people.
fn explained(error: io::Error) -> io::Error {
    if timeouts::is_timeout(&error) {
        return idle();
    }
    error
}
