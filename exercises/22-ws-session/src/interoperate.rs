//! Exercise: talk to a library that others wrote, in both directions.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;

use ws_frames::Kind;
use ws_handshake::{Handshake, Opening, Policy, upgrade};
use ws_session::{Closed, Heard, Session};

/// Bytes that a message may have.
pub const MAX_MESSAGE: usize = 4 * 1024 * 1024;

/// Bytes that one read may bring.
const BUFFER: usize = 16 * 1024;

/// Policy: messages that are still under way when we have said goodbye.
pub const MOST_MISSED: usize = 1024;

/// A WebSocket on a stream that waits in each call. Whoever made the stream has set its timeouts.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    session: Session,
    /// What has come and is not dealt with.
    unread: Vec<u8>,
    /// How the conversation ended.
    closed: Option<Closed>,
}

impl Wire {
    /// After the handshake; `rest` is what came behind it: frames already.
    pub fn new(stream: TcpStream, session: Session, rest: Vec<u8>) -> Wire {
        Wire {
            stream,
            session,
            unread: rest,
            closed: None,
        }
    }

    /// The server's side: does the handshake on a connection that was accepted.
    ///
    /// Put together what lesson 20 has: [`Handshake`] takes what was read and answers it, [`upgrade`]
    /// decides, and what it says no to gets that answer too, before you return the error. The session
    /// is a server's, of [`MAX_MESSAGE`], without compression.
    ///
    /// What will come: a request in many pieces; a first message in the same read as the request; a
    /// page of another origin; a client that is gone after half a request.
    ///
    /// # Errors
    /// Those of the stream; `ConnectionRefused` when there was a request and no WebSocket came of it;
    /// `UnexpectedEof` when the stream ended before.
    pub fn accept(mut stream: TcpStream, policy: &Policy) -> io::Result<Wire> {
        todo!(
            "ask the handshake, write what it wants to send, and read on until it has said yes or no"
        )
    }

    /// The client's side: does the handshake on a connection to `host`, for its `target`.
    ///
    /// [`Opening`] makes the request and checks the answer. `random` is for its key, and `keys` are
    /// the masking keys of the session, both such that nobody can foresee them.
    ///
    /// What will come: an answer in many pieces; a first message in the same read as the answer; an
    /// answer that says no, or that does not fit the question; a server that is gone.
    ///
    /// # Errors
    /// Those of the stream; `ConnectionRefused` when there is an answer and it is no WebSocket;
    /// `UnexpectedEof` when the stream ended before.
    pub fn connect(
        mut stream: TcpStream,
        host: &str,
        target: &str,
        random: [u8; 16],
        keys: impl FnMut() -> [u8; 4] + Send + 'static,
    ) -> io::Result<Wire> {
        todo!("send the request, and read until the opening has an answer that it has checked")
    }

    /// Says goodbye, waits for the peer's answer, and returns how the conversation ended.
    ///
    /// Messages of the peer may still be under way, in front of its close frame. Nobody wants them any
    /// more, but [`MOST_MISSED`] of them are no reason to give up.
    ///
    /// # Errors
    /// Those of the stream; `UnexpectedEof` when it ends without a close frame; `TimedOut` when more
    /// messages come than that.
    pub fn close(mut self, code: u16, reason: &str) -> io::Result<Closed> {
        todo!(
            "send the close frame, and take messages until there are no more: then the peer's close frame has come"
        )
    }

    /// Given: sends a message.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn send(&mut self, kind: Kind, message: &[u8]) -> io::Result<()> {
        let mut frame = Vec::new();
        self.session.send(kind, message, &mut frame);
        self.stream.write_all(&frame)
    }

    /// Given: waits for the next message, and answers pings and the close frame meanwhile. `None`: the
    /// conversation is over.
    ///
    /// # Errors
    /// Those of the stream; `UnexpectedEof` when it ends without a close frame.
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
