//! hint: asks-for-nothing
//! Asks for input while something waits, and does not read it then.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

/// Bytes that may wait for a client that does not read, and bytes that one turn may read.
pub const LIMIT: usize = 16 * 1024;

/// What became of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The next turn comes when the stream is readable, if `readable`, or writable, if `writable`.
    Waits {
        /// More input is wanted.
        readable: bool,
        /// Something could not be written.
        writable: bool,
    },
    /// The client's stream has ended, and all of its echo is written.
    Over,
}

/// One client's echo, over a stream that does not block.
#[derive(Debug)]
pub struct Echo<S> {
    stream: S,
    /// Read, and not yet written.
    waiting: Vec<u8>,
    /// The client's stream has ended.
    ended: bool,
}

impl<S: Read + Write> Echo<S> {
    /// Nothing has been read yet.
    pub fn new(stream: S) -> Self {
        Self {
            stream,
            waiting: Vec::new(),
            ended: false,
        }
    }

    /// Bytes that wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Reads and writes what can be read and written without waiting, and says what to wait for.
    ///
    /// What was read and could not be written waits in `waiting`, in order, [`LIMIT`] bytes at most:
    /// from there on nothing more is read. One turn reads [`LIMIT`] bytes at most, so that other
    /// clients have their turn too. `ended` is set at the client's end of stream; after that,
    /// nothing is read, and when nothing waits any more the conversation is over.
    ///
    /// `readable` and `writable` are what the loop waits for, and it waits in poll(2), which returns
    /// at once while one of them is true of the stream: so ask for nothing that you would not use.
    ///
    /// What will come: short writes; `WouldBlock` from `read` and from `write`, at any place;
    /// `Interrupted` from both, which means to try again; other errors; turns in which there is
    /// nothing to do.
    ///
    /// Example: "hello" is read, and two bytes of it can be written. This returns
    /// `Ok(Turn::Waits { readable: true, writable: true })`, and "llo" waits.
    ///
    /// # Errors
    /// Whatever the stream reports, but neither `WouldBlock` nor `Interrupted`.
    pub fn turn(&mut self) -> io::Result<Turn> {
        self.flush()?;
        let room = LIMIT - self.waiting.len();
        if !self.ended && self.waiting.is_empty() && room > 0 {
            let mut chunk = [0; LIMIT];
            match self.stream.read(&mut chunk[..room]) {
                Ok(0) => self.ended = true,
                Ok(count) => {
                    self.waiting.extend_from_slice(&chunk[..count]);
                    self.flush()?;
                }
                Err(error) => match error.kind() {
                    // Nothing now. When that changes, poll says so, and the next turn comes.
                    ErrorKind::WouldBlock | ErrorKind::Interrupted => {}
                    _ => return Err(error),
                },
            }
        }
        if self.ended && self.waiting.is_empty() {
            return Ok(Turn::Over);
        }
        Ok(Turn::Waits {
            readable: !self.ended && self.waiting.len() < LIMIT,
            writable: !self.waiting.is_empty(),
        })
    }

    /// Writes what waits, as far as the stream takes it: you know it from `out_buffer`.
    fn flush(&mut self) -> io::Result<()> {
        while !self.waiting.is_empty() {
            match self.stream.write(&self.waiting) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.waiting.drain(..count);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// The loop around it, which is given: echoes for all clients of `listener`, in one thread.
///
/// # Errors
/// When `accept` or poll(2) fails.
pub fn serve(listener: TcpListener) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let mut clients: Vec<(Echo<TcpStream>, PollFlags)> = Vec::new();
    loop {
        let mut asked = vec![PollFd::new(&listener, PollFlags::IN)];
        let sockets = clients.iter();
        asked.extend(sockets.map(|(echo, wanted)| PollFd::new(&echo.stream, *wanted)));
        match poll(&mut asked, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let answers: Vec<PollFlags> = asked.iter().map(PollFd::revents).collect();
        let mut ready = answers[1..].iter().map(|answer| !answer.is_empty());
        clients.retain_mut(|(echo, wanted)| {
            if ready.next() != Some(true) {
                return true;
            }
            let Ok(Turn::Waits { readable, writable }) = echo.turn() else {
                return false; // It is over, or has failed: the stream is closed.
            };
            wanted.set(PollFlags::IN, readable);
            wanted.set(PollFlags::OUT, writable);
            true
        });
        while let Some((stream, _)) = accepted(listener.accept())? {
            stream.set_nonblocking(true)?;
            clients.push((Echo::new(stream), PollFlags::IN));
        }
    }
}

/// `None` when nobody waits any more.
fn accepted<T>(answer: io::Result<T>) -> io::Result<Option<T>> {
    match answer {
        Ok(client) => Ok(Some(client)),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}
