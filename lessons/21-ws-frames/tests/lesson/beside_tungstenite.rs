//! The same bytes for tungstenite, which has met more of them: what we take, and as what, is what it takes.

use std::io::{self, Read, Write};

use tungstenite::protocol::{CloseFrame, Role as Theirs, WebSocket, WebSocketConfig};
use tungstenite::{Error, Message};
use ws_frames::{Opcode, Role, Violation};

use crate::{CLIENT, End, KEY, SERVER, Said, binary, frame, text};

/// So many streams: a second or two.
const ROUNDS: u64 = 20_000;

/// A peer that has sent all that it sends, and takes whatever it is told.
struct Sent<'b>(&'b [u8]);

impl Read for Sent<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Sent<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What tungstenite hears, and whether it refuses what comes then.
fn theirs(end: End, bytes: &[u8]) -> (Vec<Said>, bool) {
    let role = match end.role {
        Role::Client => Theirs::Client,
        Role::Server => Theirs::Server,
    };
    let config = WebSocketConfig::default()
        .max_message_size(Some(end.max_message))
        .max_frame_size(Some(end.max_message.max(125)));
    let mut socket = WebSocket::from_raw_socket(Sent(bytes), role, Some(config));
    let mut said = Vec::new();
    loop {
        said.push(match socket.read() {
            Ok(Message::Text(message)) => text(message.as_str()),
            Ok(Message::Binary(message)) => binary(&message),
            Ok(Message::Ping(payload)) => Said::Ping(payload.to_vec()),
            Ok(Message::Pong(payload)) => Said::Pong(payload.to_vec()),
            Ok(Message::Close(reason)) => {
                let own = |CloseFrame { code, reason }| (u16::from(code), reason.to_string());
                said.push(Said::Close(reason.map(own)));
                return (said, false);
            }
            Ok(Message::Frame(_)) => panic!("it reads no frames"),
            Err(error) => return (said, !is_end(&error)),
        });
    }
}

/// There is no more: neither good nor bad.
fn is_end(error: &Error) -> bool {
    use tungstenite::error::ProtocolError;
    matches!(
        error,
        Error::ConnectionClosed | Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)
    )
}

/// How we and tungstenite differ, when we do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Difference {
    /// We know it before the frame is whole; it is still waiting.
    Sooner,
    /// It takes lengths in more bytes than they need, also in control frames, and lengths of 64 bits.
    Length,
    /// It tells its user 1002 in place of a close code that must not be.
    CloseCode,
    /// It knows no 1014.
    BadGateway,
}

/// Asserts that both hear the same, and says where they may differ.
fn compare(end: End, bytes: &[u8]) -> Option<Difference> {
    let ours = end.hear([bytes]);
    let (theirs, refused) = theirs(end, bytes);
    let shown = || {
        format!(
            "{:?}: {bytes:02x?}\nours {ours:?}\ntheirs {theirs:?}, {refused}",
            end.role
        )
    };
    // What comes behind a close is nothing to either, but we are not asked to stop there.
    let until_close = ours
        .said
        .iter()
        .position(|said| matches!(said, Said::Close(_)));
    if let Some(at) = until_close {
        return match (&ours.said[at], &theirs[..]) {
            (Said::Close(Some((1014, _))), [first @ .., Said::Close(Some((1002, _)))]) => {
                assert_eq!(first, &ours.said[..at], "{}", shown());
                Some(Difference::BadGateway)
            }
            _ => {
                assert_eq!(theirs, ours.said[..=at], "{}", shown());
                None
            }
        };
    }
    match (ours.violation, refused) {
        (None, false) => {
            assert_eq!(theirs, ours.said, "{}", shown());
            None
        }
        // It may go on, and refuse something else.
        (Some(Violation::BadLength), _) => {
            assert!(theirs.starts_with(&ours.said), "{}", shown());
            Some(Difference::Length)
        }
        (Some(_), true) => {
            assert_eq!(theirs, ours.said, "{}", shown());
            None
        }
        (Some(Violation::BadCloseCode(_)), false) => {
            let (last, first) = theirs.split_last().unwrap();
            assert_eq!(first, ours.said, "{}", shown());
            assert!(matches!(last, Said::Close(Some((1002, _)))), "{}", shown());
            Some(Difference::CloseCode)
        }
        (Some(violation), false) => {
            assert_eq!(theirs, ours.said, "{}", shown());
            // When the frame is whole, and more, it must refuse it too.
            let whole = [bytes, &vec![0xff; end.max_message + 32]].concat();
            match (self::theirs(end, &whole).1, violation) {
                (true, _) => Some(Difference::Sooner),
                (false, Violation::LongControl) => Some(Difference::Length),
                (false, _) => panic!("only we refuse it: {}", shown()),
            }
        }
        (None, true) => panic!("only tungstenite refuses it: {}", shown()),
    }
}

