//! Exercise: where did the stream end, between two frames or inside one?

use std::io::{self, ErrorKind, Read};

/// Bytes of payload that a frame may have.
pub const MAX_FRAME: usize = 64 * 1024;

/// Reads the next frame from a blocking stream, and takes not one byte more. Returns its payload,
/// or `Ok(None)` when the stream ends where a frame could have begun: a good end.
///
/// A frame is four bytes that say how long the payload is, the most significant byte first, and
/// then the payload. This is called again and again on the same stream, once for each frame.
///
/// What will come: bytes cut anywhere; the next frame right behind this one; empty frames; a client
/// that sends one frame and then stays silent; a read that is `Interrupted`; a stream that ends
/// between two frames, inside a prefix, directly behind one, or inside a payload.
///
/// Example: the stream brings `"\0\0\0\x02hi"`, then `"\0\0"`, then ends. The first call returns
/// `Some(b"hi".to_vec())`, the second `Err(UnexpectedEof)`.
///
/// # Errors
/// - `UnexpectedEof` when the stream ends inside a frame, wherever that is;
/// - `InvalidData` when a prefix says more than [`MAX_FRAME`], without a look at what follows;
/// - the first error of the stream, such as a reset, but not `Interrupted`.
pub fn read_frame(stream: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    // BEGIN SOLUTION: read the four bytes of the prefix, where an end before the first is Ok(None); check the length; read as many bytes of payload
    let mut prefix = [0; 4];
    let mut filled = 0;
    while filled < prefix.len() {
        match stream.read(&mut prefix[filled..]) {
            // The same Ok(0) twice: only before the first byte of a frame is it a good end.
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => filled += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let length = u32::from_be_bytes(prefix) as usize;
    if length > MAX_FRAME {
        return Err(ErrorKind::InvalidData.into());
    }
    // At most MAX_FRAME; read_exact makes UnexpectedEof of an end inside.
    let mut payload = vec![0; length];
    stream.read_exact(&mut payload)?;
    Ok(Some(payload))
    // END SOLUTION
}
