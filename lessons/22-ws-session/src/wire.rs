//! Keyboard, network and Ctrl-C, in one channel.

use std::io::{self, BufRead, ErrorKind, Read};
use std::net::TcpStream;
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::thread;
use std::time::{Duration, Instant};

use timeouts::{Deadline, Heard, listen_for, write_by};

use crate::pulse::Times;

/// Bytes of a line that is typed. What is longer comes as several.
pub const MAX_LINE: usize = 64 * 1024 * 1024;

/// Bytes that one read may bring.
const BUFFER_SIZE: usize = 64 * 1024;

/// News that may wait until those before are dealt with. Then the network has to wait.
const WAITING: usize = 16;

/// Writes that may wait for their turn. A server that asks and asks, and never reads, is given up with the next.
const MOST_UNWRITTEN: usize = 256;

/// What a client waits for.
#[derive(Debug)]
pub enum News {
    /// A line.
    Typed(String),
    /// Ctrl-C, or the end of the input.
    Leaves,
    /// Bytes of the server.
    Came(Vec<u8>),
    /// The connection has ended, or it has failed.
    Ended(io::Result<()>),
    /// A write is done: somebody waited for that, and the loop has nothing to do.
    Written,
}

/// A thread that reads lines, one that reads bytes and one that writes: for a loop that waits for all of them.
///
/// That loop must not write itself. A server may read nothing more until we have read what it says, and who
/// waits in a write does not read: both would wait for ever. The one that has to wait is the keyboard: it has its
/// turn when everything is written.
#[derive(Debug)]
pub struct Wire {
    sender: SyncSender<News>,
    news: Receiver<News>,
    to_write: SyncSender<Vec<u8>>,
    unwritten: usize,
    turn: SyncSender<()>,
}

impl Wire {
    /// Begins to read lines from `input`, and bytes from `stream`. A write may last for [`Times::pong`].
    ///
    /// # Errors
    ///
    /// When there can be no second descriptor for `stream`.
    pub fn new(
        stream: TcpStream,
        input: impl BufRead + Send + 'static,
        times: Times,
    ) -> io::Result<Self> {
        let (sender, news) = mpsc::sync_channel(WAITING);
        let (to_write, written) = mpsc::sync_channel(MOST_UNWRITTEN);
        let (turn, turns) = mpsc::sync_channel(1);
        let writer = stream.try_clone()?;
        let (typed, done, came) = (sender.clone(), sender.clone(), sender.clone());
        // Nobody can wake a thread that waits for the keyboard. It ends with the process.
        thread::spawn(move || read_lines(input, &turns, &typed));
        thread::spawn(move || write_all(&writer, &written, &done, times.pong));
        thread::spawn(move || read_bytes(&stream, &came, times.quiet));
        Ok(Self {
            sender,
            news,
            to_write,
            unwritten: 0,
            turn,
        })
    }

    /// What a handler of Ctrl-C calls: there are [`News::Leaves`] then.
    pub fn leave(&self) -> impl Fn() + Send + 'static {
        let sender = self.sender.clone();
        move || {
            let _ = sender.send(News::Leaves); // It fails when the end has come: so much the better.
        }
    }

    /// Has `bytes` written, and does not wait for that.
    ///
    /// # Errors
    ///
    /// When too much waits for a server that does not read.
    pub fn write(&mut self, bytes: Vec<u8>) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        match self.to_write.try_send(bytes) {
            Ok(()) => self.unwritten += 1,
            Err(TrySendError::Full(_)) => {
                let sentence = "the server wants answers, and does not read them";
                return Err(io::Error::new(ErrorKind::TimedOut, sentence));
            }
            Err(TrySendError::Disconnected(_)) => {} // The news have said why, or will.
        }
        Ok(())
    }

    /// The next news; `None` when there are none for so long.
    pub fn next(&mut self, patience: Duration) -> Option<News> {
        if self.unwritten == 0 {
            let _ = self.turn.try_send(()); // It fails when the keyboard has its turn already.
        }
        let news = self.news.recv_timeout(patience).ok()?;
        if matches!(news, News::Written) {
            self.unwritten -= 1;
        }
        Some(news)
    }

    /// Waits until the connection has ended, and no longer than `patience`.
    pub fn wait_for_end(&mut self, patience: Duration) {
        let deadline = Deadline::after(Instant::now(), patience);
        while let Some(news) = self.next(deadline.left(Instant::now()))
            && !matches!(news, News::Ended(_))
        {}
    }
}

fn read_lines(mut input: impl BufRead, turns: &Receiver<()>, news: &SyncSender<News>) {
    while turns.recv().is_ok() {
        let mut line = Vec::new();
        let mut some = input.by_ref().take(MAX_LINE as u64);
        if !some
            .read_until(b'\n', &mut line)
            .is_ok_and(|count| count > 0)
        {
            break;
        }
        let line = String::from_utf8_lossy(line.trim_ascii_end()).into_owned();
        if news.send(News::Typed(line)).is_err() {
            return;
        }
    }
    let _ = news.send(News::Leaves); // As above.
}

fn write_all(
    stream: &TcpStream,
    bytes: &Receiver<Vec<u8>>,
    news: &SyncSender<News>,
    patience: Duration,
) {
    for bytes in bytes {
        let deadline = Deadline::after(Instant::now(), patience);
        let done = match write_by(stream, &bytes, deadline) {
            Ok(()) => News::Written,
            Err(error) if error.kind() == ErrorKind::TimedOut => News::Ended(Err(error)),
            // Why that is so stands behind what the server has said last: the thread that reads will tell.
            Err(_) => return,
        };
        if news.send(done).is_err() {
            return;
        }
    }
}

fn read_bytes(stream: &TcpStream, news: &SyncSender<News>, quiet: Duration) {
    let mut buffer = vec![0; BUFFER_SIZE];
    loop {
        let heard = match listen_for(stream, &mut buffer, quiet) {
            Ok(Heard::Bytes(count)) => News::Came(buffer[..count].to_vec()),
            Ok(Heard::Silence) => continue, // What that means is the pulse's business.
            Ok(Heard::End) => News::Ended(Ok(())),
            Err(error) => News::Ended(Err(error)),
        };
        let is_end = matches!(heard, News::Ended(_));
        if news.send(heard).is_err() || is_end {
            return;
        }
    }
}
