//! A client of a test: it speaks through a session when it is good, and in bytes when it is not.

use std::io::{ErrorKind, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Instant;

use timeouts::{Deadline, Heard, listen_for};
use ws_frames::Kind;
use ws_handshake::Opening;
use ws_session::{Session, random};

use crate::programs::{DEADLINE, connect};
use crate::said::{Said, hear_all};

/// Bytes of a message: enough for all tests.
pub const MAX: usize = 8 << 20;

pub struct Client {
    pub stream: TcpStream,
    pub session: Session,
    unread: Vec<u8>,
    said: Vec<Said>,
}

impl Client {
    /// Shakes hands.
    pub fn open(address: SocketAddr, path: &str) -> Self {
        Self::open_with(connect(address), path, b"")
    }

    /// Shakes hands, and sends `more` together with its request.
    pub fn open_with(stream: TcpStream, path: &str, more: &[u8]) -> Self {
        let host = stream.peer_addr().unwrap().to_string();
        let mut opening = Opening::new(&host, path, random(), None);
        let mut client = Self {
            stream,
            session: Session::client(MAX, random, None),
            unread: Vec::new(),
            said: Vec::new(),
        };
        client.write(&[&opening.request(), more].concat());
        let opened = loop {
            match opening.next_event().unwrap() {
                Some(opened) => break opened,
                None => opening.receive_data(&client.read().expect("an answer")),
            }
        };
        client.unread = opened.rest;
        client
    }

    pub fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// What comes next; `None` at the end of the stream.
    fn read(&self) -> Option<Vec<u8>> {
        let mut buffer = vec![0; 64 * 1024];
        let deadline = Deadline::after(Instant::now(), DEADLINE);
        loop {
            match listen_for(&self.stream, &mut buffer, deadline.left(Instant::now())) {
                Ok(Heard::Bytes(count)) => return Some(buffer[..count].to_vec()),
                Ok(Heard::End) => return None,
                Ok(Heard::Silence) => assert!(
                    !deadline.left(Instant::now()).is_zero(),
                    "nothing comes: {:?}",
                    self.session
                ),
                // Who is given up is cut off.
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("{error}"),
            }
        }
    }

    pub fn send(&mut self, kind: Kind, message: &[u8]) {
        let mut out = Vec::new();
        self.session.send(kind, message, &mut out);
        self.write(&out);
    }

    pub fn say(&mut self, text: &str) {
        self.send(Kind::Text, text.as_bytes());
    }

    pub fn close(&mut self, code: u16, reason: &str) {
        let mut out = Vec::new();
        self.session.close(code, reason, &mut out);
        self.write(&out);
    }

    /// What the server says next; `None` at the end of the stream. Pings and closes are answered.
    pub fn next(&mut self) -> Option<Said> {
        while self.said.is_empty() {
            let mut out = Vec::new();
            self.said = hear_all(&mut self.session, &mut self.unread, &mut out);
            if !out.is_empty() {
                let _ = self.stream.write_all(&out); // It may be gone already.
            }
            if self.said.is_empty() {
                self.unread.extend(self.read()?);
            }
        }
        Some(self.said.remove(0))
    }

    #[track_caller]
    pub fn hears(&mut self, expected: Said) {
        assert_eq!(self.next(), Some(expected));
    }

    /// Nothing more comes, but the end of the stream.
    #[track_caller]
    pub fn hears_the_end(&mut self) {
        assert_eq!(self.next(), None);
    }

    /// Ends our side.
    pub fn end(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Write); // It may be gone already.
    }
}
