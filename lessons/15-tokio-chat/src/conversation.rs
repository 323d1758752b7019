//! The task of one client.

use std::io::{self, ErrorKind};
use std::pin::pin;
use std::time::Duration;

use chat_threads::protocol::{MAX_TEXT, Refused};
use chat_threads::{HIGH_WATER_MARK, QueueFull};
use framing::Frames;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep, timeout};

use crate::hall::{Ending, Hall, Key, Turn};
use crate::queue::Queue;
use crate::{LINGER, deadline};

/// Bytes that one read may take.
const BUFFER_SIZE: usize = 4 * 1024;

/// Reads that throw away what came while the server was about to close. More than that, and it is
/// closed all the same: a client that sends without end must not keep it from that.
const MAX_SCRAPS: usize = 2 * 1024;

// ANCHOR: hold
/// Holds the conversation with one client, and returns the number of messages that came.
///
/// # Errors
///
/// - `TimedOut` when no whole message came for `idle`;
/// - `InvalidData` when the client was refused;
/// - `UnexpectedEof` when its stream ended inside a message;
/// - `WriteZero` when its queue was full, because it did not read;
/// - whatever the connection reports, such as a reset.
pub(crate) async fn hold(
    mut client: TcpStream,
    key: Key,
    hall: &Hall,
    queue: &Queue,
    idle: Duration,
    stopped: &watch::Receiver<Option<Instant>>,
) -> io::Result<u64> {
    client.set_nodelay(true)?; // A frame must not wait for the next one, lesson 07.
    let mut frames = Frames::new(MAX_TEXT);
    let mut received = 0;
    let mut silence = pin!(sleep(idle));
    let mut stop = pin!(deadline(stopped.clone()));
    let ending = loop {
        let before = received;
        // Policy, back-pressure: who has so much waiting is not listened to. It would be told of
        // what it says, and does not even take what it has been told.
        let listens = queue.waiting_bytes() < HIGH_WATER_MARK;
        let turn = if listens {
            hall.take_turn(key, &mut frames, &mut received)
        } else {
            Turn::Done
        };
        if received > before {
            silence.as_mut().reset(Instant::now() + idle);
            yield_now().await;
        }
        let more = match turn {
            Turn::Over(ending) => break ending,
            Turn::More => true,
            Turn::Done => false,
        };
        tokio::select! {
            ready = client.readable(), if listens && !more => {
                ready?;
                read_once(&client, &mut frames)?;
            }
            written = queue.write_once(&client) => {
                written?;
                if !listens {
                    // It is not silent; we are deaf.
                    silence.as_mut().reset(Instant::now() + idle);
                }
            }
            () = queue.overflowed() => break Ending::TooSlow,
            // Policy, idle: a client shows that it is there, with empty messages if need be.
            () = &mut silence => break Ending::Refused(Refused::Silent),
            _ = &mut stop => break Ending::Stopped,
            // The first time it is asked it is not ready: so the others are asked, too.
            () = yield_now(), if more => {}
        }
    };
    hall.leave(key);
    if let Ending::TooSlow = ending {
        return Err(QueueFull.into());
    }
    // How it ended is decided. The client may be gone altogether, and not hear the rest.
    let _ = farewell(&mut client, queue, idle, &ending, stopped).await;
    match ending {
        Ending::Left(Err(error)) => Err(error.into()),
        Ending::Refused(why) => Err(why.into()),
        _ => Ok(received),
    }
}
// ANCHOR_END: hold

// ANCHOR: read_once
/// Hands what has come to the codec: there it is safe, whatever happens to the future that called.
fn read_once(client: &TcpStream, frames: &mut Frames) -> io::Result<()> {
    let mut buffer = [0; BUFFER_SIZE]; // Not across an await: an idle client needs none.
    match client.try_read(&mut buffer) {
        Ok(0) => frames.receive_end(),
        Ok(count) => frames.receive_data(&buffer[..count]),
        Err(error) if error.kind() == ErrorKind::WouldBlock => {}
        Err(error) => return Err(error),
    }
    Ok(())
}
// ANCHOR_END: read_once

// ANCHOR: farewell
/// Sends all that waits for the client, and ends the stream so that it arrives.
async fn farewell(
    client: &mut TcpStream,
    queue: &Queue,
    idle: Duration,
    ending: &Ending,
    stopped: &watch::Receiver<Option<Instant>>,
) -> io::Result<()> {
    if let Some(notice) = ending.last_word() {
        queue.push_last(notice.to_frame().into());
    }
    while !queue.is_empty() {
        // Policy, slow client: as long as something moves, it may take its time.
        timeout(idle, queue.write_once(client)).await??;
    }
    client.shutdown().await?;
    if let Ending::Refused(_) = ending {
        let mut nowhere = tokio::io::sink();
        tokio::select! {
            _ = tokio::io::copy(client, &mut nowhere) => {}
            () = sleep(LINGER) => {}
            _ = deadline(stopped.clone()) => {}
        }
    }
    let mut scrap = [0; BUFFER_SIZE];
    for _ in 0..MAX_SCRAPS {
        match client.try_read(&mut scrap) {
            Ok(1..) => {}
            // The end, or nothing more for now, or a failure: there is nothing to throw away.
            _ => break,
        }
    }
    Ok(())
}
// ANCHOR_END: farewell
