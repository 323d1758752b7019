//! Shows what waits for a member that never reads, with a bounded queue and with one that is not.

use std::fs;
use std::io::{self, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use chat_threads::protocol::Notice;
use chat_threads::{MAX_QUEUE, Queue};

const HELP: &str = "
Usage: slow-member [ADDRESS]

Talks to two members that never read. The queue of one is bounded, that of the other is not. Shows
how much waits for each of them, and the memory of this process.
ADDRESS is where to listen: 127.0.0.1:0 unless given.
";

const KIB: usize = 1024;
/// What is said before each row of the table, in bytes and in all.
const ROW: usize = 1024 * KIB;
const ROWS: usize = 8;
/// What is said before the writers get a moment. A quarter of what may wait.
const BURST: usize = MAX_QUEUE / 4;
/// When nothing has been taken from a queue for so long, its writer waits for the member.
const A_MOMENT: Duration = Duration::from_millis(5);

// ANCHOR: member
/// A member that never reads, its queue, and the thread that writes to it.
struct Member {
    stream: Arc<TcpStream>,
    queue: Arc<Queue>,
    writer: JoinHandle<()>,
    _deaf: TcpStream,
    put_out: bool,
}

impl Member {
    fn join(listener: &TcpListener, limit: usize) -> io::Result<Self> {
        let deaf = TcpStream::connect(listener.local_addr()?)?;
        let stream = Arc::new(listener.accept()?.0);
        let queue = Arc::new(Queue::new(limit));
        let (to, from) = (Arc::clone(&stream), Arc::clone(&queue));
        let writer = thread::spawn(move || {
            while let Some(frame) = from.pop() {
                if (&*to).write_all(&frame).is_err() {
                    return;
                }
            }
        });
        Ok(Self {
            stream,
            queue,
            writer,
            _deaf: deaf,
            put_out: false,
        })
    }

    /// Policy, slow consumer: out.
    fn hear(&mut self, frame: &Arc<[u8]>) {
        if self.queue.push(frame).is_err() {
            self.put_out = true;
            self.queue.abandon();
        }
    }

    /// Lets the writer write until it can write no more.
    fn settle(&self) {
        let mut waiting = self.queue.waiting();
        loop {
            thread::sleep(A_MOMENT);
            let now = self.queue.waiting();
            if now == 0 || now == waiting {
                return;
            }
            waiting = now;
        }
    }

    fn waiting(&self) -> String {
        if self.put_out {
            return "put out".to_owned();
        }
        format!("{} KiB", self.queue.waiting() / KIB)
    }
}
// ANCHOR_END: member

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 0, talk)
}

fn talk(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    let mut members = [MAX_QUEUE, usize::MAX]
        .into_iter()
        .map(|limit| Member::join(&listener, limit))
        .collect::<io::Result<Vec<_>>>()?;
    let before = memory();
    println!("      said   bounded queue   unbounded queue       memory");
    for row in 1..=ROWS {
        for _ in 0..ROW / BURST {
            for _ in 0..BURST / KIB {
                let said = Notice::Said("ana".to_owned(), "x".repeat(KIB - 13));
                let frame = said.to_frame().into(); // 1 KiB, shared by both queues.
                members.iter_mut().for_each(|member| member.hear(&frame));
            }
            members.iter().for_each(Member::settle);
        }
        let waiting: Vec<String> = members.iter().map(Member::waiting).collect();
        let said = format!("{} KiB", row * ROW / KIB);
        let grown = match (before, memory()) {
            (Some(before), Some(now)) => format!("+{} KiB", now.saturating_sub(before)),
            _ => "unknown".to_owned(),
        };
        println!(
            "{said:>10} {:>15} {:>17} {grown:>12}",
            waiting[0], waiting[1]
        );
    }
    for member in members {
        member.queue.abandon();
        member.stream.shutdown(Shutdown::Both)?;
        let _ = member.writer.join(); // It cannot panic.
    }
    Ok(())
}
// ANCHOR_END: main

/// Memory that this process uses, in KiB: `VmRSS` of proc_pid_status(5).
fn memory() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
