//! Exercise: serve while one client idles.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::thread;

/// Echoes for every client of `listener`, for all of them at the same time. Returns only when
/// `accept` fails.
///
/// `tcp_echo::echo(&stream)` does what lesson 02 did: it sends back what comes until the client
/// ends its stream. It blocks while the client says nothing. The connection ends when the last
/// handle of its socket is dropped.
///
/// What will come: clients that connect and say nothing for the whole time; fifty clients at once,
/// of which the last one expects its answer first; clients that reset their connection before you
/// have accepted it, while you write to them, and after their end of stream. A failed client is no
/// reason to stop: nobody else may notice.
///
/// Example: one client connects and is silent. Another sends `"hello"`, and gets `"hello"`.
///
/// # Errors
/// The error of `accept`.
pub fn serve(listener: TcpListener) -> io::Result<()> {
    // BEGIN SOLUTION: accept one client after another; give each a thread of its own that echoes until the end, and do not wait for that thread
    loop {
        let (stream, _) = listener.accept()?;
        // Dropping the handle lets the thread go on alone. Its error is its client's.
        thread::spawn(move || echo(stream));
    }
    // END SOLUTION
}

/// One conversation, to its end. The error says why it ended early.
fn echo(stream: TcpStream) -> io::Result<u64> {
    tcp_echo::echo(&stream)
}
