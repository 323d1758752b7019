//! Exercise: accept until WouldBlock.

use std::io::{self, ErrorKind};

/// What is known about the backlog when the accepting is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backlog {
    /// Accept said WouldBlock: nobody waits. An event will tell of the next client.
    Empty,
    /// There was no more room, so nobody asked. Somebody may wait, and no event will tell.
    MayHoldMore,
}

/// An event said that the listener is readable. Takes the clients that wait, `room` of them at
/// most, and puts them into `clients`.
///
/// `accept` is the listener's: with mio, `|| listener.accept().map(|(stream, _)| stream)`. It
/// never waits.
///
/// What will come: one event for many clients; more clients than there is room for, or no room at
/// all (then `accept` must not be called); `Interrupted`, a signal; `ConnectionAborted`, a client
/// that hung up while it waited, with others behind it.
///
/// Example: three clients wait and there is room for ten. `accept` is called four times, three
/// clients are in `clients`, and the function returns `Ok(Backlog::Empty)`. With room for two it
/// returns `Ok(Backlog::MayHoldMore)`, and the third client still waits.
///
/// # Errors
/// Every other error of `accept`, such as "too many open files". The clients that were accepted
/// before it are in `clients` all the same.
pub fn accept_on_event<C>(
    mut accept: impl FnMut() -> io::Result<C>,
    room: usize,
    clients: &mut Vec<C>,
) -> io::Result<Backlog> {
    // BEGIN SOLUTION: accept again and again, until WouldBlock or until there is no more room, and say which of the two it was
    let mut accepted = 0;
    while accepted < room {
        match accept() {
            Ok(client) => {
                clients.push(client);
                accepted += 1;
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock => return Ok(Backlog::Empty),
                ErrorKind::Interrupted | ErrorKind::ConnectionAborted => {}
                _ => return Err(error),
            },
        }
    }
    Ok(Backlog::MayHoldMore)
    // END SOLUTION
}
