//! hint: no-more-than-room
//! Accepts until WouldBlock, whatever room there is.

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
    loop {
        match accept() {
            Ok(client) => {
                clients.push(client);
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock => return Ok(Backlog::Empty),
                ErrorKind::Interrupted | ErrorKind::ConnectionAborted => {}
                _ => return Err(error),
            },
        }
    }
}
