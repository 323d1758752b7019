//! hint: never-cut-off
//! Joins, however long that takes: a client that never reads holds the server for ever.

use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::Receiver;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

#[derive(Debug)]
pub struct Conversation {
    pub stream: TcpStream,
    pub ended: Receiver<()>,
    pub thread: JoinHandle<()>,
}

pub fn drain(conversations: Vec<Conversation>, limit: Duration) -> usize {
    for conversation in &conversations {
        let _ = conversation.stream.shutdown(Shutdown::Read);
    }

    let deadline = Instant::now() + limit;
    let mut cut_off = 0;
    for conversation in conversations {
        let _ = conversation.thread.join();
        if Instant::now() > deadline {
            cut_off += 1;
        }
    }
    cut_off
}
