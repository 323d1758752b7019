//! What a peer can do wrong.

use std::fmt;

// ANCHOR: violation
/// Bytes that are no WebSocket, or more than we take. The connection is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// A bit is set that no extension has given a meaning (section 5.2).
    ReservedBit,
    /// There is no such frame (section 5.2).
    ReservedOpcode(u8),
    /// A control frame that is not the last of its message (section 5.5).
    FragmentedControl,
    /// A control frame of more than 125 bytes (section 5.5).
    LongControl,
    /// A length that would have fit into fewer bytes, or that has more than 63 bits (section 5.2).
    BadLength,
    /// A client's frame without masking key (section 5.1).
    Unmasked,
    /// A server's frame with one (section 5.1).
    Masked,
    /// A continuation, and nothing has begun (section 5.4).
    NothingToContinue,
    /// A new message inside of another one (section 5.4).
    UnfinishedMessage,
    /// Text that is no UTF-8 (section 8.1).
    NotUtf8,
    /// A compressed message that cannot be decompressed (RFC 7692, section 7.2.2).
    BadCompression,
    /// More bytes than we take in one message (section 10.4).
    TooLong {
        /// The most that we take.
        limit: usize,
    },
    /// A close frame with one byte: a code has two (section 5.5.1).
    CloseWithoutCode,
    /// A code that must not be sent, or that means nothing (section 7.4).
    BadCloseCode(u16),
}

impl Violation {
    /// The code of the close frame that tells the peer (section 7.4.1).
    pub fn code(self) -> u16 {
        match self {
            Self::NotUtf8 | Self::BadCompression => 1007,
            Self::TooLong { .. } => 1009,
            _ => 1002,
        }
    }

    /// Where it is written that this is wrong.
    pub fn section(self) -> &'static str {
        match self {
            Self::Unmasked | Self::Masked => "RFC 6455, section 5.1",
            Self::ReservedBit | Self::ReservedOpcode(_) | Self::BadLength => {
                "RFC 6455, section 5.2"
            }
            Self::NothingToContinue | Self::UnfinishedMessage => "RFC 6455, section 5.4",
            Self::FragmentedControl | Self::LongControl => "RFC 6455, section 5.5",
            Self::CloseWithoutCode => "RFC 6455, section 5.5.1",
            Self::BadCloseCode(_) => "RFC 6455, section 7.4",
            Self::NotUtf8 => "RFC 6455, section 8.1",
            Self::TooLong { .. } => "RFC 6455, section 10.4",
            Self::BadCompression => "RFC 7692, section 7.2.2",
        }
    }
}
// ANCHOR_END: violation

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReservedBit => f.write_str("a reserved bit is set"),
            Self::ReservedOpcode(opcode) => write!(f, "opcode {opcode:#x} means nothing"),
            Self::FragmentedControl => f.write_str("a control frame is fragmented"),
            Self::LongControl => f.write_str("a control frame has more than 125 bytes"),
            Self::BadLength => f.write_str("a length is not in its shortest form, or over 63 bits"),
            Self::Unmasked => f.write_str("a client's frame is not masked"),
            Self::Masked => f.write_str("a server's frame is masked"),
            Self::NothingToContinue => f.write_str("a continuation of nothing"),
            Self::UnfinishedMessage => f.write_str("a message begins inside of another one"),
            Self::NotUtf8 => f.write_str("a text is not UTF-8"),
            Self::BadCompression => f.write_str("a message cannot be decompressed"),
            Self::TooLong { limit } => write!(f, "a message has more than {limit} bytes"),
            Self::CloseWithoutCode => f.write_str("a close frame has one byte"),
            Self::BadCloseCode(code) => write!(f, "{code} is no close code for the wire"),
        }
    }
}

impl std::error::Error for Violation {}
