//! Exercise: greet clients in turn.

use std::io::{self, ErrorKind, Write};
use std::net::TcpListener;

/// Greets clients of `listener`, one after another in the order in which they connected, until
/// `clients` of them are greeted, and returns how many others were lost meanwhile.
///
/// A turn is: accept, send `"hello, client K\n"` in one write, close. K counts the greeted
/// clients from 1. A client is lost when it has reset its connection before its turn: accepting
/// it or writing to it is an error. That is the trouble of that client alone: it gets no
/// number, and the next one is served.
///
/// What will come: clients that connect before you call `accept`, and some that connect much
/// later; clients that read their greeting late, or in another order than they came; clients
/// that never say a word and wait for the end of the stream; one that resets its connection
/// while it waits in the queue; one that closes at once (a write to it still succeeds, so it
/// counts as greeted); `clients` equal to 0.
///
/// Example: A, B and C connect, B resets, and `greet(&listener, 2)` is called. A reads
/// `"hello, client 1\n"` and the end of the stream, C reads `"hello, client 2\n"` and the end of
/// the stream, and the function returns `Ok(1)`.
///
/// # Errors
/// When `accept` fails for another reason than `ConnectionAborted` (which is how some systems
/// report a client that reset in the queue; Linux accepts it, and the write fails).
pub fn greet(listener: &TcpListener, clients: usize) -> io::Result<usize> {
    // BEGIN SOLUTION: until `clients` clients are greeted: accept one, write its greeting, close it; count those that fail, and return that count
    let mut greeted = 0;
    let mut lost = 0;
    while greeted < clients {
        let mut client = match listener.accept() {
            Ok((client, _)) => client,
            Err(error) if error.kind() == ErrorKind::ConnectionAborted => {
                lost += 1;
                continue;
            }
            Err(error) => return Err(error),
        };
        // One string and one write: write!(client, ...) would be three.
        let greeting = format!("hello, client {}\n", greeted + 1);
        match client.write_all(greeting.as_bytes()) {
            Ok(()) => greeted += 1,
            Err(_) => lost += 1,
        }
        // Here `client` is dropped, which closes this connection and not the listening socket.
    }
    Ok(lost)
    // END SOLUTION
}
