//! hint: would-block
//! Ends the conversation because nothing has come.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

pub const LIMIT: usize = 16 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    Waits {
        readable: bool,
        writable: bool,
    },
    Over,
}

#[derive(Debug)]
pub struct Echo<S> {
    stream: S,
    waiting: Vec<u8>,
    ended: bool,
}

impl<S: Read + Write> Echo<S> {
    pub fn new(stream: S) -> Self {
        Self {
            stream,
            waiting: Vec::new(),
            ended: false,
        }
    }

    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    pub fn turn(&mut self) -> io::Result<Turn> {
        self.flush()?;
        let room = LIMIT - self.waiting.len();
        if !self.ended && room > 0 {
            let mut chunk = [0; LIMIT];
            match self.stream.read(&mut chunk[..room]) {
                Ok(0) => self.ended = true,
                Ok(count) => {
                    self.waiting.extend_from_slice(&chunk[..count]);
                    self.flush()?;
                }
                Err(error) => match error.kind() {
                    ErrorKind::Interrupted => {}
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
                return false;
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

fn accepted<T>(answer: io::Result<T>) -> io::Result<Option<T>> {
    match answer {
        Ok(client) => Ok(Some(client)),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}
