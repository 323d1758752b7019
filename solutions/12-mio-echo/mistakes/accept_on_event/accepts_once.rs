//! hint: accepts-once
//! Accepts one client for each event.

use std::io::{self, ErrorKind};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backlog {
    Empty,
    MayHoldMore,
}

pub fn accept_on_event<C>(
    mut accept: impl FnMut() -> io::Result<C>,
    room: usize,
    clients: &mut Vec<C>,
) -> io::Result<Backlog> {
    if room == 0 {
        return Ok(Backlog::MayHoldMore);
    }
    match accept() {
        Ok(client) => {
            clients.push(client);
            Ok(Backlog::Empty)
        }
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(Backlog::Empty),
        Err(error) => Err(error),
    }
}
