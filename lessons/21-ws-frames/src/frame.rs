//! What stands before a payload (RFC 6455, section 5.2).

use std::fmt;

use crate::violation::Violation;

/// Bytes of the longest header: 2, a length of 8, a key of 4.
pub const MAX_HEADER: usize = 14;

/// Bytes of payload in a control frame (section 5.5).
pub const MAX_CONTROL: usize = 125;

const FIN: u8 = 0b1000_0000;
const RSV1: u8 = 0b0100_0000;
const RSV2_RSV3: u8 = 0b0011_0000;
const OPCODE: u8 = 0b0000_1111;
const MASK: u8 = 0b1000_0000;
const LENGTH: u8 = 0b0111_1111;

/// In place of a length: it stands in the next two bytes.
const IN_TWO: u8 = 126;
/// In place of a length: it stands in the next eight bytes.
const IN_EIGHT: u8 = 127;

// ANCHOR: opcode
/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    /// The next part of a message.
    Continuation = 0x0,
    /// A message of text, or the first part of one.
    Text = 0x1,
    /// A message of any bytes, or the first part of one.
    Binary = 0x2,
    /// The end of the conversation.
    Close = 0x8,
    /// Are you there?
    Ping = 0x9,
    /// I am.
    Pong = 0xa,
}

impl Opcode {
    #[inline]
    pub(crate) fn of(bits: u8) -> Result<Self, Violation> {
        match bits {
            0x0 => Ok(Self::Continuation),
            0x1 => Ok(Self::Text),
            0x2 => Ok(Self::Binary),
            0x8 => Ok(Self::Close),
            0x9 => Ok(Self::Ping),
            0xa => Ok(Self::Pong),
            bits => Err(Violation::ReservedOpcode(bits)),
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Continuation => "continuation",
            Self::Text => "text",
            Self::Binary => "binary",
            Self::Close => "close",
            Self::Ping => "ping",
            Self::Pong => "pong",
        }
    }

    /// Whether it may come between the parts of a message.
    pub fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}
// ANCHOR_END: opcode

// ANCHOR: header
/// Everything of a frame but its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The last part of its message.
    pub fin: bool,
    /// The first reserved bit: the message is compressed (RFC 7692), if both sides have agreed on that.
    pub rsv1: bool,
    /// What it is.
    pub opcode: Opcode,
    /// With what the payload is masked.
    pub key: Option<[u8; 4]>,
    /// Bytes of the payload.
    pub length: u64,
}

impl Header {
    /// Reads the header that `bytes` begin with, and says how long it is. `None`: it is not all there.
    ///
    /// # Errors
    ///
    /// What no frame can be, as soon as the bytes that say so are there.
    #[inline]
    pub fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, Violation> {
        let Some(first) = bytes.first() else {
            return Ok(None);
        };
        let fin = first & FIN != 0;
        let rsv1 = first & RSV1 != 0;
        if first & RSV2_RSV3 != 0 {
            return Err(Violation::ReservedBit);
        }
        let opcode = Opcode::of(first & OPCODE)?;
        if opcode.is_control() {
            if !fin {
                return Err(Violation::FragmentedControl);
            }
            if rsv1 {
                return Err(Violation::ReservedBit);
            }
        }
        let Some(second) = bytes.get(1) else {
            return Ok(None);
        };
        let short = second & LENGTH;
        if opcode.is_control() && short as usize > MAX_CONTROL {
            return Err(Violation::LongControl);
        }
        let rest = &bytes[2..];
        let (length, rest) = match short {
            IN_TWO => {
                let Some((length, rest)) = rest.split_first_chunk() else {
                    return Ok(None);
                };
                let length = u64::from(u16::from_be_bytes(*length));
                if length < u64::from(IN_TWO) {
                    return Err(Violation::BadLength);
                }
                (length, rest)
            }
            IN_EIGHT => {
                let Some((length, rest)) = rest.split_first_chunk() else {
                    return Ok(None);
                };
                let length = u64::from_be_bytes(*length);
                if length <= u64::from(u16::MAX) || length > i64::MAX as u64 {
                    return Err(Violation::BadLength);
                }
                (length, rest)
            }
            short => (u64::from(short), rest),
        };
        let (key, rest) = match second & MASK {
            0 => (None, rest),
            _ => match rest.split_first_chunk() {
                Some((key, rest)) => (Some(*key), rest),
                None => return Ok(None),
            },
        };
        let header = Self {
            fin,
            rsv1,
            opcode,
            key,
            length,
        };
        Ok(Some((header, bytes.len() - rest.len())))
    }
    // ANCHOR_END: header

    // ANCHOR: bytes
    /// As it stands on the wire, in the shortest way. Nothing is checked: what [`Header::parse`] refuses can be
    /// written too.
    #[inline]
    pub fn bytes(&self) -> HeaderBytes {
        let fin = if self.fin { FIN } else { 0 };
        let rsv1 = if self.rsv1 { RSV1 } else { 0 };
        let mask = if self.key.is_some() { MASK } else { 0 };
        let (short, long, more) = match self.length {
            short @ 0..126 => (short as u8, 0, 0),
            two @ 126..=0xffff => (IN_TWO, u64::from((two as u16).swap_bytes()), 2),
            eight => (IN_EIGHT, eight.swap_bytes(), 8),
        };
        // One number, with the first byte lowest: to read together what was written byte by byte, a processor
        // waits.
        let mut all = u128::from(fin | rsv1 | self.opcode as u8);
        all |= u128::from(mask | short) << 8 | u128::from(long) << 16;
        let mut length = 2 + more;
        if let Some(key) = self.key {
            all |= u128::from(u32::from_le_bytes(key)) << (8 * length);
            length += key.len();
        }
        let bytes = all.to_le_bytes();
        HeaderBytes { bytes, length }
    }
    // ANCHOR_END: bytes
}

/// The bytes of a header.
#[derive(Clone, Copy, Debug)]
pub struct HeaderBytes {
    /// Room for [`MAX_HEADER`].
    bytes: [u8; 16],
    length: usize,
}

impl HeaderBytes {
    /// Puts them behind what is in `out`.
    #[inline]
    pub fn append_to(&self, out: &mut Vec<u8>) {
        // All that there could be, and then less: to copy as many bytes as always is one step.
        let end = out.len() + self.length;
        out.extend_from_slice(&self.bytes);
        out.truncate(end);
    }
}

impl std::ops::Deref for HeaderBytes {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl fmt::Display for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.opcode.name();
        let length = self.length;
        let plural = if length == 1 { "" } else { "s" };
        write!(f, "{name}, {length} byte{plural}")?;
        if self.key.is_some() {
            f.write_str(", masked")?;
        }
        if self.rsv1 {
            f.write_str(", compressed")?;
        }
        if !self.fin {
            f.write_str(", more to come")?;
        }
        Ok(())
    }
}
