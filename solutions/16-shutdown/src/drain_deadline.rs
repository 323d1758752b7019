//! Exercise: one deadline for all.

use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// One conversation of a server with a thread for each client.
#[derive(Debug)]
pub struct Conversation {
    /// Another handle of the socket that the thread reads from and writes to.
    pub stream: TcpStream,
    /// Says `()` when the conversation has ended. When its thread panicked, it says nothing and is
    /// disconnected.
    pub ended: Receiver<()>,
    /// The thread: it ends when its `read` says `Ok(0)` or when a call fails.
    pub thread: JoinHandle<()>,
}

/// Ends all `conversations` within `limit`, and returns how many had to be cut off.
///
/// First every thread is told: `shutdown(Read)` lets a `read` that waits, and every later one, say
/// `Ok(0)`. Then the conversations get time to finish what is in flight. At one moment, `limit` from
/// now, whoever has not ended is cut off: `shutdown(Both)` lets every call fail. At the end all
/// threads are joined, those that were cut off included, and those that panicked.
///
/// What will come: clients that connected and never sent anything; a long reply in flight, to a
/// client that reads it; a client that never reads, so that its thread waits in `write`, in front of
/// others that would end at once; many of those, and still one `limit` for all of them together; a
/// thread that panicked, which is no reason to leave the others alone.
///
/// Example: with a browser that sent nothing, and a client that never reads, and a limit of 3 s:
/// the browser sees the end of the stream at once, the other is cut off after 3 s, and this returns
/// 1.
pub fn drain(conversations: Vec<Conversation>, limit: Duration) -> usize {
    // BEGIN SOLUTION: tell all of them, wait for each until the one deadline, cut off who is left, and join
    let deadline = Instant::now() + limit;
    for conversation in &conversations {
        // It fails when the client is gone: then the thread knows already.
        let _ = conversation.stream.shutdown(Shutdown::Read);
    }
    let mut cut_off = 0;
    for conversation in conversations {
        let left = deadline.saturating_duration_since(Instant::now());
        if conversation.ended.recv_timeout(left) == Err(RecvTimeoutError::Timeout) {
            let _ = conversation.stream.shutdown(Shutdown::Both);
            cut_off += 1;
        }
        let _ = conversation.thread.join(); // Soon: it has ended, or its calls fail now.
    }
    cut_off
    // END SOLUTION
}
