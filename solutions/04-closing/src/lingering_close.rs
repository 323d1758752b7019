//! Exercise: the lingering close.

use std::io::{self, ErrorKind, Read};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

/// Bytes that one read may throw away.
pub const SCRAP: usize = 4096;

/// How the wait for the client's end came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Farewell {
    /// The client said that it has no more to send either.
    Heard,
    /// It did not say so in time.
    GaveUp,
}

/// Closes a connection so that the reply, which has been written already, arrives.
///
/// The client may still be sending, and part of what it sent is unread. Closing now would reset the
/// connection and destroy what is left of the reply. So: say that nothing more will come, then read
/// and throw away what the client sends, until its end of stream, but no longer than `limit`. The
/// stream is closed when this function returns, because it owns it.
///
/// What will come: a client that sends much more before it ends; one that stays silent and connected;
/// one that sends a byte from time to time, for ever; one that resets the connection; reads that
/// are `Interrupted`. `limit` is for all of it together, and it may be zero.
///
/// Example: the client sends a long request, reads your reply to its end, and closes. This returns
/// `Ok(Farewell::Heard)`. Another one never closes: after `limit`, this returns
/// `Ok(Farewell::GaveUp)`.
///
/// # Errors
/// What the connection reports, such as a reset. Silence is no error here.
pub fn close_politely(mut stream: TcpStream, limit: Duration) -> io::Result<Farewell> {
    // BEGIN SOLUTION: half-close, then read and throw away until the client's end of stream, or until the limit is over
    let started = Instant::now();
    stream.shutdown(Shutdown::Write)?;
    let mut scrap = [0; SCRAP];
    loop {
        // Each read gets what is left of the limit, not the whole limit again.
        let left = limit.saturating_sub(started.elapsed());
        if left.is_zero() {
            return Ok(Farewell::GaveUp); // a timeout of zero is not allowed
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut scrap) {
            Ok(0) => return Ok(Farewell::Heard),
            Ok(_) => {}
            Err(error) => match error.kind() {
                ErrorKind::Interrupted => {}
                ErrorKind::WouldBlock | ErrorKind::TimedOut => return Ok(Farewell::GaveUp),
                _ => return Err(error),
            },
        }
    }
    // END SOLUTION
}
