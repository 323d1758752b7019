//! Exercise: the same core, driven by a second I/O engine.

use std::io::{self, ErrorKind, Read, Write};

use ws_session::{Heard, Session};

/// Bytes that one read may bring.
pub const BUFFER: usize = 4096;

/// The first engine, given: a thread that waits in each call. It sends back every message, until the
/// conversation is over, and returns how many there were. `rest` are bytes that came behind the
/// request of the handshake: frames already.
///
/// # Errors
/// Those of the stream.
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

/// What a client's turn needs before the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// That there is something to read.
    Readable,
    /// That there is room to write.
    Writable,
    /// Nothing: everything is said and written, or the peer's stream has ended. Close the connection.
    Over,
}

/// One client of the second engine: what `echo_blocking` has in its variables, kept between turns.
#[derive(Debug)]
pub struct Guest {
    session: Session,
    /// What has come and is not dealt with: perhaps the beginning of a frame.
    unread: Vec<u8>,
    /// What is to be written.
    unsent: Vec<u8>,
    /// Messages that were sent back.
    pub count: u64,
}

impl Guest {
    /// `rest` is what came behind the request of the handshake.
    pub fn new(session: Session, rest: Vec<u8>) -> Guest {
        Guest {
            session,
            unread: rest,
            unsent: Vec::new(),
            count: 0,
        }
    }

    /// One turn on a stream that does not block: sends back every message that has come, and stops
    /// where a thread would wait.
    ///
    /// Read only when nothing is left to write: a client that does not read its answers must not make
    /// `unsent` grow. Deal with what has come before you read: bytes behind the handshake need no
    /// read.
    ///
    /// What will come: frames cut anywhere, many in one read, one larger than [`BUFFER`]; pings
    /// between the parts of a message; short writes; `WouldBlock` and `Interrupted` from both
    /// calls; the end of the stream; a close frame whose answer does not fit into the kernel's buffer
    /// yet.
    ///
    /// Example: a whole message is there, and room for its echo. The turn reads it, writes it back,
    /// reads again, gets `WouldBlock`, and is `Readable`.
    ///
    /// # Errors
    /// Those of the stream, but not `WouldBlock` and `Interrupted`; `WriteZero` when it takes nothing
    /// and says that this is fine.
    pub fn turn(&mut self, stream: &mut (impl Read + Write)) -> io::Result<Next> {
        // BEGIN SOLUTION: answer what has come; write; when all is written and nothing is over, read, and begin again
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
            if !self.write(stream)? {
                return Ok(Next::Writable);
            }
            if self.session.is_over() {
                return Ok(Next::Over);
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
        // END SOLUTION
    }

    /// Given: writes what is to be written until the stream takes no more for now, and says whether
    /// that was all.
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
