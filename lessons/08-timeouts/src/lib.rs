//! Lesson 08: silence is not disconnection.
//!
//! A connection over which nothing comes looks the same whether the peer thinks, is stopped, or
//! has lost its power. The kernel does not tell, because it does not know. So whoever waits
//! decides how long, and looks at the clock:
//!
//! - [`listen_for`] is a read with three outcomes: bytes, the end, or silence;
//! - [`Deadline`] bounds a whole request, however many reads it takes;
//! - [`Heartbeat`] asks a silent peer whether it is still there;
//! - [`serve`] is a server that does all of this;
//! - [`timers`] shows the clocks that the kernel keeps.
//!
//! [`Deadline`] and [`Heartbeat`] have no clock of their own. They are told what time it is, so a
//! test can let an hour pass at once.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

mod heartbeat;
pub mod timers;

pub use heartbeat::{Beat, Heartbeat};

/// Bytes that a line may have, its newline included.
pub const MAX_LINE: usize = 1024;

/// The line that asks a silent peer whether it is there.
pub const PING: &[u8] = b"ping\n";

/// The line that answers a [`PING`].
pub const PONG: &[u8] = b"pong\n";

// ANCHOR: listen_for
/// What one read heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// This many bytes, at least one: the first ones of the buffer.
    Bytes(usize),
    /// The end of the stream: nothing will ever come.
    End,
    /// Nothing came in time. Something may come later.
    Silence,
}

/// Reads from `stream` and waits for `patience` at most.
///
/// The timeout is an option of the socket, SO_RCVTIMEO, socket(7), and stays set: every read sets
/// its own.
///
/// # Errors
///
/// Those of the connection, such as a reset. Silence is no error. Neither is a signal: it ends
/// the wait early and counts as silence, and the caller looks at the clock anyway.
pub fn listen_for(
    mut stream: &TcpStream,
    buffer: &mut [u8],
    patience: Duration,
) -> io::Result<Heard> {
    if patience.is_zero() {
        // set_read_timeout refuses zero, because to the kernel that means "for ever".
        return Ok(Heard::Silence);
    }
    stream.set_read_timeout(Some(patience))?;
    match stream.read(buffer) {
        Ok(0) => Ok(Heard::End),
        Ok(count) => Ok(Heard::Bytes(count)),
        Err(error) if is_timeout(&error) || error.kind() == ErrorKind::Interrupted => {
            Ok(Heard::Silence)
        }
        Err(error) => Err(error),
    }
}

/// Whether a timeout that we had set on the socket has expired.
///
/// Unix says `WouldBlock` then, socket(7), and Windows `TimedOut`. On Unix a `TimedOut` with an
/// error number is something else: the *kernel* has given the connection up, tcp(7), and no later
/// read will bring anything.
pub fn is_timeout(error: &io::Error) -> bool {
    match error.kind() {
        ErrorKind::WouldBlock => true,
        ErrorKind::TimedOut => cfg!(windows) || error.raw_os_error().is_none(),
        _ => false,
    }
}
// ANCHOR_END: listen_for

// ANCHOR: deadline
/// A moment until which something must be done, however many reads or writes that takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline(Instant);

impl Deadline {
    /// `limit` from `now`.
    pub fn after(now: Instant, limit: Duration) -> Self {
        Self(now + limit)
    }

    /// What is left of it: zero when it is over.
    pub fn left(self, now: Instant) -> Duration {
        self.0.saturating_duration_since(now)
    }
}
// ANCHOR_END: deadline

