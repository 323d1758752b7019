//! hint: keeps-the-accepted
//! Keeps the clients to itself until all went well.

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
    let mut accepted = Vec::new();
    while accepted.len() < room {
        match accept() {
            Ok(client) => {
                accepted.push(client);
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock => {
                    clients.append(&mut accepted);
                    return Ok(Backlog::Empty);
                }
                ErrorKind::Interrupted | ErrorKind::ConnectionAborted => {}
                _ => return Err(error),
            },
        }
    }
    clients.append(&mut accepted);
    Ok(Backlog::MayHoldMore)
}
