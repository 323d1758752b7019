//! Exercise: many frames in one read.

use framing::{Event, Frames, MAX_FRAME};
use std::io::{self, ErrorKind, Read, Write};

/// Bytes that one read may bring: room for many frames, or for a part of one.
pub const BUFFER: usize = 4096;

/// Answers every frame of `stream` with a frame that holds `answer(payload)`, in order, until the
/// end of the stream. Returns how many frames that were.
///
/// The codec is the lesson's: [`Frames`], made with `Frames::new(MAX_FRAME)`. It knows frames
/// and no streams. You know the stream: this is the loop that drives it.
///
/// What will come: one frame, and a client that waits for its answer; a hundred frames in one
/// read, from a client that does not wait (it pipelines); frames cut anywhere; an end inside a
/// frame; a frame that is too long, behind good ones; a read that is `Interrupted`.
///
/// All answers to what one read brought leave in one `write_all`, before the next read.
///
/// Example: a read brings `"\0\0\0\x01a\0\0\0\x01b\0\0"`. Two answers are written at once, and the
/// last two bytes stay in the codec until the next read.
///
/// # Errors
/// - what the codec says is wrong, as an `io::Error` (`error.into()`): `UnexpectedEof` or
///   `InvalidData`. The frames before that have been answered;
/// - the first error of the stream, such as a reset, but not `Interrupted`.
pub fn answer_all(
    stream: &mut (impl Read + Write),
    mut answer: impl FnMut(&[u8]) -> Vec<u8>,
) -> io::Result<u64> {
    todo!(
        "read; hand the bytes, or the end, to the codec; answer each event until None; write what is to be sent; and again"
    )
}
