//! hint: goodbye-first
//! Looks whether it is over before it writes.

use std::io::{self, ErrorKind, Read, Write};

use ws_session::{Heard, Session};

pub const BUFFER: usize = 4096;

pub fn echo_blocking(
    stream: &mut (impl Read + Write),
    mut session: Session,
    rest: Vec<u8>,
) -> io::Result<u64> {
    let (mut unread, mut unsent, mut count) = (rest, Vec::new(), 0);
    loop {
        let mut bytes = &mut unread[..];
        let left = loop {
            // What the protocol itself answers, pongs and the close frame, goes to `unsent` too.
            let (heard, behind) = session.next_event(bytes, &mut unsent);
            bytes = behind;
            match heard {
                Some(Heard::Message(kind, message)) => {
                    count += 1;
                    session.send(kind, &message, &mut unsent);
                }
                Some(Heard::Ping | Heard::Pong(_)) => {}
                Some(Heard::Closed(_)) | None => break bytes.len(),
            }
        };
        // The beginning of a frame stays: the session knows it already.
        unread.drain(..unread.len() - left);
        stream.write_all(&unsent)?;
        unsent.clear();
        if session.is_over() {
            return Ok(count);
        }
        let mut buffer = [0; BUFFER];
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(count),
            Ok(n) => unread.extend_from_slice(&buffer[..n]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Readable,
    Writable,
    Over,
}

#[derive(Debug)]
pub struct Guest {
    session: Session,
    unread: Vec<u8>,
    unsent: Vec<u8>,
    pub count: u64,
}

impl Guest {
    pub fn new(session: Session, rest: Vec<u8>) -> Guest {
        Guest {
            session,
            unread: rest,
            unsent: Vec::new(),
            count: 0,
        }
    }

    pub fn turn(&mut self, stream: &mut (impl Read + Write)) -> io::Result<Next> {
        loop {
            let mut bytes = &mut self.unread[..];
            let left = loop {
                let (heard, behind) = self.session.next_event(bytes, &mut self.unsent);
                bytes = behind;
                match heard {
                    Some(Heard::Message(kind, message)) => {
                        self.count += 1;
                        self.session.send(kind, &message, &mut self.unsent);
                    }
                    Some(Heard::Ping | Heard::Pong(_)) => {}
                    Some(Heard::Closed(_)) | None => break bytes.len(),
                }
            };
            self.unread.drain(..self.unread.len() - left);
            if self.session.is_over() {
                return Ok(Next::Over);
            }
            if !self.write(stream)? {
                return Ok(Next::Writable);
            }
            let mut buffer = [0; BUFFER];
            match stream.read(&mut buffer) {
                Ok(0) => return Ok(Next::Over),
                Ok(count) => self.unread.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Next::Readable),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn write(&mut self, stream: &mut impl Write) -> io::Result<bool> {
        while !self.unsent.is_empty() {
            match stream.write(&self.unsent) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => drop(self.unsent.drain(..count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }
}
