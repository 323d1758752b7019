//! hint: not-set
//! Checks the number, and marks nothing.

use std::io::{self, ErrorKind};

use socket2::Socket;

pub const ECN_BITS: u32 = 2;

pub fn mark(socket: &Socket, dscp: u8) -> io::Result<u8> {
    if dscp >= 64 {
        return Err(ErrorKind::InvalidInput.into());
    }
    let _ = socket;
    Ok(dscp)
}
