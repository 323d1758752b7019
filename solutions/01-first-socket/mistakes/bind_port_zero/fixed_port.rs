//! hint: fixed-port
//! A port by number: the second listener finds it taken.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

pub fn listen_anywhere() -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 7000))?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}
