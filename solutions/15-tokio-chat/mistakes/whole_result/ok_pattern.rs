//! hint: lagged
//! A pattern that takes Ok only: with Lagged, select! waits for the other branch alone.

use std::io;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    Said(String),
    Missed(u64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    ClientLeft,
    RoomClosed,
}

pub async fn take_part(
    client: &mut mpsc::Receiver<io::Result<String>>,
    room: &mut broadcast::Receiver<String>,
    mut say: impl FnMut(String),
    mut tell: impl FnMut(Told),
) -> io::Result<Ended> {
    loop {
        tokio::select! {
            line = client.recv() => match line {
                Some(Ok(line)) => say(line),
                Some(Err(error)) => return Err(error),
                None => return Ok(Ended::ClientLeft),
            },
            Ok(text) = room.recv() => tell(Told::Said(text)),
        }
    }
}
