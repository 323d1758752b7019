//! Lesson 23 from the outside: what is agreed, what becomes of messages, its server under each engine, and what
//! another zlib says to all that.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in a test, a panic is the verdict"
)]

#[path = "../../../01-first-socket/tests/lesson/programs.rs"]
#[allow(dead_code, reason = "these servers end well when Ctrl-C asks them to")]
mod programs;

mod messages;
mod negotiation;
mod python;
mod servers;
mod sessions;
mod transcripts;

use flate2::{Compress, Compression, FlushCompress};
use ws_deflate::{Agreed, Deflate, Window};
use ws_frames::Role;

/// Both directions the same.
fn agreed(bits: u8, takeover: bool) -> Agreed {
    let window = Window { bits, takeover };
    Agreed {
        server: window,
        client: window,
    }
}

/// A server and a client that have agreed on it.
fn pair(agreed: Agreed) -> (Deflate, Deflate) {
    (
        Deflate::new(Role::Server, agreed),
        Deflate::new(Role::Client, agreed),
    )
}

/// `length` zeros, compressed as well as can be: about a thousandth of that.
fn zeros(length: usize) -> Vec<u8> {
    const MEBIBYTE: usize = 1 << 20;
    let mut compress = Compress::new(Compression::best(), false);
    let mut piece = |length: usize| {
        let mut piece = Vec::with_capacity(length / 500 + 100);
        compress
            .compress_vec(&vec![0; length], &mut piece, FlushCompress::Sync)
            .unwrap();
        piece
    };
    let mut payload = piece(length % MEBIBYTE);
    if length >= MEBIBYTE {
        // Behind enough zeros, each piece of a MiB is the same.
        let [first, next] = [piece(MEBIBYTE), piece(MEBIBYTE)];
        payload.extend(first);
        payload.extend(next.repeat(length / MEBIBYTE - 1));
    }
    assert!(payload.ends_with(&[0x00, 0x00, 0xff, 0xff]));
    payload.truncate(payload.len() - 4);
    payload
}
