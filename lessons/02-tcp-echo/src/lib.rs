//! Lesson 02: TCP carries bytes, not messages.
//!
//! What arrives is the same bytes in the same order, and nothing else is promised: one write may
//! arrive in many reads, many writes in one. So whoever reads goes on until end of stream, and
//! whoever writes makes sure that everything was taken.
//!
//! - [`echo`] sends back what it reads, over anything that reads and writes;
//! - [`serve`] echoes for one client after another;
//! - [`exchange`] is a client that sends and receives at the same time.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::ops::ControlFlow;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How long the programs wait for a peer that neither sends nor reads, before they give it up.
///
/// A peer that moves one byte just in time can stay for ever: lesson 08 is about that.
pub const IDLE: Duration = Duration::from_secs(30);

/// Bytes that one read may take. Not the size of a message: there are no messages.
const BUFFER_SIZE: usize = 16 * 1024;

// ANCHOR: echo
/// Sends back every byte of `stream` until its end, and returns how many there were.
///
/// A read has three outcomes: bytes, which are sent back before the next read; `Ok(0)`, which is
/// end of stream and success; and an error, which ends the echo. Interrupted reads are tried again.
///
/// # Errors
///
/// Whatever `stream` reports for a read or a write.
pub fn echo(mut stream: impl Read + Write) -> io::Result<u64> {
    let mut buffer = [0; BUFFER_SIZE];
    let mut echoed = 0;
    loop {
        let count = match stream.read(&mut buffer) {
            Ok(0) => return Ok(echoed),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        // `write` may take only a part; `write_all` goes on until the rest is taken as well.
        stream.write_all(&buffer[..count])?;
        echoed += count as u64;
    }
}
// ANCHOR_END: echo

// ANCHOR: serve
/// Echoes for the clients of `listener` in turn, and tells `report` what became of each.
///
/// One client at a time: while one is served, the others wait in the backlog, and a client that
/// does not read, or does not write, holds them up. It is given up when nothing has moved for
/// `idle`, which must not be zero (lesson 09 serves many at once). `report` gets the client's
/// address and the number of bytes echoed, or the error; when it says `Break`, `serve` returns `Ok`.
///
/// # Errors
///
/// When `accept` fails for a reason that is not one client's, accept(2).
pub fn serve(
    listener: &TcpListener,
    idle: Duration,
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
        if report(address, echo_within(&client, idle)).is_break() {
            return Ok(());
        }
    }
}

/// Policy, slow client: a read or a write that has waited for `idle` ends the conversation.
fn echo_within(client: &TcpStream, idle: Duration) -> io::Result<u64> {
    client.set_read_timeout(Some(idle))?;
    client.set_write_timeout(Some(idle))?;
    echo(client).map_err(|error| explained(error, idle))
}
// ANCHOR_END: serve

/// An expired SO_RCVTIMEO or SO_SNDTIMEO says "would block" on Unix, socket(7), and "timed out" on
/// Windows. To a reader both say the same.
fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

fn explained(error: io::Error, idle: Duration) -> io::Error {
    if is_timeout(&error) {
        let sentence = format!("nothing moved for {idle:?}");
        return io::Error::new(ErrorKind::TimedOut, sentence);
    }
    error
}

// ANCHOR: exchange
/// Sends all of `source` and copies what comes back to `sink`, both at the same time.
///
/// When `source` ends, our half of the connection is closed, `shutdown(Write)`, and what is still
/// under way is received until end of stream. Returns the number of bytes received.
///
/// The sending has a thread of its own. Without it the two ends could wait for each other for
/// ever: we write and do not read, so the server's writes find no room, so it stops reading, so our
/// writes find no room.
///
/// # Errors
///
/// - `TimedOut` when the peer takes no byte for `idle`, or is silent for `idle` after our end;
/// - `UnexpectedEof` when the peer ended its half before we had sent everything;
/// - `Other` when `sink` takes no more;
/// - whatever `stream` or `source` report.
///
/// Silence is noticed within twice `idle`. After an error the connection is shut down, and the
/// sending thread ends at its next write.
pub fn exchange(
    stream: &TcpStream,
    mut source: impl Read + Send + 'static,
    sink: impl Write,
    idle: Duration,
) -> io::Result<u64> {
    stream.set_read_timeout(Some(idle))?;
    stream.set_write_timeout(Some(idle))?;
    let sending = stream.try_clone()?; // a second handle of the same socket, for the other thread
    let (sent, news) = mpsc::channel();
    thread::spawn(move || {
        let outcome = io::copy(&mut source, &mut &sending);
        // The news first, then the half-close: whoever sees the peer's answer to it has the news.
        let _ = sent.send(outcome); // Nobody listens any more? Then the connection is shut down.
        let _ = sending.shutdown(Shutdown::Write); // It is gone already? The receiver sees that.
    });

    let received = receive(stream, sink, &news);
    if received.is_err() {
        let _ = stream.shutdown(Shutdown::Both); // The error that we have says more than its error.
    }
    received.map_err(|error| explained(error, idle))
}

/// The receiving half. `news` holds the outcome of the sending half once there is one.
fn receive(
    mut stream: &TcpStream,
    mut sink: impl Write,
    news: &mpsc::Receiver<io::Result<u64>>,
) -> io::Result<u64> {
    let mut buffer = [0; BUFFER_SIZE];
    let mut received = 0;
    let mut all_sent = false;
    loop {
        let outcome = stream.read(&mut buffer);
        if let Ok(count @ 1..) = outcome {
            let output = sink.write_all(&buffer[..count]).and_then(|()| sink.flush());
            // Its "broken pipe" must not be taken for the connection's.
            output
                .map_err(|error| io::Error::other(format!("nothing takes the output: {error}")))?;
            received += count as u64;
            continue;
        }
        // No bytes came, so it matters whether we are still sending.
        let was_waiting_for_the_end = all_sent;
        if let Ok(sending) = news.try_recv() {
            sending?;
            all_sent = true;
        }
        match outcome {
            Ok(_) if all_sent => return Ok(received),
            Ok(_) => {
                let sentence = "the peer ended the conversation before we did";
                return Err(io::Error::new(ErrorKind::UnexpectedEof, sentence));
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // As long as there is more to send, silence is no fault: the source may be a person.
            Err(error) if is_timeout(&error) && !was_waiting_for_the_end => {}
            Err(error) => return Err(error),
        }
    }
}
// ANCHOR_END: exchange
