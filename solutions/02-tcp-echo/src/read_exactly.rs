//! Exercise: read exactly as many bytes as asked for.

use std::io::{self, ErrorKind, Read};

/// Fills the whole of `buffer` from `stream`, and takes not one byte more: what follows belongs
/// to whoever reads next.
///
/// The standard library has this as `Read::read_exact`. Write it yourself here, with `read` only.
///
/// What will come: bytes that are split anywhere; more bytes than asked for, in one piece; a
/// stream that ends before `buffer` is full; a client that sends exactly enough and then stays
/// silent, with the connection open; a read that is `Interrupted` (call it again); an empty
/// `buffer`, which is full already: return without a read.
///
/// Example: the stream brings `"he"`, then `"llo, world"`. With room for five bytes, `buffer` is
/// `"hello"` afterwards, and the next read brings `", world"`.
///
/// # Errors
/// `UnexpectedEof` when the stream ends before `buffer` is full, also when it ends at once.
/// Otherwise the first error of the stream, such as a reset, but not `Interrupted`.
pub fn read_exactly(stream: &mut impl Read, buffer: &mut [u8]) -> io::Result<()> {
    // BEGIN SOLUTION: read into the part of buffer that is still empty, until it is full; a stream that ends before is UnexpectedEof
    let mut filled = 0;
    // The condition comes first: a read into no room at all would wait for a byte on some systems.
    while filled < buffer.len() {
        match stream.read(&mut buffer[filled..]) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(n) => filled += n,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
    // END SOLUTION
}
