//! Exercise: match the whole result.

use std::io;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc};

/// What one member is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Somebody said this.
    Said(String),
    /// The member was too slow, and so many messages are lost to it.
    Missed(u64),
}

/// How a conversation came to its good end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The client has ended its stream.
    ClientLeft,
    /// The room is no more.
    RoomClosed,
}

/// The conversation of one member: what the client says goes to `say`, what the room says goes to
/// `tell`, until one of the two has ended.
///
/// `client` brings the lines that a task reads from the client's connection: a line; an error, and
/// the conversation has failed; or the end of the channel, when the client has left.
///
/// `room` brings what everybody says: a text; that the member was too slow, and how many texts it
/// has missed, and then it goes on; or that the room is closed.
///
/// What will come: both at once; each of the two ends while the other goes on and is silent; an
/// error of the client's connection; a room that is too fast.
///
/// Example: the client says `"hi"` and leaves. `say("hi".to_string())` is called, and
/// `Ok(Ended::ClientLeft)` returned, though nobody in the room says a word.
///
/// # Errors
/// The client's error, as it came.
pub async fn take_part(
    client: &mut mpsc::Receiver<io::Result<String>>,
    room: &mut broadcast::Receiver<String>,
    mut say: impl FnMut(String),
    mut tell: impl FnMut(Told),
) -> io::Result<Ended> {
    // BEGIN SOLUTION: wait for both with select!, in a loop, and match all that each of the two may bring
    loop {
        tokio::select! {
            line = client.recv() => match line {
                Some(Ok(line)) => say(line),
                Some(Err(error)) => return Err(error),
                None => return Ok(Ended::ClientLeft),
            },
            text = room.recv() => match text {
                Ok(text) => tell(Told::Said(text)),
                Err(RecvError::Lagged(missed)) => tell(Told::Missed(missed)),
                Err(RecvError::Closed) => return Ok(Ended::RoomClosed),
            },
        }
    }
    // END SOLUTION
}
