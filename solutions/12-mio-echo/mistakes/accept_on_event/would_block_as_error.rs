//! hint: would-block-is-an-answer
//! Takes WouldBlock for a failure.

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
    while accepted < room {
        match accept() {
            Ok(client) => {
                clients.push(client);
                accepted += 1;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Backlog::MayHoldMore)
}
