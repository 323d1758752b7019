//! hint: asks-the-policy
//! Lets every page in, whatever the policy says.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;

use ws_frames::Kind;
use ws_handshake::{Handshake, Opening, Policy, upgrade};
use ws_session::{Closed, Heard, Session};

pub const MAX_MESSAGE: usize = 4 * 1024 * 1024;

const BUFFER: usize = 16 * 1024;

pub const MOST_MISSED: usize = 1024;

#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    session: Session,
    unread: Vec<u8>,
    closed: Option<Closed>,
}

impl Wire {
    pub fn new(stream: TcpStream, session: Session, rest: Vec<u8>) -> Wire {
        Wire {
            stream,
            session,
            unread: rest,
            closed: None,
        }
    }

    pub fn accept(mut stream: TcpStream, policy: &Policy) -> io::Result<Wire> {
        let mut handshake = Handshake::new();
        let mut buffer = [0; BUFFER];
        loop {
            let opened = handshake.answer(|request| {
                let policy = Policy {
                    origins: ws_handshake::Origins::Any,
                    ..policy.clone()
                };
                let upgrade = upgrade(request, &policy)?;
                Ok((upgrade, Session::server(MAX_MESSAGE, None)))
            });
            let answer = handshake.data_to_send().to_vec();
            stream.write_all(&answer)?;
            handshake.data_sent(answer.len());
            if let Some((session, rest)) = opened {
                return Ok(Wire::new(stream, session, rest));
            }
            if handshake.is_over() {
                return Err(ErrorKind::ConnectionRefused.into());
            }
            match stream.read(&mut buffer)? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                count => handshake.receive_data(&buffer[..count]),
            }
        }
    }

    pub fn connect(
        mut stream: TcpStream,
        host: &str,
        target: &str,
        random: [u8; 16],
        keys: impl FnMut() -> [u8; 4] + Send + 'static,
    ) -> io::Result<Wire> {
        let mut opening = Opening::new(host, target, random, None);
        stream.write_all(&opening.request())?;
        let mut buffer = [0; BUFFER];
        loop {
            match stream.read(&mut buffer)? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                count => opening.receive_data(&buffer[..count]),
            }
            let opened = opening
                .next_event()
                .map_err(|why| io::Error::new(ErrorKind::ConnectionRefused, why))?;
            if let Some(opened) = opened {
                let session = Session::client(MAX_MESSAGE, keys, None);
                return Ok(Wire::new(stream, session, opened.rest));
            }
        }
    }

    pub fn close(mut self, code: u16, reason: &str) -> io::Result<Closed> {
        let mut frame = Vec::new();
        self.session.close(code, reason, &mut frame);
        self.stream.write_all(&frame)?;
        for _ in 0..=MOST_MISSED {
            if self.next_message()?.is_none() {
                return self.closed.ok_or(ErrorKind::UnexpectedEof.into());
            }
        }
        Err(ErrorKind::TimedOut.into())
    }

    pub fn send(&mut self, kind: Kind, message: &[u8]) -> io::Result<()> {
        let mut frame = Vec::new();
        self.session.send(kind, message, &mut frame);
        self.stream.write_all(&frame)
    }

    pub fn next_message(&mut self) -> io::Result<Option<(Kind, Vec<u8>)>> {
        let mut buffer = [0; BUFFER];
        while self.closed.is_none() {
            let mut answer = Vec::new();
            let (heard, rest) = self.session.next_event(&mut self.unread, &mut answer);
            let (left, reads_on) = (rest.len(), heard.is_none());
            let message = match heard {
                Some(Heard::Message(kind, message)) => Some((kind, message.to_vec())),
                Some(Heard::Closed(closed)) => {
                    self.closed = Some(closed);
                    None
                }
                Some(Heard::Ping | Heard::Pong(_)) | None => None,
            };
            self.unread.drain(..self.unread.len() - left);
            self.stream.write_all(&answer)?;
            if message.is_some() {
                return Ok(message);
            }
            if reads_on {
                match self.stream.read(&mut buffer)? {
                    0 => return Err(ErrorKind::UnexpectedEof.into()),
                    count => self.unread.extend_from_slice(&buffer[..count]),
                }
            }
        }
        Ok(None)
    }
}
