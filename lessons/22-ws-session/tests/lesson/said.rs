//! What a session has heard, and frames for it.

use ws_frames::{Header, Kind, Opcode, mask};
use ws_session::{Closed, Heard, Session};

/// What a session has heard, for keeping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    Message(Kind, Vec<u8>),
    Ping,
    Pong(Vec<u8>),
    Closed(Closed),
}

pub fn text(text: &str) -> Said {
    Said::Message(Kind::Text, text.as_bytes().to_vec())
}

pub fn clean(code: u16, reason: &str) -> Said {
    Said::Closed(Closed::Clean(code, reason.to_string()))
}

impl From<Heard<'_>> for Said {
    fn from(heard: Heard) -> Self {
        match heard {
            Heard::Message(kind, payload) => Said::Message(kind, payload.to_vec()),
            Heard::Ping => Said::Ping,
            Heard::Pong(payload) => Said::Pong(payload.to_vec()),
            Heard::Closed(closed) => Said::Closed(closed),
        }
    }
}

/// Everything that `session` hears in `unread`, and what it says to that; what is no whole frame stays.
pub fn hear_all(session: &mut Session, unread: &mut Vec<u8>, out: &mut Vec<u8>) -> Vec<Said> {
    let mut said = Vec::new();
    let all = unread.len();
    let mut bytes = &mut unread[..];
    loop {
        let (heard, rest) = session.next_event(bytes, out);
        bytes = rest;
        match heard {
            Some(heard) => said.push(heard.into()),
            None => break,
        }
    }
    let left = bytes.len();
    unread.drain(..all - left);
    said
}

/// Everything that `session` hears in `bytes`, and what it says to that.
pub fn hear(session: &mut Session, bytes: &[u8]) -> (Vec<Said>, Vec<u8>) {
    let mut out = Vec::new();
    let said = hear_all(session, &mut bytes.to_vec(), &mut out);
    (said, out)
}

pub const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A frame as a test wants it, be it good or not.
pub fn frame(opcode: Opcode, fin: bool, key: Option<[u8; 4]>, payload: &[u8]) -> Vec<u8> {
    let header = Header {
        fin,
        rsv1: false,
        opcode,
        key,
        length: payload.len() as u64,
    };
    let mut frame = header.bytes().to_vec();
    let start = frame.len();
    frame.extend_from_slice(payload);
    if let Some(key) = key {
        mask(&mut frame[start..], key, 0);
    }
    frame
}

/// A close frame's payload.
pub fn farewell(code: u16, reason: &str) -> Vec<u8> {
    [&code.to_be_bytes(), reason.as_bytes()].concat()
}
