//! hint: out-of-range
//! Lets numbers through that have more than six bits.

use std::io;

use socket2::Socket;

pub const ECN_BITS: u32 = 2;

pub fn mark(socket: &Socket, dscp: u8) -> io::Result<u8> {
    let others = socket.tos_v4()? & 0b11;
    socket.set_tos_v4(u32::from(dscp) << ECN_BITS | others)?;
    Ok(dscp)
}
