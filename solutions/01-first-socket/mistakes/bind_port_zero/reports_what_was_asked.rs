//! hint: reports-port-zero
//! Reports the address that was asked for, whose port is 0.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

pub fn listen_anywhere() -> io::Result<(TcpListener, SocketAddr)> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listener = TcpListener::bind(address)?;
    Ok((listener, address))
}
