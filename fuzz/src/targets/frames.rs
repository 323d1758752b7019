//! Frames and messages, as both ends read them.

use tungstenite::protocol::{Role as TheirRole, WebSocket, WebSocketConfig};
use tungstenite::{Error, Message};
use ws_frames::{Event, Header, Incoming, Kind, MAX_HEADER, Role, Violation};

use crate::input::{Mutation, cuts};
use crate::wire::Wire;
use crate::{Checked, Target};

/// Streams of frames.
pub const FRAMES: Target = Target {
    name: "frames",
    what: "frames, read by a server when the first is masked, else by a client",
    mutation,
    check,
    usual: &["taken", "closed", "refused", STRICTER_LENGTH, STRICTER_CODE],
};

/// A length that is not in its shortest form, which tungstenite takes.
pub const STRICTER_LENGTH: &str = "stricter than tungstenite: a length";

/// A close code that must not be sent. tungstenite answers 1002, and lets its program read that.
pub const STRICTER_CODE: &str = "stricter than tungstenite: a close code";

/// A close code that was registered later (bad gateway).
const NEW_CODE: &str = "closed with 1014, which tungstenite does not know";

/// Bytes that a message may have.
pub const MAX_MESSAGE: usize = 1000;

/// A frame: its first byte, its key, its payload, which is masked here.
fn frame(first: u8, key: Option<[u8; 4]>, payload: &[u8]) -> Vec<u8> {
    let mask = if key.is_some() { 0x80 } else { 0 };
    let mut frame = vec![first];
    match payload.len() {
        short @ ..126 => frame.push(mask | short as u8),
        two @ ..65_536 => {
            frame.push(mask | 126);
            frame.extend((two as u16).to_be_bytes());
        }
        eight => {
            frame.push(mask | 127);
            frame.extend((eight as u64).to_be_bytes());
        }
    }
    let key = key.inspect(|key| frame.extend(key)).unwrap_or_default();
    let masked = payload.iter().zip(key.iter().cycle());
    frame.extend(masked.map(|(byte, key)| byte ^ key));
    frame
}

/// Streams of frames of both ends, and pieces of such.
pub fn mutation() -> Mutation {
    let text = "안녕하세요, café 👋";
    let long = "가".repeat(100);
    let mut corpus = Vec::new();
    // A key of zeros: so a change of text is one.
    for key in [Some([0; 4]), Some([0x37, 0xfa, 0x21, 0x3d]), None] {
        let one = |first, payload: &[u8]| frame(first, key, payload);
        corpus.extend([
            one(0x81, text.as_bytes()),
            one(0x82, &[0, 255, 1]),
            one(0x81, b""),
            one(0x81, long.as_bytes()),
            one(0x82, &[9; MAX_MESSAGE]),
            one(0x89, b"are you there?"),
            one(0x8a, b""),
            one(0x88, b""),
            one(0x88, &[&[0x03, 0xe8][..], "끝".as_bytes()].concat()),
            one(0x88, &[0x0f, 0xa0]),
            [
                one(0x01, &text.as_bytes()[..4]),
                one(0x00, b""),
                one(0x89, b"x"),
                one(0x80, &text.as_bytes()[4..]),
            ]
            .concat(),
            [one(0x02, &[1; 600]), one(0x80, &[2; 400])].concat(),
        ]);
    }
    let mut pieces: Vec<Vec<u8>> = [
        &b"\xff"[..],
        b"\x80",
        b"\xc0",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xea\xb0",
        b"\x03\xe8",
        b"\x03\xed",
        b"\x03\xee",
        b"\x03\xf6",
        b"\x00\x7e",
        b"\x00\x7d",
        b"\x00\x00",
        b"\xff\xff\xff\xff",
        b"\x81\x7e\x00\x01a",
        b"\x82\xfe\x00\x02\0\0\0\0ab",
        b"\x82\x7f\0\0\0\0\0\0\0\x01z",
        b"\x82\xff\x80\0\0\0\0\0\0\0",
        b"\x88\x82\0\0\0\0\x03\xed",
        b"\x88\x02\x03\xee",
        b"\x88\x01\x03",
        b"\x89\x7e\x00\x7e",
        b"\xc1\x80",
        b"\x83\x00",
        b"\x8b\x80",
    ]
    .map(<[u8]>::to_vec)
    .to_vec();
    for first in [0x00, 0x01, 0x02, 0x80, 0x81, 0x82, 0x88, 0x89, 0x8a] {
        pieces.push(frame(first, Some([0; 4]), b"ab"));
        pieces.push(frame(first, None, b"ab"));
    }
    Mutation {
        corpus,
        pieces,
        joins: true,
    }
}

/// What a peer says, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// A message.
    Message(Kind, Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    /// Its code, 1005 when there is none.
    Close(u16),
}

/// How that ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// With a close frame.
    Closed,
    /// More would come.
    Waits,
    Refused(Violation),
}

