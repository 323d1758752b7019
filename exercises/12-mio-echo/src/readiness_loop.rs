//! Exercise: the readiness loop.

use std::collections::{HashMap, VecDeque};
use std::io::{self, ErrorKind, Read, Write};
use std::time::Duration;

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Registry, Token};

/// The listener's token. Clients get others.
pub const LISTENER: Token = Token(0);

/// Bytes that one read may bring, and reads that one turn may take.
const BUFFER: usize = 4096;
const READS_PER_TURN: usize = 4;

/// What a connection needs after a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// An event: it will tell when there is something to do.
    Event,
    /// Another turn, after the others had theirs. There is more to do, and no event will tell.
    Turn,
    /// Its end: the client has ended its stream and everything is echoed.
    End,
}

/// One client. All of this is given: you do not change it.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    waiting: Vec<u8>,
    interest: Interest,
    ended: bool,
}

impl Connection {
    /// Registers `stream` under `token`, for READABLE.
    ///
    /// # Errors
    /// When the kernel does not take it.
    pub fn new(mut stream: TcpStream, registry: &Registry, token: Token) -> io::Result<Connection> {
        registry.register(&mut stream, token, Interest::READABLE)?;
        Ok(Connection {
            stream,
            waiting: Vec::new(),
            interest: Interest::READABLE,
            ended: false,
        })
    }

    /// Echoes what it can without waiting, and looks after its interest.
    ///
    /// # Errors
    /// Those of this connection, such as a reset.
    pub fn turn(&mut self, registry: &Registry, token: Token) -> io::Result<Next> {
        let next = self.echo()?;
        let wanted = if self.waiting.is_empty() {
            Interest::READABLE
        } else {
            Interest::WRITABLE
        };
        if wanted != self.interest {
            registry.reregister(&mut self.stream, token, wanted)?;
            self.interest = wanted;
        }
        Ok(next)
    }

    fn echo(&mut self) -> io::Result<Next> {
        let mut buffer = [0; BUFFER];
        for _ in 0..READS_PER_TURN {
            while !self.waiting.is_empty() {
                match self.stream.write(&self.waiting) {
                    Ok(count) => drop(self.waiting.drain(..count)),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Next::Event),
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            if self.ended {
                return Ok(Next::End);
            }
            match self.stream.read(&mut buffer) {
                Ok(0) => self.ended = true,
                Ok(count) => self.waiting.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Next::Event),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Next::Turn)
    }
}

/// The next client of `listener`, or `None` when nobody waits. This is given, too.
///
/// # Errors
/// Those of `accept` that are not one client's.
pub fn next_client(listener: &TcpListener) -> io::Result<Option<TcpStream>> {
    loop {
        match listener.accept() {
            Ok((stream, _)) => return Ok(Some(stream)),
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock => return Ok(None),
                ErrorKind::Interrupted | ErrorKind::ConnectionAborted => {}
                _ => return Err(error),
            },
        }
    }
}

/// Echoes for all clients of `listener` at once, in one thread, until it fails.
///
/// You write the loop: wait for events, accept who waits, give a turn to each connection that an
/// event names or that asked for another one, and drop each connection that is at its end.
///
/// What will come: clients that connected before the loop began, so that one event stands for
/// several; a client that sends more than one turn echoes; events for a client that you have just
/// dropped; connections that fail, of which no other client may notice anything; clients that come
/// and go while others stay, so a token must not be given to two of them. When there is nothing to
/// do, the thread waits in `poll`.
///
/// # Errors
/// When `poll` fails (but not when it was `Interrupted`), and those of [`next_client`].
pub fn serve(mut listener: TcpListener) -> io::Result<()> {
    let mut poll = Poll::new()?;
    poll.registry()
        .register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut events = Events::with_capacity(128);
    let mut connections: HashMap<Token, Connection> = HashMap::new();
    let mut next_token = LISTENER.0 + 1;
    let mut ready: VecDeque<Token> = VecDeque::new();
    todo!(
        "wait for events, accept who waits, give a turn to each connection that is ready, and drop those that are at their end"
    )
}
