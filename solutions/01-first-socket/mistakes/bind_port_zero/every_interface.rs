//! hint: every-interface
//! Binds 0.0.0.0, so that other computers can connect too.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

pub fn listen_anywhere() -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}
