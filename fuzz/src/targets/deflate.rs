//! Compressed messages.

use flate2::{Decompress, FlushDecompress, Status};
use ws_deflate::{Agreed, Deflate, accept};
use ws_frames::{Role, Violation};
use ws_handshake::extensions;
use ws_session::Compression;

use crate::input::Mutation;
use crate::{Checked, Target};

/// A list of payloads.
pub const DEFLATE: Target = Target {
    name: "deflate",
    what: "compressed messages, and the same bytes as messages to compress",
    mutation,
    check,
    usual: &["taken", "refused", "too long"],
};

/// What a message may have, by the input's second byte.
const MAXIMA: [usize; 4] = [0, 100, 4096, 50_000];

/// Bytes that a message may have more memory than the maximum.
const MARGIN: usize = 8 * 1024;

/// What an input's first byte agrees on, for both directions.
pub fn agreed(choice: u8) -> Agreed {
    let takeover = match choice & 0x80 {
        0 => "; server_no_context_takeover; client_no_context_takeover",
        _ => "",
    };
    let bits = 9 + choice % 7;
    let offer = format!(
        "permessage-deflate{takeover}; server_max_window_bits={bits}; client_max_window_bits={bits}"
    );
    let offered = extensions([offer.as_bytes()].into_iter()).unwrap_or_default();
    match accept(&offered) {
        Some((agreed, _)) => agreed,
        None => unreachable!("{offer} is a good offer"),
    }
}

/// An input: what is agreed, the maximum, and payloads, each behind its length in two bytes.
fn mutation() -> Mutation {
    let texts = [
        "Hello".repeat(20),
        "{\"room\":\"seoul\",\"text\":\"안녕하세요\"}".repeat(5),
        "x".repeat(100),
        "0".repeat(70_000),
    ];
    let mut corpus = Vec::new();
    for choice in [0x00, 0x80, 0x06, 0x86, 0x83] {
        for maximum in 0..MAXIMA.len() as u8 {
            let mut sender = Deflate::new(Role::Client, agreed(choice));
            let mut input = vec![choice, maximum];
            for text in &texts[..=usize::from(maximum)] {
                let payload = sender.compress(text.as_bytes()).unwrap_or_default();
                input.extend((payload.len() as u16).to_be_bytes());
                input.extend(payload);
            }
            corpus.push(input);
        }
    }
    // Stored, with a last block, two of them, and empty (RFC 7692, section 7.2.3).
    for payload in [
        &b"\x00\x05\x00\xfa\xffHello\x00"[..],
        b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00",
        b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00",
        b"\x00",
    ] {
        let length = (payload.len() as u16).to_be_bytes();
        corpus.push([&[0x86, 1], &length[..], payload, &length, payload].concat());
    }
    let pieces = [
        &b"\x00\x00\xff\xff"[..],
        b"\x00",
        b"\x01",
        b"\x03\x00",
        b"\xff",
        b"\x00\x01",
        b"\xf2\x48",
        b"\x4b\x4c\x04",
        b"\x01\x05\x00\xfa\xffHello",
        b"\x00\x07\xf3\x48\xcd\xc9\xc9\x07\x00",
        b"\xed\xc1\x01",
    ];
    Mutation {
        corpus,
        pieces: pieces.map(<[u8]>::to_vec).to_vec(),
        joins: false,
    }
}

fn payloads(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut payloads = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk() {
        let length = usize::from(u16::from_be_bytes(*length)).min(rest.len());
        let (payload, behind) = rest.split_at(length);
        payloads.push(payload);
        bytes = behind;
    }
    payloads
}

/// As ws-deflate does it, but slowly: a hundred bytes at a time.
struct Slow {
    agreed: Agreed,
    zlib: Decompress,
}

impl Slow {
    fn new(agreed: Agreed) -> Self {
        Self {
            agreed,
            zlib: Decompress::new_with_window_bits(false, agreed.client.bits),
        }
    }

    fn decompress(&mut self, payload: &[u8], max: usize) -> Result<Vec<u8>, Violation> {
        let (mut message, mut part) = (Vec::new(), [0; 100]);
        for mut input in [payload, &[0, 0, 0xff, 0xff]] {
            loop {
                let before = (self.zlib.total_in(), self.zlib.total_out());
                let status = self
                    .zlib
                    .decompress(input, &mut part, FlushDecompress::Sync)
                    .map_err(|_| Violation::BadCompression)?;
                let read = (self.zlib.total_in() - before.0) as usize;
                let written = (self.zlib.total_out() - before.1) as usize;
                input = &input[read..];
                message.extend_from_slice(&part[..written]);
                if message.len() > max {
                    return Err(Violation::TooLong { limit: max });
                }
                if status == Status::StreamEnd {
                    self.zlib.reset(false);
                } else if (read, written) == (0, 0) {
                    break;
                }
            }
            if !input.is_empty() {
                return Err(Violation::BadCompression);
            }
        }
        if !self.agreed.client.takeover {
            *self = Self::new(self.agreed);
        }
        Ok(message)
    }
}

fn check(bytes: &[u8]) -> Checked {
    let [choice, maximum, rest @ ..] = bytes else {
        return Ok("refused");
    };
    let agreed = agreed(*choice);
    let payloads = payloads(rest);
    round_trip(agreed, &payloads)?;
    let max = MAXIMA[usize::from(*maximum) % MAXIMA.len()];
    let (mut fast, mut slow) = (Deflate::new(Role::Server, agreed), Slow::new(agreed));
    for payload in payloads {
        let message = fast.decompress(payload, max);
        let slowly = slow.decompress(payload, max);
        // Of two things that are wrong, another one may be seen first.
        if message.as_ref().ok() != slowly.as_ref().ok() {
            return Err(format!(
                "a hundred bytes at a time it is {slowly:?}, else {message:?}"
            ));
        }
        match message {
            Ok(message) if message.len() > max => return Err("a message is too long".to_string()),
            Ok(message) if message.capacity() > max + MARGIN => {
                return Err(format!(
                    "a message holds {} bytes of memory",
                    message.capacity()
                ));
            }
            Ok(_) => {}
            Err(Violation::TooLong { .. }) => return Ok("too long"),
            Err(_) => return Ok("refused"),
        }
    }
    Ok("taken")
}

/// Whatever the bytes are, they arrive.
fn round_trip(agreed: Agreed, messages: &[&[u8]]) -> Result<(), String> {
    let mut sender = Deflate::new(Role::Server, agreed);
    let mut receiver = Deflate::new(Role::Client, agreed);
    for message in messages {
        let Some(payload) = sender.compress(message) else {
            continue;
        };
        let arrived = receiver.decompress(&payload, message.len());
        if arrived.as_deref() != Ok(*message) {
            return Err(format!("{} bytes arrive as {arrived:?}", message.len()));
        }
    }
    Ok(())
}
