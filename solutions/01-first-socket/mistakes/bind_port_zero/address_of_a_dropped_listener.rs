//! hint: reports-another-socket
//! Asks one listener for its address, drops it, and returns another one.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

pub fn listen_anywhere() -> io::Result<(TcpListener, SocketAddr)> {
    let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok((listener, address))
}
