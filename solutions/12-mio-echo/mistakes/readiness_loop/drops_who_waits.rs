//! hint: not-echoed
//! Drops a connection after its first turn.

use std::collections::{HashMap, VecDeque};
use std::io::{self, ErrorKind, Read, Write};
use std::time::Duration;

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Registry, Token};

pub const LISTENER: Token = Token(0);

const BUFFER: usize = 4096;
const READS_PER_TURN: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Event,
    Turn,
    End,
}

#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    waiting: Vec<u8>,
    interest: Interest,
    ended: bool,
}

impl Connection {
    pub fn new(mut stream: TcpStream, registry: &Registry, token: Token) -> io::Result<Connection> {
        registry.register(&mut stream, token, Interest::READABLE)?;
        Ok(Connection {
            stream,
            waiting: Vec::new(),
            interest: Interest::READABLE,
            ended: false,
        })
    }

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

pub fn serve(mut listener: TcpListener) -> io::Result<()> {
    let mut poll = Poll::new()?;
    poll.registry()
        .register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut events = Events::with_capacity(128);
    let mut connections: HashMap<Token, Connection> = HashMap::new();
    let mut next_token = LISTENER.0 + 1;
    let mut ready: VecDeque<Token> = VecDeque::new();
    loop {
        let timeout = (!ready.is_empty()).then_some(Duration::ZERO);
        match poll.poll(&mut events, timeout) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        for event in &events {
            if event.token() != LISTENER {
                ready.push_back(event.token());
                continue;
            }
            while let Some(stream) = next_client(&listener)? {
                let token = Token(next_token);
                next_token += 1;
                if let Ok(connection) = Connection::new(stream, poll.registry(), token) {
                    connections.insert(token, connection);
                }
            }
        }
        for _ in 0..ready.len() {
            let Some(token) = ready.pop_front() else {
                break;
            };
            let Some(connection) = connections.get_mut(&token) else {
                continue;
            };
            match connection.turn(poll.registry(), token) {
                Ok(Next::Event) => drop(connections.remove(&token)),
                Ok(Next::Turn) => ready.push_back(token),
                Ok(Next::End) | Err(_) => drop(connections.remove(&token)),
            }
        }
    }
}
