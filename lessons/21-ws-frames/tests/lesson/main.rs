//! Lesson 21 from the outside: every cut of every stream, good and bad; lengths, masks and texts at their
//! limits; beside tungstenite; and the program that explains bytes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in a test, a panic is the verdict"
)]

#[path = "../../../01-first-socket/tests/lesson/programs.rs"]
#[allow(dead_code, reason = "these servers and clients are not programs")]
mod programs;

mod beside_tungstenite;
mod dump;
mod headers;
mod recorded;
mod refusals;
mod streams;
mod texts;

use ws_frames::{CloseReason, Event, Header, Incoming, Kind, Opcode, Role, Violation, mask};

/// The key of the RFC's example (section 5.7).
const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// What one end heard, when the buffer that it stood in is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Said {
    Message(Kind, bool, Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<(u16, String)>),
}

impl From<Event<'_>> for Said {
    fn from(event: Event<'_>) -> Self {
        match event {
            Event::Message {
                kind,
                compressed,
                payload,
            } => Self::Message(kind, compressed, payload.to_vec()),
            Event::Ping(payload) => Self::Ping(payload.to_vec()),
            Event::Pong(payload) => Self::Pong(payload.to_vec()),
            Event::Close(reason) => {
                let own = |CloseReason { code, reason }: CloseReason| (code, reason.to_string());
                Self::Close(reason.map(own))
            }
        }
    }
}

fn text(text: &str) -> Said {
    Said::Message(Kind::Text, false, text.into())
}

fn binary(bytes: &[u8]) -> Said {
    Said::Message(Kind::Binary, false, bytes.into())
}

/// All that one end made of some bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Run {
    said: Vec<Said>,
    violation: Option<Violation>,
    /// Bytes that had come when it was known.
    read: usize,
    /// A part of a message is there, or of a frame behind its header.
    inside: bool,
}

/// Which end hears, and what it takes.
#[derive(Clone, Copy, Debug)]
struct End {
    role: Role,
    max_message: usize,
    compresses: bool,
}

const SERVER: End = End {
    role: Role::Server,
    max_message: 1 << 20,
    compresses: false,
};

const CLIENT: End = End {
    role: Role::Client,
    ..SERVER
};

impl End {
    /// Gives it `pieces`, as a driver does: what is used is taken off the buffer.
    fn hear<'a>(self, pieces: impl IntoIterator<Item = &'a [u8]>) -> Run {
        let mut incoming = Incoming::new(self.role, self.max_message, self.compresses);
        let mut run = Run {
            said: Vec::new(),
            violation: None,
            read: 0,
            inside: false,
        };
        let mut buffer = Vec::new();
        for piece in pieces {
            buffer.extend_from_slice(piece);
            run.read += piece.len();
            let mut rest = &mut buffer[..];
            loop {
                match incoming.next_event(rest) {
                    Ok((Some(event), behind)) => {
                        run.said.push(event.into());
                        rest = behind;
                    }
                    Ok((None, behind)) => {
                        rest = behind;
                        break;
                    }
                    Err(violation) => {
                        run.violation = Some(violation);
                        return run;
                    }
                }
            }
            // A buffer as large as it wants is large enough, and no peer makes it larger than the limit.
            let wants = incoming.wants();
            assert!(wants == 0 || wants > rest.len());
            assert!(wants <= self.max_message.max(125) + 14);
            buffer = rest.to_vec();
        }
        run.inside = incoming.is_inside_message();
        run
    }

    /// The same in one piece, in every two pieces, and in pieces of a few sizes. Whatever the cut, it is the same.
    #[track_caller]
    fn hear_every_cut(self, bytes: &[u8]) -> Run {
        let whole = self.hear([bytes]);
        // When it is known depends on the pieces.
        let same = |mut run: Run| {
            run.read = whole.read;
            run
        };
        for size in [1, 2, 3, 4, 5, 7, 8, 13, 14, 15, 31, 64, 127] {
            assert_eq!(same(self.hear(bytes.chunks(size))), whole, "in {size}s");
        }
        for at in 1..bytes.len() {
            let (first, second) = bytes.split_at(at);
            assert_eq!(same(self.hear([first, second])), whole, "cut at {at}");
        }
        whole
    }
}

/// A frame as it stands on the wire. What is wrong with it is the caller's business.
fn frame(fin: bool, opcode: Opcode, key: Option<[u8; 4]>, payload: &[u8]) -> Vec<u8> {
    let header = Header {
        fin,
        rsv1: false,
        opcode,
        key,
        length: payload.len() as u64,
    };
    let mut bytes = header.bytes().to_vec();
    let start = bytes.len();
    bytes.extend_from_slice(payload);
    if let Some(key) = key {
        mask(&mut bytes[start..], key, 0);
    }
    bytes
}

/// A frame that a client sends.
fn masked(fin: bool, opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    frame(fin, opcode, Some(KEY), payload)
}

/// Bytes as they are written here: `81 85 37 fa`.
fn hex(digits: &str) -> Vec<u8> {
    let byte = |pair| u8::from_str_radix(pair, 16).unwrap();
    digits.split_whitespace().map(byte).collect()
}
