//! One end of a WebSocket: what is said when, and who may still say something (RFC 6455, sections 5.5 and 7).

use std::fmt;

use ws_frames::{
    Event, Header, HeaderBytes, Incoming, Kind, Opcode, Payload, Role, Violation, is_close_code,
    mask,
};

// ANCHOR: compression
/// What lesson 23 does to messages.
pub trait Compression: Send {
    /// The message that became `payload`.
    ///
    /// # Errors
    ///
    /// When it is none, or has more than `max` bytes.
    fn decompress(&mut self, payload: &[u8], max: usize) -> Result<Vec<u8>, Violation>;

    /// What is to be sent instead of `message`; `None`: the message itself.
    fn compress(&mut self, message: &[u8]) -> Option<Vec<u8>>;
}
// ANCHOR_END: compression

// ANCHOR: heard
/// What a peer has said, when the session has done its part: pings are answered, closes too.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard<'b> {
    /// A message.
    Message(Kind, Payload<'b>),
    /// It has asked whether we are here, and has its answer.
    Ping,
    /// An answer to a ping, or a sign of life.
    Pong(&'b [u8]),
    /// The conversation is over. Write what is still to be sent; then a server ends its stream, and a client
    /// waits for that, but not for ever (section 7.1.1).
    Closed(Closed),
}

/// How a conversation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closed {
    /// Both have said goodbye. The code and the reason are the peer's; 1005 when it gave none.
    Clean(u16, String),
    /// The peer has done what it must not, and was told so.
    Failed(Violation),
}
// ANCHOR_END: heard

// ANCHOR: session
/// One end of a WebSocket, without socket and clock. What is to be sent is put behind what is already in
/// `out`, a buffer of the caller: a session that has nothing to say has no buffer.
///
/// It is small, because a server has many, and most of them are idle: what few of them need is in a box.
pub struct Session {
    incoming: Incoming,
    state: State,
    extras: Option<Box<Extras>>,
}

/// What a client has, and who compresses; a server that does not has none of it.
struct Extras {
    /// Where the masking keys of a client come from; a server has none.
    keys: Option<Box<dyn FnMut() -> [u8; 4] + Send>>,
    compression: Option<Box<dyn Compression>>,
    /// Of a message when it is decompressed.
    max_message: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// Our close frame is sent, the peer's has not come.
    Closing,
    /// Nothing is said or heard any more.
    Over,
}
// ANCHOR_END: session

impl Session {
    /// A server's end. A message may have `max_message` bytes.
    pub fn server(max_message: usize, compression: Option<Box<dyn Compression>>) -> Self {
        Self {
            incoming: Incoming::new(Role::Server, max_message, compression.is_some()),
            state: State::Open,
            extras: compression.map(|compression| {
                Box::new(Extras {
                    keys: None,
                    compression: Some(compression),
                    max_message,
                })
            }),
        }
    }

    /// A client's end. `keys` must be such that nobody can foresee the next one (section 10.3): see
    /// [`crate::random`].
    pub fn client(
        max_message: usize,
        keys: impl FnMut() -> [u8; 4] + Send + 'static,
        compression: Option<Box<dyn Compression>>,
    ) -> Self {
        Self {
            incoming: Incoming::new(Role::Client, max_message, compression.is_some()),
            state: State::Open,
            extras: Some(Box::new(Extras {
                keys: Some(Box::new(keys)),
                compression,
                max_message,
            })),
        }
    }

    /// Whether messages may still be sent.
    pub fn is_open(&self) -> bool {
        self.state == State::Open
    }

    /// Whether the conversation is over.
    pub fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// As [`Incoming::wants`].
    pub fn wants(&self) -> usize {
        self.incoming.wants()
    }

