//! The differentiated services code point: a mark of six bits in the header of every IP packet.

use std::fmt;
use std::io;

use socket2::Socket;

/// A mark that asks the networks on the way for a kind of treatment (RFC 2474, section 3).
///
/// It is a wish and no more: each network decides by itself what it does with the mark, and most
/// of the Internet ignores or erases it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dscp(u8);

/// The mark has the upper six bits of its byte; the lower two belong to congestion notification
/// (RFC 3168, section 5).
const ECN_BITS: u32 = 2;
const ECN_MASK: u32 = 0b11;

impl Dscp {
    /// No wish: what packets have unless told otherwise.
    pub const DEFAULT: Dscp = Dscp(0);
    /// Expedited forwarding, for voice: 46 (RFC 3246).
    pub const EXPEDITED: Dscp = Dscp(46);
    /// Lower effort, for what may wait: 1 (RFC 8622).
    pub const LOWER_EFFORT: Dscp = Dscp(1);

    /// The code point with this number; `None` when it has more than six bits.
    pub fn new(number: u8) -> Option<Dscp> {
        (number < 64).then_some(Dscp(number))
    }

    /// The number of the code point, 0 to 63.
    pub fn number(self) -> u8 {
        self.0
    }

    // ANCHOR: mark
    /// Marks what `socket` will send: IP_TOS for an IPv4 socket, IPV6_TCLASS for an IPv6 one.
    ///
    /// # Errors
    ///
    /// `Unsupported` where the system does not let programs mark packets.
    pub fn mark(self, socket: &Socket) -> io::Result<()> {
        let others = kernel::read(socket)? & ECN_MASK; // They are not ours, so they stay.
        kernel::write(socket, u32::from(self.0) << ECN_BITS | others)
    }

    /// The mark that `socket` has: what the kernel made of the wish.
    ///
    /// # Errors
    ///
    /// As [`Dscp::mark`].
    pub fn of(socket: &Socket) -> io::Result<Dscp> {
        Ok(Dscp((kernel::read(socket)? >> ECN_BITS) as u8 & 0b11_1111))
    }
    // ANCHOR_END: mark
}

impl fmt::Display for Dscp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DSCP {}", self.0)
    }
}

#[cfg(any(
    target_os = "linux",
    target_os = "android",
    target_os = "macos",
    target_os = "freebsd"
))]
mod kernel {
    use std::io;

    use socket2::{Domain, Socket};

    pub(super) fn write(socket: &Socket, byte: u32) -> io::Result<()> {
        match is_v6(socket)? {
            true => socket.set_tclass_v6(byte),
            false => socket.set_tos_v4(byte),
        }
    }

    pub(super) fn read(socket: &Socket) -> io::Result<u32> {
        match is_v6(socket)? {
            true => socket.tclass_v6(),
            false => socket.tos_v4(),
        }
    }

    fn is_v6(socket: &Socket) -> io::Result<bool> {
        // A socket without a name knows its family too.
        Ok(socket.local_addr()?.domain() == Domain::IPV6)
    }
}

/// Windows wants programs to ask its QoS service instead of setting IP_TOS. Other systems lack
/// one of the two options.
#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_os = "macos",
    target_os = "freebsd"
)))]
mod kernel {
    use std::io;

    use socket2::Socket;

    pub(super) fn write(_: &Socket, _: u32) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn read(_: &Socket) -> io::Result<u32> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