/// Bytes of a message, at most, that both take.
const MOST: usize = 300;

/// A few frames, most of them good.
fn frames(random: &mut fastrand::Rng, masks: bool) -> Vec<u8> {
    use Opcode::*;
    const TEXTS: [&[u8]; 5] = [
        b"",
        b"a",
        "한".as_bytes(),
        "안녕 🌊".as_bytes(),
        b"\xed\xa0",
    ];
    let mut bytes = Vec::new();
    let mut inside = false;
    for _ in 0..random.usize(1..6) {
        let opcode = match random.u8(..10) {
            _ if inside && random.u8(..4) > 0 => Continuation,
            0..=3 => Text,
            4..=6 => Binary,
            7 => Ping,
            8 => Pong,
            _ => Close,
        };
        let fin = opcode.is_control() || random.u8(..3) > 0;
        if !opcode.is_control() {
            inside = !fin;
        }
        // The last text is none.
        let texts = TEXTS.len() - usize::from(random.u8(..8) > 0);
        let mut payload = match opcode {
            Close if random.bool() => vec![],
            Close => random.u16(990..1020).to_be_bytes().to_vec(),
            _ => (0..random.usize(..3))
                .flat_map(|_| TEXTS[random.usize(..texts)])
                .copied()
                .collect(),
        };
        if random.u8(..10) == 0 {
            payload.resize(random.usize(120..MOST + 10), b'x');
        }
        let key = (masks != (random.u8(..30) == 0)).then(|| random.u32(..).to_be_bytes());
        bytes.extend(frame(fin, opcode, key, &payload));
    }
    bytes
}

fn mutate(random: &mut fastrand::Rng, bytes: &mut Vec<u8>) {
    for _ in 0..random.usize(..3) {
        let at = random.usize(..=bytes.len());
        let end = (at + random.usize(..6)).min(bytes.len());
        match random.u8(..5) {
            0 => drop(bytes.drain(at..end)),
            1 => {
                let copy = bytes[at..end].to_vec();
                bytes.splice(at..at, copy);
            }
            2 => bytes.truncate(at),
            3 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << random.u8(..8);
                }
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = random.u8(..);
                }
            }
        }
    }
}

#[test]
fn what_we_take_is_what_tungstenite_takes() {
    let (mut good, mut refused, mut different) = (0, 0, 0);
    for seed in 0..ROUNDS {
        let mut random = fastrand::Rng::with_seed(seed);
        let end = if random.bool() { SERVER } else { CLIENT };
        let end = End {
            max_message: MOST,
            ..end
        };
        let mut bytes = frames(&mut random, end.role == Role::Server);
        mutate(&mut random, &mut bytes);
        match compare(end, &bytes) {
            Some(_) => different += 1,
            None if end.hear([&*bytes]).violation.is_some() => refused += 1,
            None => good += 1,
        }
        // And however it is cut.
        let whole = end.hear([&*bytes]);
        let mut pieces = Vec::new();
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (piece, behind) = rest.split_at(random.usize(1..=rest.len().min(20)));
            pieces.push(piece);
            rest = behind;
        }
        let cut = end.hear(pieces);
        assert_eq!(
            (cut.said, cut.violation),
            (whole.said, whole.violation),
            "seed {seed}"
        );
    }
    // All of them happen, or this test compares nothing.
    assert!(
        good > 4_000 && refused > 4_000 && different > 500,
        "{good}, {refused}, {different}"
    );
}

/// Each difference, by the shortest stream that shows it.
#[test]
fn where_tungstenite_differs() {
    let client = |payload: &[u8], opcode| frame(true, opcode, Some(KEY), payload);
    let late = client(b"\xff and more", Opcode::Text);
    for (bytes, difference) in [
        (&late[..8], Difference::Sooner),
        (
            &crate::hex("82 fe 00 01 00 00 00 00 61"),
            Difference::Length,
        ),
        (
            &client(&1005_u16.to_be_bytes(), Opcode::Close),
            Difference::CloseCode,
        ),
        (
            &client(&1014_u16.to_be_bytes(), Opcode::Close),
            Difference::BadGateway,
        ),
    ] {
        assert_eq!(compare(SERVER, bytes), Some(difference), "{bytes:02x?}");
    }
}
