//! Exercise: read until WouldBlock.

use std::io::{self, ErrorKind, Read};

/// Bytes that one read may bring.
pub const BUFFER: usize = 1024;

/// Bytes that may wait to be written to one client.
pub const HIGH_WATER_MARK: usize = 128 * 1024;

/// Why the reading is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readable {
    /// A read said WouldBlock: everything is read. An event will tell when more has come.
    Drained,
    /// As much waits as may wait, so nobody asked. More may be there, and no event will tell.
    Full,
    /// The client has ended its stream.
    Ended,
}

/// An event said that `stream` is readable. Reads what is there, at most [`BUFFER`] bytes with
/// one read, and appends it to `out`, which holds what still waits to be written. `out` never
/// gets longer than [`HIGH_WATER_MARK`].
///
/// What will come: 65,536 bytes with one event; reads that are far shorter than the buffer, with
/// more behind them; an event although nothing is there; a client that sends and sends; an `out`
/// that is full already (then nothing is read); `Interrupted` reads, to be tried again.
///
/// Example: reads bring `"ab"`, then `"c"`, then WouldBlock. The function appends `"abc"` and
/// returns `Ok(Readable::Drained)`.
///
/// # Errors
/// The first error of the stream, such as a reset. WouldBlock and `Interrupted` are none.
pub fn read_on_event(stream: &mut impl Read, out: &mut Vec<u8>) -> io::Result<Readable> {
    todo!("read again and again, until WouldBlock, the end of the stream, or until `out` is full")
}
