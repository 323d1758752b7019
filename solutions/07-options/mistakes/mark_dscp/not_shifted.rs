//! hint: not-shifted
//! Takes the code point for the byte.

use std::io::{self, ErrorKind};

use socket2::Socket;

pub const ECN_BITS: u32 = 2;

pub fn mark(socket: &Socket, dscp: u8) -> io::Result<u8> {
    if dscp >= 64 {
        return Err(ErrorKind::InvalidInput.into());
    }
    socket.set_tos_v4(u32::from(dscp))?;
    Ok(socket.tos_v4()? as u8)
}
