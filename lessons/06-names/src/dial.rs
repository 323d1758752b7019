//! Runs a [`Race`] with real sockets: a thread for each attempt, and one that decides.

use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use crate::{Race, Step};

/// What became of one attempt, for those who want to watch.
#[derive(Debug)]
pub enum Attempt<'a> {
    /// It has begun.
    Started,
    /// It is the first to be connected.
    Connected,
    /// It ended with this error.
    Failed(&'a io::Error),
    /// Another one was faster, or time was up.
    Closed,
}

impl fmt::Display for Attempt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started => write!(f, "try"),
            Self::Connected => write!(f, "connected"),
            Self::Failed(error) => write!(f, "{error}"),
            Self::Closed => write!(f, "closed"),
        }
    }
}

/// An address, and how the attempt to reach it has ended.
type Outcome = (SocketAddr, io::Result<()>);

// ANCHOR: dial
/// Connects to whichever of `addresses` answers first, trying them in this order.
///
/// The next attempt starts when `delay` has passed, or at once when one fails. After `patience`
/// all is over. `report` hears how long the race has run, and what happened to which address.
///
/// # Errors
///
/// `NotFound` when there is no address, `TimedOut` when `patience` is over, and when every attempt
/// has failed, the error of the last one.
pub fn dial(
    addresses: Vec<SocketAddr>,
    delay: Duration,
    patience: Duration,
    mut report: impl FnMut(Duration, SocketAddr, Attempt),
) -> io::Result<TcpStream> {
    let started = Instant::now();
    let deadline = started + patience;
    let (sender, outcomes) = mpsc::channel::<Outcome>();
    let mut race = Race::new(addresses, delay);
    // A second handle of every socket under way, with which we can end what a thread waits for.
    let mut running: Vec<(SocketAddr, Socket)> = Vec::new();
    let mut last_error = io::Error::new(ErrorKind::NotFound, "the name has no address");

    loop {
        let now = Instant::now();
        let wake = match race.next_step(now) {
            Step::Start(address) => {
                report(started.elapsed(), address, Attempt::Started);
                match start(address, deadline - now.min(deadline), sender.clone()) {
                    Ok(socket) => running.push((address, socket)),
                    // No descriptor, no thread, or no IPv6 at all: no reason not to try the rest.
                    Err(error) => {
                        report(started.elapsed(), address, Attempt::Failed(&error));
                        last_error = error;
                        race.failed(address);
                    }
                }
                continue;
            }
            Step::Close(address) => {
                report(started.elapsed(), address, Attempt::Closed);
                let losers = running.extract_if(.., |(other, _)| *other == address);
                losers.for_each(|(_, socket)| close(&socket));
                continue;
            }
            Step::Won(address) => {
                let winner = running.into_iter().find(|(other, _)| *other == address);
                return winner
                    .map(|(_, socket)| socket.into())
                    .ok_or_else(|| ErrorKind::NotConnected.into());
            }
            Step::Lost => return Err(last_error),
            Step::WaitUntil(moment) => moment.min(deadline),
            Step::Wait => deadline,
        };
        match outcomes.recv_timeout(wake.saturating_duration_since(Instant::now())) {
            Ok((address, Ok(()))) => {
                report(started.elapsed(), address, Attempt::Connected);
                race.connected(address);
            }
            Ok((address, Err(error))) => {
                report(started.elapsed(), address, Attempt::Failed(&error));
                running.retain(|(other, _)| *other != address);
                last_error = error;
                race.failed(address);
            }
            Err(RecvTimeoutError::Timeout) if Instant::now() < deadline => {}
            Err(_) => {
                for (address, socket) in running {
                    report(started.elapsed(), address, Attempt::Closed);
                    close(&socket);
                }
                return Err(ErrorKind::TimedOut.into());
            }
        }
    }
}
// ANCHOR_END: dial

// ANCHOR: attempt
/// Connects in a thread of its own, and returns a handle of the socket that connects.
fn start(address: SocketAddr, left: Duration, sender: Sender<Outcome>) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    let handle = socket.try_clone()?;
    thread::Builder::new()
        .name(format!("dial {address}"))
        .spawn(move || {
            let outcome = socket.connect_timeout(&address.into(), left);
            // Our handle goes first: when the outcome is known, nobody else holds the socket.
            drop(socket);
            // It fails when the race is over; then nobody wants to know.
            let _ = sender.send((address, outcome));
        })?;
    Ok(handle)
}

/// Ends an attempt that may still be under way.
///
/// Dropping our handle would not do it: the thread has another, and its connect would go on. On
/// Linux shutdown(2) ends a connect that waits, at once. Where it does not, the attempt ends at
/// its own deadline, and what it has connected by then is dropped with its handle.
fn close(socket: &Socket) {
    // It fails when the attempt has failed by itself: so much the better.
    let _ = socket.shutdown(Shutdown::Both);
}
// ANCHOR_END: attempt
