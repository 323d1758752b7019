//! hint: no-ipv6
//! 0.0.0.0 is every address, of one family.

use std::io;
use std::net::{Ipv4Addr, TcpListener};

pub const BACKLOG: i32 = 128;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Families {
    Both,
    OnlyV6,
}

pub fn listen(families: Families, port: u16) -> io::Result<TcpListener> {
    let _ = families;
    TcpListener::bind((Ipv4Addr::UNSPECIFIED, port))
}
