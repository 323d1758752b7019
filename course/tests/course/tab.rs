//! A page that follows events, without a browser: lesson 22's client, which counts its bytes.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use timeouts::{Deadline, Heard, listen_for, write_by};
use ws_session::{Closed, Heard as Said, Session, Target, random};

/// For anything that a server does.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Tab {
    stream: TcpStream,
    session: Session,
    buffer: Vec<u8>,
    /// Bytes that have gone over the connection, those of the handshake among them.
    pub sent: usize,
    pub received: usize,
    /// What the server said at the end.
    pub closed: Option<u16>,
}

impl Tab {
    /// Opens a WebSocket such as `127.0.0.1:7000/reload?since=0`.
    pub fn open(address: &str) -> Tab {
        let target = Target::parse(address).unwrap();
        let mut tab = Tab {
            stream: target.dial(PATIENCE).unwrap(),
            session: Session::client(1 << 20, random, None),
            buffer: Vec::new(),
            sent: 0,
            received: 0,
            closed: None,
        };
        let mut opening = target.opening();
        tab.write(&opening.request());
        loop {
            if let Some(opened) = opening.next_event().unwrap() {
                tab.buffer = opened.rest;
                return tab;
            }
            assert!(tab.reads(), "{address}: the stream has ended");
            opening.receive_data(&tab.buffer);
            tab.buffer.clear();
        }
    }

    /// The next message; none, when both have said goodbye and the server has ended the stream.
    pub fn hears(&mut self) -> Option<String> {
        loop {
            let mut bytes = std::mem::take(&mut self.buffer);
            let mut out = Vec::new();
            let (said, rest) = self.session.next_event(&mut bytes, &mut out);
            let message = match said {
                Some(Said::Message(_, text)) => Some(String::from_utf8(text.to_vec()).unwrap()),
                Some(Said::Closed(Closed::Clean(code, _))) => {
                    self.closed = Some(code);
                    None
                }
                Some(Said::Closed(Closed::Failed(violation))) => panic!("{violation}"),
                Some(Said::Ping | Said::Pong(_)) | None => None,
            };
            self.buffer = rest.to_vec();
            self.write(&out);
            if message.is_some() || !self.reads() {
                return message;
            }
        }
    }

    /// False at the end of the stream.
    fn reads(&mut self) -> bool {
        let mut bytes = [0; 4096];
        match listen_for(&self.stream, &mut bytes, PATIENCE).unwrap() {
            Heard::Bytes(count) => {
                self.received += count;
                self.buffer.extend(&bytes[..count]);
                true
            }
            Heard::End => false,
            Heard::Silence => panic!("nothing came in time"),
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        let deadline = Deadline::after(Instant::now(), PATIENCE);
        write_by(&self.stream, bytes, deadline).unwrap();
        self.sent += bytes.len();
    }
}
