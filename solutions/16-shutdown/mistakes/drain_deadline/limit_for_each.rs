//! hint: deadline-for-each
//! The limit starts anew for each conversation.

use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Duration;

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

    let mut cut_off = 0;
    for conversation in conversations {
        if conversation.ended.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
            let _ = conversation.stream.shutdown(Shutdown::Both);
            cut_off += 1;
        }
        let _ = conversation.thread.join();
    }
    cut_off
}
