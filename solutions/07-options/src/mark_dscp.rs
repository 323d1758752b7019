//! Exercise: mark packets, and read the mark back.

use std::io::{self, ErrorKind};

use socket2::Socket;

/// The lower bits of the byte that IP_TOS sets: they belong to congestion notification (ECN).
pub const ECN_BITS: u32 = 2;

/// Marks what the IPv4 `socket` will send with the code point `dscp`, and returns the code point
/// that the kernel reads back.
///
/// The mark has the upper six bits of a byte in each packet's header, and IP_TOS (`set_tos_v4`) is
/// that byte. Its lower two bits say something else, and stay as they are (RFC 3168, section 5).
///
/// What will come: every code point from 0 to 63; numbers from 64 on; TCP sockets; UDP sockets on
/// which the lower two bits are set already, and others that have another mark.
///
/// Example: on a new socket, `mark(&socket, 46)` sets the byte to 184 and returns `Ok(46)`.
///
/// # Errors
/// `InvalidInput` for a code point that has more than six bits (nothing is set then), and whatever
/// the kernel reports.
pub fn mark(socket: &Socket, dscp: u8) -> io::Result<u8> {
    // BEGIN SOLUTION: refuse a code point that has more than six bits, put the mark above the two bits that stay, and return the mark that is read back
    if dscp >= 64 {
        let sentence = "a code point is a number from 0 to 63";
        return Err(io::Error::new(ErrorKind::InvalidInput, sentence));
    }
    let others = socket.tos_v4()? & 0b11;
    socket.set_tos_v4(u32::from(dscp) << ECN_BITS | others)?;
    Ok((socket.tos_v4()? >> ECN_BITS) as u8)
    // END SOLUTION
}
