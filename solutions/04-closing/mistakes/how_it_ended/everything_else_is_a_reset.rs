//! hint: other-errors
//! Takes every other error for a reset.

use std::io::{self, ErrorKind};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Read,
    Write,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    GoesOn,
    EndOfStream,
    Reset,
    BrokenPipe,
    TimedOut,
    OtherError,
}

pub fn how_it_ended(call: Call, outcome: &io::Result<usize>) -> News {
    match (call, outcome) {
        (Call::Read, Ok(0)) => News::EndOfStream,
        (_, Ok(_)) => News::GoesOn,
        (_, Err(error)) => match error.kind() {
            ErrorKind::Interrupted => News::GoesOn,
            ErrorKind::WouldBlock | ErrorKind::TimedOut => News::TimedOut,
            ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => News::Reset,
            ErrorKind::BrokenPipe => News::BrokenPipe,
            ErrorKind::UnexpectedEof => News::EndOfStream,
            _ => News::Reset,
        },
    }
}
