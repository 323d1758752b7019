//! Lesson 20 from the outside: every refusal, both roles at every cut, what nobody has thought of, and the
//! program.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the verdict")]

#[path = "../../../01-first-socket/tests/lesson/programs.rs"]
#[allow(dead_code, reason = "this server ends well when Ctrl-C asks it to")]
mod programs;
#[path = "../../../17-http/tests/lesson/wire.rs"]
#[allow(dead_code, reason = "the bytes of this lesson have labels")]
mod wire;

mod fuzz;
mod opens;
mod recorded;
mod requests;
mod transcripts;

use ws_handshake::{Handshake, Origins, Policy, Upgrade, upgrade};

/// The key that the RFC's examples have, and what a server answers to it (section 1.3).
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// Frames (lesson 21), with a blank line of HTTP in them.
const FRAMES: &[u8] = b"\x81\x86\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\r\n\r\n\x82\x00";

/// What a server that speaks two subprotocols makes of some bytes.
#[derive(Debug)]
struct Asked {
    /// What is agreed, and the bytes behind the request.
    yes: Option<(Upgrade, Vec<u8>)>,
    sent: Vec<u8>,
    is_over: bool,
}

impl Asked {
    /// The status of the answer.
    #[track_caller]
    fn status(&self) -> u16 {
        let head = str::from_utf8(&self.sent).unwrap();
        let status = head
            .strip_prefix("HTTP/1.1 ")
            .and_then(|rest| rest.get(..3));
        let status = status.and_then(|digits| digits.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no status: {head:?}"));
        assert_eq!(self.yes.is_some(), status == 101);
        assert_eq!(self.is_over, status != 101);
        status
    }
}

fn policy(origins: Origins) -> Policy {
    Policy {
        origins,
        subprotocols: vec!["chat.v2".to_string(), "chat.v1".to_string()],
    }
}

/// Gives a server the pieces of a request, until it has decided, and then the end of the stream.
fn ask<'p>(pieces: impl IntoIterator<Item = &'p [u8]>, policy: &Policy) -> Asked {
    let mut handshake = Handshake::new();
    let mut yes: Option<(Upgrade, Vec<u8>)> = None;
    let decide = |request: &_| {
        let upgrade = upgrade(request, policy)?;
        Ok((upgrade.clone(), upgrade))
    };
    for piece in pieces {
        match &mut yes {
            // It is not the handshake's business any more.
            Some((_, rest)) => rest.extend_from_slice(piece),
            None => {
                handshake.receive_data(piece);
                yes = handshake.answer(decide);
            }
        }
    }
    if yes.is_none() {
        handshake.receive_end();
        yes = handshake.answer(decide);
    }
    Asked {
        yes,
        sent: handshake.data_to_send().to_vec(),
        is_over: handshake.is_over(),
    }
}

/// A good request, with the fields called `name` replaced by `fields`.
fn request(name: &str, fields: &[&str]) -> Vec<u8> {
    edited(
        &[
            "GET /chat HTTP/1.1",
            "Host: server.example.com",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version: 13",
        ],
        name,
        fields,
    )
}

/// A good answer to [`KEY`], with the fields called `name` replaced by `fields`.
fn answer(name: &str, fields: &[&str]) -> Vec<u8> {
    edited(
        &[
            "HTTP/1.1 101 Switching Protocols",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        ],
        name,
        fields,
    )
}

fn edited(lines: &[&str], name: &str, fields: &[&str]) -> Vec<u8> {
    let kept = lines
        .iter()
        .filter(|line| name.is_empty() || !line.starts_with(name));
    let lines: Vec<&str> = match lines[0].starts_with(name) && !name.is_empty() {
        true => fields.iter().chain(kept).copied().collect(),
        false => kept.chain(fields).copied().collect(),
    };
    format!("{}\r\n\r\n", lines.join("\r\n")).into_bytes()
}
