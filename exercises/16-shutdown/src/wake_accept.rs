//! Exercise: wake a thread that waits in accept().

use std::io;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;
use threads::Stop;

/// How long the connection that wakes `accept` may take. Where it takes longer, the backlog is full,
/// and then `accept` has somebody else to return.
pub const WAKE: Duration = Duration::from_secs(1);

/// Accepts clients and hands each of them to `serve`, until somebody calls `stop.stop()`. Then it
/// returns how many there were, and the listener is closed, because this function owns it.
///
/// A thread that waits in `accept` looks at no flag, and std has no call that interrupts it. What
/// ends the wait is a connection, and anybody may make one: you, too. `stop.on_stop(wake)` calls
/// `wake` once, when somebody asks to stop, or at once when somebody has asked already.
/// `stop.is_stopped()` tells which of the two it was that came.
///
/// What will come: clients, one after another; a stop while you wait in `accept`; a stop while
/// `serve` is busy with a client; a stop before you are called. After the stop, nobody is handed to
/// `serve` any more, and your own connection never. The process goes on: its owner has more to do.
/// And do not ask again and again: between two clients, your thread sleeps in `accept`.
///
/// Example: two clients come, and then somebody presses Ctrl-C. This returns `Ok(2)`.
///
/// # Errors
/// Those of `accept`, and of asking the listener for its address.
pub fn accept_until(
    listener: TcpListener,
    stop: &Stop,
    mut serve: impl FnMut(TcpStream),
) -> io::Result<usize> {
    todo!(
        "hand every client to `serve` until the stop, and let the stop wake accept() with a connection"
    )
}
