//! hint: no-more-than-room
//! Looks for room only after it has accepted.

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
    let mut accepted = 0;
    loop {
        match accept() {
            Ok(client) => {
                clients.push(client);
                accepted += 1;
                if accepted >= room {
                    return Ok(Backlog::MayHoldMore);
                }
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock => return Ok(Backlog::Empty),
                ErrorKind::Interrupted | ErrorKind::ConnectionAborted => {}
                _ => return Err(error),
            },
        }
    }
}
