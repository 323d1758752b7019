//! Exercise: what to do when accept fails.

use std::io;
use threads::{AfterAccept, after_accept};

/// What the loop needs of its server. In a test, it is a script.
pub trait Server {
    /// A client that was accepted.
    type Client;

    /// accept(2): the next client, or an error.
    fn accept(&mut self) -> io::Result<Self::Client>;

    /// Starts the conversation with a client, and does not wait for its end.
    fn begin(&mut self, client: Self::Client);

    /// Waits for a moment, in which others may give descriptors or memory back.
    fn pause(&mut self);
}

/// Accepts clients and begins their conversations, until accept fails for good; returns that error.
///
/// `threads::after_accept(&error)` knows what an error is about. `Next`: about one client, which is
/// gone. `Pause`: something has run out, such as descriptors; accept would fail again at once, and
/// the client still waits. `GiveUp`: about the listener, and it will not pass.
///
/// What will come: clients; errors of each kind, in any order; several in a row, also the same
/// again and again; clients after them.
///
/// Example: accept gives a client, then "too many open files", then a client, then "bad file
/// descriptor". So: begin, pause, begin, and the last error is returned.
pub fn accept_all<S: Server>(server: &mut S) -> io::Error {
    todo!(
        "accept in a loop; begin with each client; after an error go on, or pause and go on, or return it"
    )
}