// ANCHOR: write_by
/// Writes all of `bytes` before `deadline`.
///
/// `write_all` with a write timeout does not do that: each write that takes one byte starts the
/// timeout anew, and a peer that reads slowly enough holds us for ever.
///
/// # Errors
///
/// `TimedOut` when `deadline` came first; then nobody knows how much the peer has got. Otherwise
/// those of the connection.
pub fn write_by(mut stream: &TcpStream, mut bytes: &[u8], deadline: Deadline) -> io::Result<()> {
    while !bytes.is_empty() {
        let left = deadline.left(Instant::now());
        if left.is_zero() {
            return Err(too_late("the peer did not take our bytes in time"));
        }
        stream.set_write_timeout(Some(left))?;
        match stream.write(bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(error) if is_timeout(&error) || error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
// ANCHOR_END: write_by

fn too_late(sentence: &str) -> io::Error {
    io::Error::new(ErrorKind::TimedOut, sentence)
}

/// How long [`serve`] waits for what.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Silence after which a client is asked whether it is there, and how often it is asked
    /// again.
    pub interval: Duration,
    /// Silence after which a client is given up.
    pub patience: Duration,
    /// From the first byte of a line to its newline.
    pub line: Duration,
    /// For a client to take one line of ours.
    pub reply: Duration,
}

impl Limits {
    /// What the programs use.
    pub const USUAL: Self = Self {
        interval: Duration::from_secs(1),
        patience: Duration::from_secs(3),
        line: Duration::from_secs(5),
        reply: Duration::from_secs(5),
    };
}

// ANCHOR: serve
/// Sends back the lines of the clients of `listener`, one client after another, and tells
/// `report` what became of each: the number of lines, or the error. When `report` says `Break`,
/// `serve` returns `Ok`.
///
/// # Errors
///
/// When `accept` fails for a reason that is not one client's, accept(2).
pub fn serve(
    listener: &TcpListener,
    limits: Limits,
    mut report: impl FnMut(SocketAddr, io::Result<u64>) -> ControlFlow<()>,
) -> io::Result<()> {
    loop {
        let (client, address) = match listener.accept() {
            Ok(accepted) => accepted,
            // Policy, failed accept: as in lesson 01.
            Err(error) if error.kind() == ErrorKind::ConnectionAborted => continue,
            Err(error) => return Err(error),
        };
        // Policy, failed client: it is reported, and the next one is served.
        if report(address, converse(&client, limits)).is_break() {
            return Ok(());
        }
    }
}
// ANCHOR_END: serve

// ANCHOR: converse
/// Sends back each line until the client ends the stream, and returns how many there were. A line
/// that says `pong` proves that somebody is there, and gets no answer.
///
/// # Errors
///
/// - `TimedOut` for a silent client, a line that does not end, and a client that does not read;
/// - `InvalidData` for a line that is too long;
/// - `UnexpectedEof` when the stream ends inside a line;
/// - those of the connection.
fn converse(client: &TcpStream, limits: Limits) -> io::Result<u64> {
    let mut heartbeat = Heartbeat::new(limits.interval, limits.patience, Instant::now());
    let mut pending = Vec::new(); // A line that has begun and not ended.
    let mut line_deadline: Option<Deadline> = None; // Of that line.
    let mut buffer = [0; MAX_LINE];
    let mut answered = 0;
    loop {
        // The earliest of all clocks decides how long the read may wait.
        let now = Instant::now();
        let mut wait = match heartbeat.next(now) {
            Beat::Wait(wait) => wait,
            Beat::Ask => {
                write_by(client, PING, Deadline::after(now, limits.reply))?;
                continue;
            }
            Beat::GiveUp => return Err(too_late("silent for too long, though still connected")),
        };
        if let Some(deadline) = line_deadline {
            wait = wait.min(deadline.left(now));
            if wait.is_zero() {
                return Err(too_late("a line began and did not end in time"));
            }
        }
        let room = MAX_LINE - pending.len(); // At least 1, or the line would have been refused.
        match listen_for(client, &mut buffer[..room], wait)? {
            Heard::Bytes(count) => {
                heartbeat.heard(Instant::now());
                pending.extend_from_slice(&buffer[..count]);
            }
            Heard::End if pending.is_empty() => return Ok(answered),
            Heard::End => {
                let sentence = "the client ended in the middle of a line";
                return Err(io::Error::new(ErrorKind::UnexpectedEof, sentence));
            }
            Heard::Silence => continue, // What that means is the clocks' business.
        }
        while let Some(newline) = pending.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = pending.drain(..=newline).collect();
            line_deadline = None;
            if line != PONG {
                write_by(client, &line, Deadline::after(Instant::now(), limits.reply))?;
                answered += 1;
            }
        }
        if pending.len() == MAX_LINE {
            let sentence = format!("a line is longer than {MAX_LINE} bytes");
            return Err(io::Error::new(ErrorKind::InvalidData, sentence));
        }
        if !pending.is_empty() && line_deadline.is_none() {
            line_deadline = Some(Deadline::after(Instant::now(), limits.line));
        }
    }
}
// ANCHOR_END: converse
