//! Lesson 04: closing is a conversation too.
//!
//! Each direction of a connection ends with a FIN, and a FIN comes after the last byte. Or the
//! whole connection ends at once with a reset, RST, and what was under way is lost. Which of the two
//! it is, the program decides, and often without knowing: closing a socket that holds unread input
//! resets the connection.
//!
//! - [`upload`] sends everything, says so, and reads the reply;
//! - [`serve`] takes uploads, with a limit, and its reply arrives also when the limit is passed;
//! - [`finish`] is how it closes: the lingering close;
//! - [`states`] asks the kernel where a connection stands.

pub mod states;

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// How long the programs wait for a peer that does nothing, and how long for one to hang up.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// Bytes of an upload that [`serve`] accepts.
pub const MAX_UPLOAD: u64 = 1024 * 1024;

/// Bytes of a reply that [`upload`] accepts.
pub const MAX_REPLY: u64 = 64 * 1024;

/// Bytes that are thrown away with one read.
const SCRAP: usize = 16 * 1024;

/// What [`finish`] waited for, and whether it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Farewell {
    /// The other end said that it has no more to send either.
    Heard,
    /// It did not say so in time. Closing may have reset the connection.
    GaveUp,
}

// ANCHOR: finish
/// Closes `stream` so that what was written to it arrives.
///
/// Says that nothing more will come, `shutdown(Write)`, then reads and throws away what the other
/// end still sends, until its end of stream or until `patience` is over. Only then is the socket
/// closed: close() with unread input would reset the connection (RFC 2525, section 2.17), and a
/// reset destroys what the other end has not received yet.
///
/// `patience` is for all of it. A timeout for each read would let a client that sends a byte from
/// time to time stay for ever.
///
/// # Errors
///
/// Whatever the connection reports, such as a reset by the other end.
pub fn finish(stream: TcpStream, patience: Duration) -> io::Result<Farewell> {
    let started = Instant::now();
    stream.shutdown(Shutdown::Write)?;
    let mut scrap = [0; SCRAP];
    loop {
        let left = patience.saturating_sub(started.elapsed());
        if left.is_zero() {
            return Ok(Farewell::GaveUp);
        }
        stream.set_read_timeout(Some(left))?;
        match (&stream).read(&mut scrap) {
            Ok(0) => return Ok(Farewell::Heard),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if is_timeout(&error) => return Ok(Farewell::GaveUp),
            Err(error) => return Err(error),
        }
    }
} // `stream` is dropped here: close().
// ANCHOR_END: finish

/// As in lesson 02: an expired timeout has two names.
fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

// ANCHOR: upload
/// Sends all of `source`, says that this is all, and returns the reply.
///
/// A server may reply before it has everything and hang up, because the upload is too long for
/// instance. Then sending fails, and the reply lies here all the same: so it is read in any case,
/// and a reply that came to its end is worth more than the error.
///
/// # Errors
///
/// - `TimedOut` when the server takes no byte, or sends none, for `patience`;
/// - `UnexpectedEof` when it hung up without a word;
/// - whatever `stream` or `source` report.
pub fn upload(
    mut stream: &TcpStream,
    mut source: impl Read,
    patience: Duration,
) -> io::Result<Vec<u8>> {
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    let sent = io::copy(&mut source, &mut stream).and_then(|_| stream.shutdown(Shutdown::Write));
    match sent {
        Ok(()) => {}
        Err(error) if hung_up(&error) => {} // After a reply, perhaps: the read will tell.
        Err(error) => return Err(explained(error)),
    }
    let mut reply = Vec::new();
    let received = stream.take(MAX_REPLY).read_to_end(&mut reply);
    match received {
        Ok(0) => Err(io::Error::new(
            ErrorKind::UnexpectedEof,
            "the server hung up without a reply",
        )),
        Ok(_) => Ok(reply),
        Err(error) => Err(explained(error)),
    }
}
// ANCHOR_END: upload

/// What a write reports when the other end is gone.
fn hung_up(error: &io::Error) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    matches!(
        error.kind(),
        BrokenPipe | ConnectionReset | ConnectionAborted
    )
}

fn explained(error: io::Error) -> io::Error {
    if is_timeout(&error) {
        return io::Error::new(ErrorKind::TimedOut, "nothing moved for too long");
    }
    error
}

/// What became of one upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Bytes that were accepted; `None` when there were more than [`MAX_UPLOAD`].
    pub accepted: Option<u64>,
    /// Whether the client has hung up too.
    pub farewell: Farewell,
}

// ANCHOR: serve
/// Takes an upload from the clients of `listener` in turn, and tells `report` what became of each.
///
/// One client at a time, as in lesson 02, and `patience` bounds each wait for it. An upload ends
/// with the client's end of stream. Each gets one line as a reply, also the one that is too long:
/// then most of it is still unread, and that is why the connection is closed by [`finish`].
///
/// # Errors
///
/// When `accept` fails for a reason that is not one client's, accept(2).
pub fn serve(
    listener: &TcpListener,
    patience: Duration,
    mut report: impl FnMut(SocketAddr, io::Result<Upload>) -> ControlFlow<()>,
) -> io::Result<()> {
    loop {
        let (client, address) = match listener.accept() {
            Ok(accepted) => accepted,
            // Policy, failed accept: as in lesson 01.
            Err(error) if error.kind() == ErrorKind::ConnectionAborted => continue,
            Err(error) => return Err(error),
        };
        // Policy, failed client: it is reported, and the next one is served.
        let outcome = receive(client, patience).map_err(explained);
        if report(address, outcome).is_break() {
            return Ok(());
        }
    }
}

fn receive(mut client: TcpStream, patience: Duration) -> io::Result<Upload> {
    // Policy, slow client: a read or a write that waits for longer ends the conversation.
    client.set_read_timeout(Some(patience))?;
    client.set_write_timeout(Some(patience))?;
    // One byte more than is allowed, to know whether there is one.
    let received = io::copy(&mut (&client).take(MAX_UPLOAD + 1), &mut io::sink())?;
    let accepted = (received <= MAX_UPLOAD).then_some(received);
    let reply = match accepted {
        Some(count) => format!("received {count} bytes\n"),
        None => format!("too long: at most {MAX_UPLOAD} bytes are accepted\n"),
    };
    client.write_all(reply.as_bytes())?;
    let farewell = finish(client, patience)?;
    Ok(Upload { accepted, farewell })
}
// ANCHOR_END: serve
