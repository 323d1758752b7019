//! hint: erases-the-ecn-bits
//! Writes the whole byte anew.

use std::io::{self, ErrorKind};

use socket2::Socket;

pub const ECN_BITS: u32 = 2;

pub fn mark(socket: &Socket, dscp: u8) -> io::Result<u8> {
    if dscp >= 64 {
        return Err(ErrorKind::InvalidInput.into());
    }
    socket.set_tos_v4(u32::from(dscp) << ECN_BITS)?;
    Ok((socket.tos_v4()? >> ECN_BITS) as u8)
}
