//! hint: thread-left-behind
//! Cuts off, and returns while the threads still run.

use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
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
        let left = deadline.saturating_duration_since(Instant::now());
        if conversation.ended.recv_timeout(left) == Err(RecvTimeoutError::Timeout) {
            let _ = conversation.stream.shutdown(Shutdown::Both);
            cut_off += 1;
        }
    }
    cut_off
}
