//! Exercise: inflate, but only so far.

use flate2::{Decompress, FlushDecompress, Status};

/// What no compressed message is sent with, and zlib needs at its end (RFC 7692, section 7.2.2).
pub const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

/// Bytes that one step may make.
pub const STEP: usize = 4096;

/// Why there is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It has more bytes than it may: close code 1009.
    TooLong,
    /// The payload is no compressed message: close code 1007.
    NotDeflate,
}

/// How many bytes a step has read of the input, and how many it has written to the output.
pub type Done = (usize, usize);

/// What zlib does.
pub trait Inflate {
    /// Decompresses as much of `input` as there is room for in `output`. When it has filled all of `output`,
    /// there may be more to come, even when it has read all of `input`. It may leave a part of `input` also
    /// when there is room: there a stream ended, and the next step reads the next one (RFC 7692, section
    /// 7.2.3.4).
    ///
    /// # Errors
    /// [`Refused::NotDeflate`].
    fn inflate(&mut self, input: &[u8], output: &mut [u8]) -> Result<Done, Refused>;
}

/// This part is given.
impl Inflate for Decompress {
    fn inflate(&mut self, input: &[u8], output: &mut [u8]) -> Result<Done, Refused> {
        let (read, written) = (self.total_in(), self.total_out());
        let status = self
            .decompress(input, output, FlushDecompress::Sync)
            .map_err(|_| Refused::NotDeflate)?;
        let done = (self.total_in() - read, self.total_out() - written);
        if status == Status::StreamEnd {
            self.reset(false);
        }
        Ok((done.0 as usize, done.1 as usize))
    }
}

/// The message that became `payload`, if it has no more than `max` bytes: `payload`, and then [`TAIL`], through
/// `zlib`, step by step, in an output of [`STEP`] bytes at most.
///
/// A megabyte can become a gigabyte: so the message is not made first and measured afterwards. As soon as there
/// is one byte too much, nothing more is made: `zlib` never writes more than `max` + [`STEP`] bytes in all. Nor
/// is there a buffer of `max` bytes for a message of ten.
///
/// What will come: messages of no byte, of a few, of many steps, of whole steps exactly; of `max` bytes, and
/// of one more; payloads that hold several streams; many messages through the same `zlib`, which goes on
/// from one to the next; bytes that are no compressed message.
///
/// Example: of the payload `f2 48 cd c9 c9 07 00` it is `Ok("Hello")` when `max` is 5, and
/// `Err(Refused::TooLong)` when it is 4.
///
/// # Errors
/// [`Refused`]. After that, `zlib` is not used again.
pub fn inflate(zlib: &mut impl Inflate, payload: &[u8], max: usize) -> Result<Vec<u8>, Refused> {
    // BEGIN SOLUTION: for the payload and then for the tail: step by step until it is read and a step leaves room; after each step refuse what has become too long
    let mut message = Vec::new();
    let mut output = [0; STEP];
    for mut input in [payload, &TAIL] {
        loop {
            let (read, written) = zlib.inflate(input, &mut output)?;
            input = &input[read..];
            message.extend_from_slice(&output[..written]);
            if message.len() > max {
                return Err(Refused::TooLong);
            }
            if input.is_empty() && written < output.len() {
                break;
            }
            if (read, written) == (0, 0) {
                return Err(Refused::NotDeflate);
            }
        }
    }
    Ok(message)
    // END SOLUTION
}
