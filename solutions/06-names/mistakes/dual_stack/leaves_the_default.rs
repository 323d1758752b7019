//! hint: leaves-the-default
//! Takes what the system does by itself, for both kinds.

use std::io;
use std::net::{Ipv6Addr, TcpListener};

pub const BACKLOG: i32 = 128;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Families {
    Both,
    OnlyV6,
}

pub fn listen(families: Families, port: u16) -> io::Result<TcpListener> {
    let _ = families;
    TcpListener::bind((Ipv6Addr::UNSPECIFIED, port))
}
