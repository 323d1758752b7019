//! Exercise: one length, written in one of three ways.

/// The connection is over: fail it with this close code (RFC 6455, section 7.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fail(pub u16);

/// What a header says about the payload behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    /// Bytes of the payload.
    pub payload: u64,
    /// Bytes in which that was written: 1, 3 or 9.
    pub written_in: usize,
}

/// Reads the length of a frame's payload. `bytes` begin with the *second* byte of the frame (the first
/// says what it is), and hold what has come by now. `Ok(None)`: the length is not all there.
///
/// The highest bit of the first of these bytes tells whether the payload is masked, and is no part of
/// the length. The seven others are the length, up to 125. When they are 126, the length stands in the
/// next two bytes; when they are 127, in the next eight; the most significant byte first.
///
/// What will come: any length, masked or not; no byte at all; a length cut at every place; with the
/// masking key, the payload and other frames behind it, or without.
///
/// Example: `[0x85, …]` is `Length { payload: 5, written_in: 1 }`; `[0x7e, 0x01, 0x00, …]` is
/// `Length { payload: 256, written_in: 3 }`; `[0x7e, 0x01]` is `Ok(None)`.
///
/// # Errors
/// [`Fail`] with 1002, a protocol error, when the length would have fitted into fewer bytes, and when it
/// is 2^63 or more: RFC 6455, section 5.2, allows neither.
pub fn read_length(bytes: &[u8]) -> Result<Option<Length>, Fail> {
    // BEGIN SOLUTION: take seven bits of the first byte; for 126 and 127 read the bytes behind it, when they are there, and refuse what was too short or too long for them
    let Some((first, rest)) = bytes.split_first() else {
        return Ok(None);
    };
    let (payload, written_in) = match first & 0x7f {
        126 => match rest.split_first_chunk() {
            Some((two, _)) => (u64::from(u16::from_be_bytes(*two)), 3),
            None => return Ok(None),
        },
        127 => match rest.split_first_chunk() {
            Some((eight, _)) => (u64::from_be_bytes(*eight), 9),
            None => return Ok(None),
        },
        short => (u64::from(short), 1),
    };
    let is_good = match written_in {
        1 => true,
        3 => payload > 125,
        _ => payload > 0xffff && payload < 1 << 63,
    };
    match is_good {
        true => Ok(Some(Length {
            payload,
            written_in,
        })),
        false => Err(Fail(1002)),
    }
    // END SOLUTION
}

/// Writes the length of a payload, from the second byte of a frame on, in as few bytes as possible. The
/// highest bit of the first byte is 1 when the payload is `masked`.
///
/// What will come: every length below 2^63.
///
/// Example: `write_length(256, false)` is `[0x7e, 0x01, 0x00]`; `write_length(5, true)` is `[0x85]`.
pub fn write_length(payload: u64, masked: bool) -> Vec<u8> {
    // BEGIN SOLUTION: one byte up to 125; 126 and two bytes up to 65,535; else 127 and eight bytes; and the mask bit
    let mask = if masked { 0x80 } else { 0 };
    match payload {
        0..=125 => vec![mask | payload as u8],
        126..=0xffff => [&[mask | 126][..], &(payload as u16).to_be_bytes()].concat(),
        _ => [&[mask | 127][..], &payload.to_be_bytes()].concat(),
    }
    // END SOLUTION
}
