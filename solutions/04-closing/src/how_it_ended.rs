//! Exercise: how did it end?

use std::io::{self, ErrorKind};

/// Which call gave the outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// A read with room for at least one byte.
    Read,
    /// A write.
    Write,
}

/// What the outcome of one call says about the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Nothing has ended: go on, or make the call again.
    GoesOn,
    /// The other end has sent all that it will ever send, and we have read all of it.
    EndOfStream,
    /// The connection was destroyed; what was under way, in both directions, may be lost.
    Reset,
    /// We wrote, and nobody is left to read it.
    BrokenPipe,
    /// Nothing moved for as long as we were ready to wait. Whether the other end is still there, we
    /// do not know.
    TimedOut,
    /// Something else went wrong.
    OtherError,
}

/// Sorts the outcome of a `read` or a `write`.
///
/// What will come: counts; `Ok(0)` from a read and from a write (an empty one: it wrote nothing,
/// because there was nothing to write); `Interrupted`; a timeout under both of its names, Unix says
/// `WouldBlock` and Windows `TimedOut`; `ConnectionReset`, and `ConnectionAborted`, which is how
/// some systems call the same; `BrokenPipe`; `UnexpectedEof`, which is what `read_exact` makes of an
/// end of stream; and anything else.
///
/// Example: `how_it_ended(Call::Read, &Ok(5))` is `GoesOn`, and with `Ok(0)` it is `EndOfStream`.
pub fn how_it_ended(call: Call, outcome: &io::Result<usize>) -> News {
    // BEGIN SOLUTION: match the call and the outcome, one line for each kind of news
    match (call, outcome) {
        (Call::Read, Ok(0)) => News::EndOfStream,
        (_, Ok(_)) => News::GoesOn,
        (_, Err(error)) => match error.kind() {
            ErrorKind::Interrupted => News::GoesOn,
            ErrorKind::WouldBlock | ErrorKind::TimedOut => News::TimedOut,
            ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => News::Reset,
            ErrorKind::BrokenPipe => News::BrokenPipe,
            ErrorKind::UnexpectedEof => News::EndOfStream,
            _ => News::OtherError,
        },
    }
    // END SOLUTION
}
