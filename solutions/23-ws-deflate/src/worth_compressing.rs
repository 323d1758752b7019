//! Exercise: compress only what is worth it.

/// Bytes of a message that is worth it. A shorter one would hardly become shorter.
pub const WORTH_IT: usize = 64;

/// Bytes of payload that a frame may have.
pub const MAX_FRAME: usize = 1024;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    /// The next part of a message.
    Continuation,
    /// A message of text, or the first part of one.
    Text,
    /// A message of any bytes, or the first part of one.
    Binary,
    /// A control frame: no message.
    Ping,
}

/// A frame that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The last part of its message.
    pub fin: bool,
    /// The message is compressed.
    pub rsv1: bool,
    /// What it is.
    pub opcode: Opcode,
    /// Its bytes.
    pub payload: Vec<u8>,
}

/// The frames that a message, or a ping, is sent in.
///
/// A message of [`WORTH_IT`] bytes or more is compressed: `compress` makes its payload of it, tail taken off.
/// A shorter one goes as it is, and so does a ping: control frames are never compressed (RFC 7692, section 6).
///
/// The payload is cut into parts of [`MAX_FRAME`] bytes, and only the last has fewer. Each is a frame. The first
/// one says what the message is, and whether it is compressed, with RSV1; those behind it are continuations,
/// without RSV1 (section 6). The last one has FIN. A ping is never too long for one frame.
///
/// `compress` remembers what it was given, and the receiver remembers what it has read: both must be the same.
/// So `compress` is called once for each compressed message, with all of it, and what it gives is sent, also
/// when it is longer than the message. It is not called to find out whether that is worth it.
///
/// What will come: an empty message, which is one frame; messages of exactly [`WORTH_IT`] bytes, and of one
/// less; some that become long, some that become longer, and payloads of whole frames exactly; pings of up to
/// 125 bytes.
///
/// Example: 3,000 bytes of text that become 1,500 are two frames: text, RSV1 and 1,024 bytes; continuation,
/// FIN and 476 bytes.
pub fn frames(
    opcode: Opcode,
    message: &[u8],
    mut compress: impl FnMut(&[u8]) -> Vec<u8>,
) -> Vec<Frame> {
    // BEGIN SOLUTION: decide, and compress or not; cut what there is into parts, at least one; then mark the first frame and the last
    let is_compressed = opcode != Opcode::Ping && message.len() >= WORTH_IT;
    let payload = match is_compressed {
        true => compress(message),
        false => message.to_vec(),
    };
    let mut parts: Vec<&[u8]> = payload.chunks(MAX_FRAME).collect();
    if parts.is_empty() {
        parts.push(&[]);
    }
    let last = parts.len() - 1;
    let frame = |(nth, part): (usize, &[u8])| Frame {
        fin: nth == last,
        rsv1: nth == 0 && is_compressed,
        opcode: if nth == 0 {
            opcode
        } else {
            Opcode::Continuation
        },
        payload: part.to_vec(),
    };
    parts.into_iter().enumerate().map(frame).collect()
    // END SOLUTION
}
