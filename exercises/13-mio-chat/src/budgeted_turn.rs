//! Exercise: one turn of a connection, with a budget.

use framing::{Event, Frames};
use std::io::{self, ErrorKind, Read};

/// Bytes that one read may bring: room for many messages, or for a part of one.
pub const BUFFER: usize = 4096;

/// What is to happen with a connection after its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// The stream had no more for now. The loop gives it a turn when an event says that it is
    /// readable again.
    Waits,
    /// The budget is used up, and there may be more. The loop gives it a turn after the others had
    /// theirs, and asks no event for it.
    Again,
    /// The stream has ended, and all its messages were taken.
    Ended,
}

/// One turn of a connection in a readiness loop: gives at most `budget` messages to `take`, in
/// order, and says what is to happen next. `budget` is at least 1.
///
/// `stream` is nonblocking. `frames` is the codec of lesson 03; it belongs to the connection and
/// lives from its first turn to its last. Messages that it holds already come before any further
/// read. As soon as `budget` messages were taken, the turn is over: `Again`.
///
/// What will come: messages cut anywhere, with `WouldBlock` in between; a hundred messages in one
/// read; a client that sends without end; the end of the stream; a read that is `Interrupted`; a
/// reset.
///
/// Example: five messages come in one read, and nothing more. With a budget of two, the turns take
/// 2, 2 and 1 messages, and say `Again`, `Again` and `Waits`.
///
/// # Errors
/// - what the codec says is wrong, as an `io::Error` (`error.into()`, or `?`);
/// - whatever the stream reports, but not `WouldBlock` and `Interrupted`.
pub fn turn(
    stream: &mut impl Read,
    frames: &mut Frames,
    budget: usize,
    mut take: impl FnMut(Vec<u8>),
) -> io::Result<Then> {
    todo!(
        "until the budget is used up: take the next message of the codec; when it has none, read once for it"
    )
}