/// What our codec reads. The buffer is as an engine has one: what is left moves to the front.
pub fn read<'a>(role: Role, pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Said>, End) {
    let mut incoming = Incoming::new(role, MAX_MESSAGE, false);
    let (mut said, mut buffer) = (Vec::new(), Vec::new());
    for piece in pieces {
        buffer.extend_from_slice(piece);
        let mut bytes = &mut buffer[..];
        loop {
            let event = match incoming.next_event(bytes) {
                Err(violation) => return (said, End::Refused(violation)),
                Ok((event, rest)) => {
                    bytes = rest;
                    event
                }
            };
            said.push(match event {
                None => break,
                Some(Event::Message { kind, payload, .. }) => Said::Message(kind, payload.to_vec()),
                Some(Event::Ping(payload)) => Said::Ping(payload.to_vec()),
                Some(Event::Pong(payload)) => Said::Pong(payload.to_vec()),
                Some(Event::Close(reason)) => {
                    said.push(Said::Close(reason.map_or(1005, |reason| reason.code)));
                    return (said, End::Closed);
                }
            });
        }
        let left = bytes.len();
        buffer.drain(..buffer.len() - left);
        assert!(
            incoming.wants() <= MAX_HEADER + MAX_MESSAGE,
            "it wants too much"
        );
    }
    (said, End::Waits)
}

/// tungstenite, with our limits, on a stream that brings `bytes`.
pub fn tungstenite(role: Role, bytes: &[u8]) -> WebSocket<Wire> {
    let role = match role {
        Role::Server => TheirRole::Server,
        Role::Client => TheirRole::Client,
    };
    let config = WebSocketConfig::default()
        .read_buffer_size(4096)
        .write_buffer_size(0)
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE));
    WebSocket::from_raw_socket(Wire::new(bytes), role, Some(config))
}

/// What a message of tungstenite's is to us.
pub fn said(message: &Message) -> Said {
    match message {
        Message::Text(text) => Said::Message(Kind::Text, text.as_bytes().to_vec()),
        Message::Binary(bytes) => Said::Message(Kind::Binary, bytes.to_vec()),
        Message::Ping(payload) => Said::Ping(payload.to_vec()),
        Message::Pong(payload) => Said::Pong(payload.to_vec()),
        Message::Close(frame) => {
            Said::Close(frame.as_ref().map_or(1005, |frame| frame.code.into()))
        }
        // It is never read.
        Message::Frame(frame) => Said::Message(Kind::Binary, frame.payload().to_vec()),
    }
}

/// What tungstenite reads, and the error that it ends with when that is not for want of more.
fn theirs(role: Role, bytes: &[u8]) -> (Vec<Said>, Option<String>) {
    let mut socket = tungstenite(role, bytes);
    let mut all = Vec::new();
    loop {
        match socket.read() {
            Ok(message) => all.push(said(&message)),
            Err(Error::Io(_)) => return (all, None),
            Err(error) => return (all, Some(error.to_string())),
        }
        if let Some(Said::Close(_)) = all.last() {
            return (all, None);
        }
    }
}

/// Which end reads what begins so.
pub fn role_of(bytes: &[u8]) -> Role {
    match bytes.get(1) {
        Some(second) if second & 0x80 == 0 => Role::Client,
        _ => Role::Server,
    }
}

fn check(bytes: &[u8]) -> Checked {
    if let Ok(Some((header, length))) = Header::parse(bytes)
        && header.bytes()[..] != bytes[..length]
    {
        return Err(format!(
            "{header:?} is written in another way than it was read"
        ));
    }
    let role = role_of(bytes);
    let (ours, end) = read(role, [bytes]);
    let in_pieces = read(role, cuts(bytes));
    if in_pieces != (ours.clone(), end.clone()) {
        return Err(format!(
            "in pieces it is {in_pieces:?}, at once {ours:?}, {end:?}"
        ));
    }
    let (theirs, error) = theirs(role, bytes);
    judged(&ours, &end, &theirs, error.as_deref())
}

/// Compares what two have read.
pub fn judged(ours: &[Said], end: &End, theirs: &[Said], error: Option<&str>) -> Checked {
    if let ([ours @ .., Said::Close(1014)], [theirs @ .., Said::Close(1002)]) = (ours, theirs)
        && ours == theirs
    {
        return Ok(NEW_CODE);
    }
    let Some(more) = theirs.strip_prefix(ours) else {
        return Err(format!(
            "we read {ours:?}, tungstenite {theirs:?}, then {error:?}"
        ));
    };
    match (end, more) {
        (End::Refused(_), []) => Ok("refused"),
        // Of a control frame, the form of its length says enough.
        (End::Refused(Violation::BadLength | Violation::LongControl), _) => Ok(STRICTER_LENGTH),
        (End::Refused(Violation::BadCloseCode(_)), [Said::Close(1002)]) => Ok(STRICTER_CODE),
        (End::Closed, []) => Ok("closed"),
        (End::Waits, []) if error.is_none() => Ok("taken"),
        (end, more) => Err(format!(
            "we end with {end:?}; tungstenite reads {more:?}, then {error:?}"
        )),
    }
}
