//! hint: end-of-stream
//! A pattern that takes Some(Ok) only: the end of the client is not noticed.

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
            Some(Ok(line)) = client.recv() => say(line),
            text = room.recv() => match text {
                Ok(text) => tell(Told::Said(text)),
                Err(RecvError::Lagged(missed)) => tell(Told::Missed(missed)),
                Err(RecvError::Closed) => return Ok(Ended::RoomClosed),
            },
        }
    }
}