    // ANCHOR: next_event
    /// The next thing that the bytes in `buffer` say, and the bytes behind it; as [`Incoming::next_event`].
    /// What the protocol itself answers to it is put into `out`.
    #[inline]
    pub fn next_event<'b>(
        &mut self,
        buffer: &'b mut [u8],
        out: &mut Vec<u8>,
    ) -> (Option<Heard<'b>>, &'b mut [u8]) {
        // What comes behind a close frame means nothing (section 5.5.1).
        if self.state == State::Over {
            return (None, &mut []);
        }
        let (event, rest) = match self.incoming.next_event(buffer) {
            Ok((Some(event), rest)) => (event, rest),
            Ok((None, rest)) => return (None, rest),
            Err(violation) => return (Some(self.fail(violation, out)), &mut []),
        };
        let heard = match event {
            Event::Message {
                kind,
                compressed: false,
                payload,
            } => Heard::Message(kind, payload),
            Event::Message { kind, payload, .. } => match self.decompress(kind, &payload) {
                Ok(message) => Heard::Message(kind, Payload::Joined(message)),
                Err(violation) => self.fail(violation, out),
            },
            // Also when we have said goodbye: until the peer has, it may ask (section 5.5.2).
            Event::Ping(payload) => {
                self.frame(Opcode::Pong, false, payload, out);
                Heard::Ping
            }
            Event::Pong(payload) => Heard::Pong(payload),
            Event::Close(reason) => {
                let (code, text) = match reason {
                    Some(reason) => (reason.code, reason.reason.to_string()),
                    None => (1005, String::new()),
                };
                if self.state == State::Open {
                    let body = code.to_be_bytes();
                    let body: &[u8] = if code == 1005 { &[] } else { &body };
                    self.frame(Opcode::Close, false, body, out);
                }
                self.state = State::Over;
                Heard::Closed(Closed::Clean(code, text))
            }
        };
        (Some(heard), rest)
    }
    // ANCHOR_END: next_event

    fn decompress(&mut self, kind: Kind, payload: &[u8]) -> Result<Vec<u8>, Violation> {
        // `Incoming` lets no compressed message through that was not agreed on.
        let extras = self.extras.as_mut().ok_or(Violation::ReservedBit)?;
        let compression = extras.compression.as_mut().ok_or(Violation::ReservedBit)?;
        let message = compression.decompress(payload, extras.max_message)?;
        match kind {
            Kind::Text if str::from_utf8(&message).is_err() => Err(Violation::NotUtf8),
            _ => Ok(message),
        }
    }

    fn fail<'b>(&mut self, violation: Violation, out: &mut Vec<u8>) -> Heard<'b> {
        if self.state == State::Open {
            self.frame(Opcode::Close, false, &violation.code().to_be_bytes(), out);
        }
        self.state = State::Over;
        Heard::Closed(Closed::Failed(violation))
    }

    // ANCHOR: send
    /// Sends a message, in one frame; what is [`Kind::Text`] must be UTF-8. After a close nothing is sent.
    #[inline]
    pub fn send(&mut self, kind: Kind, message: &[u8], out: &mut Vec<u8>) {
        if self.state != State::Open {
            return;
        }
        let opcode = opcode(kind);
        let extras = self.extras.as_mut();
        let compression = extras.and_then(|extras| extras.compression.as_mut());
        match compression.and_then(|compression| compression.compress(message)) {
            Some(bytes) => self.frame(opcode, true, &bytes, out),
            None => self.frame(opcode, false, message, out),
        }
    }

    /// What to write before a message of `length` bytes that is written as it is: for servers that need no
    /// copy of a large one. `None` where that cannot be: send it with [`Session::send`].
    pub fn header(&self, kind: Kind, length: usize) -> Option<HeaderBytes> {
        let as_it_is = self.state == State::Open && self.extras.is_none();
        let header = Header {
            fin: true,
            rsv1: false,
            opcode: opcode(kind),
            key: None,
            length: length as u64,
        };
        as_it_is.then(|| header.bytes())
    }

    /// Asks whether the peer is there. Of `payload`, 125 bytes are sent at most.
    pub fn ping(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        if self.state == State::Open {
            let payload = &payload[..payload.len().min(ws_frames::MAX_CONTROL)];
            self.frame(Opcode::Ping, false, payload, out);
        }
    }

    /// Says goodbye. The peer's answer is still to come: give it a deadline. Of `reason`, as many letters are
    /// sent as fit into 123 bytes.
    ///
    /// A `code` that must not be sent, such as 1005, 1006 or 1015 (section 7.4.1), is not: the frame is empty
    /// then, and the peer's program is told 1005.
    pub fn close(&mut self, code: u16, reason: &str, out: &mut Vec<u8>) {
        if self.state == State::Open {
            let most = ws_frames::MAX_CONTROL - 2;
            let mut end = reason.len().min(most);
            while !reason.is_char_boundary(end) {
                end -= 1;
            }
            let mut body = Vec::new();
            if is_close_code(code) {
                body.extend_from_slice(&code.to_be_bytes());
                body.extend_from_slice(&reason.as_bytes()[..end]);
            }
            self.frame(Opcode::Close, false, &body, out);
            self.state = State::Closing;
        }
    }
    // ANCHOR_END: send

    #[inline]
    fn frame(&mut self, opcode: Opcode, rsv1: bool, payload: &[u8], out: &mut Vec<u8>) {
        let extras = self.extras.as_mut();
        let key = extras.and_then(|extras| extras.keys.as_mut().map(|next| next()));
        let header = Header {
            fin: true,
            rsv1,
            opcode,
            key,
            length: payload.len() as u64,
        };
        header.bytes().append_to(out);
        let start = out.len();
        out.extend_from_slice(payload);
        if let Some(key) = key {
            mask(&mut out[start..], key, 0);
        }
    }
}

fn opcode(kind: Kind) -> Opcode {
    match kind {
        Kind::Text => Opcode::Text,
        Kind::Binary => Opcode::Binary,
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({:?})", self.state)
    }
}
