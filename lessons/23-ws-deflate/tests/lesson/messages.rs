//! What compression does to messages (RFC 7692, section 7.2).

use ws_deflate::{Deflate, MIN_COMPRESSED};
use ws_frames::Violation;
use ws_session::Compression;

use crate::{agreed, pair, zeros};

const MAX: usize = 1024 * 1024;

fn server() -> Deflate {
    pair(agreed(15, true)).0
}

/// The examples of section 7.2.3.
const HELLO: [&[u8]; 4] = [
    // One compressed block.
    &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00],
    // A block without compression.
    &[
        0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00,
    ],
    // A last block, and another stream behind it.
    &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00],
    // Two blocks.
    &[
        0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00,
    ],
];

#[test]
fn the_examples_of_the_rfc() {
    for payload in HELLO {
        assert_eq!(server().decompress(payload, MAX).unwrap(), b"Hello");
    }
    // All in one connection: whatever was said before is still there.
    let mut server = server();
    for payload in HELLO.iter().chain(&HELLO) {
        assert_eq!(server.decompress(payload, MAX).unwrap(), b"Hello");
    }
}

#[test]
fn the_second_hello_refers_to_the_first() {
    // Section 7.2.3.2.
    const SECOND: &[u8] = &[0xf2, 0x00, 0x11, 0x00, 0x00];
    let mut with = server();
    assert_eq!(with.decompress(HELLO[0], MAX).unwrap(), b"Hello");
    assert_eq!(with.decompress(SECOND, MAX).unwrap(), b"Hello");
    let mut without = pair(agreed(15, false)).0;
    assert_eq!(without.decompress(HELLO[0], MAX).unwrap(), b"Hello");
    let refused = without.decompress(SECOND, MAX);
    assert_eq!(refused, Err(Violation::BadCompression));
}

#[test]
fn an_empty_message() {
    // Section 7.2.3.6: one byte. No byte at all is one, too.
    for payload in [&[0x00][..], &[], &[0x02, 0x00]] {
        assert_eq!(server().decompress(payload, MAX).unwrap(), b"");
    }
    assert_eq!(server().compress(b""), None);
}

#[test]
fn short_messages_stay_as_they_are() {
    let mut server = server();
    assert_eq!(server.compress(&[b'a'; MIN_COMPRESSED - 1]), None);
    let payload = server.compress(&[b'a'; MIN_COMPRESSED]).unwrap();
    assert!(payload.len() < MIN_COMPRESSED / 2);
    assert!(!payload.ends_with(&[0x00, 0x00, 0xff, 0xff]));
}

/// Text, zeros, noise, and all of them in one.
fn message(random: &mut fastrand::Rng) -> Vec<u8> {
    let length = match random.u8(..4) {
        0 => random.usize(..200),
        1 => random.usize(..5_000),
        2 => 1 << random.u8(6..15),
        _ => random.usize(..20_000),
    };
    match random.u8(..4) {
        0 => vec![random.u8(..); length],
        1 => (0..length).map(|_| random.u8(..)).collect(),
        2 => "웹소켓은 바이트를 압축합니다. "
            .bytes()
            .cycle()
            .take(length)
            .collect(),
        _ => (0..length)
            .map(|at| (at / 7 % 11) as u8 ^ random.u8(..2))
            .collect(),
    }
}

#[test]
fn what_is_compressed_comes_out_again() {
    let mut random = fastrand::Rng::with_seed(23);
    for bits in 9..=15 {
        for takeover in [true, false] {
            let (mut server, mut client) = pair(agreed(bits, takeover));
            for _ in 0..12 {
                let message = message(&mut random);
                for (from, to) in [(&mut server, &mut client)] {
                    if let Some(payload) = from.compress(&message) {
                        assert_eq!(to.decompress(&payload, MAX).unwrap(), message);
                    }
                }
                if let Some(payload) = client.compress(&message) {
                    assert_eq!(server.decompress(&payload, MAX).unwrap(), message);
                }
            }
        }
    }
}

#[test]
fn directions_may_differ() {
    let mut agreed = agreed(15, true);
    agreed.client.bits = 9;
    agreed.client.takeover = false;
    let (mut server, mut client) = pair(agreed);
    let message: Vec<u8> = (0..2_000_u32)
        .map(|n| (n % 50) as u8 ^ (n / 900) as u8)
        .collect();
    let first = server.compress(&message).unwrap();
    let second = server.compress(&message).unwrap();
    assert!(second.len() * 2 < first.len(), "it refers to the first");
    for payload in [&first, &second] {
        assert_eq!(client.decompress(payload, MAX).unwrap(), message);
    }
    let first = client.compress(&message).unwrap();
    assert_eq!(
        client.compress(&message).unwrap(),
        first,
        "each begins anew"
    );
    assert_eq!(server.decompress(&first, MAX).unwrap(), message);
}

#[test]
fn what_would_become_longer_stays_as_it_is() {
    let mut random = fastrand::Rng::with_seed(1);
    let noise: Vec<u8> = (0..1000).map(|_| random.u8(..)).collect();
    assert_eq!(pair(agreed(15, false)).0.compress(&noise), None);
    // With takeover it is part of what the next message may refer to: both must know it.
    let (mut server, mut client) = pair(agreed(15, true));
    let payload = server.compress(&noise).unwrap();
    assert!(payload.len() > noise.len());
    assert_eq!(client.decompress(&payload, MAX).unwrap(), noise);
    assert!(server.compress(&noise).unwrap().len() < 100);
}

#[test]
fn a_window_of_256_bytes_is_read_and_never_written() {
    let (mut server, mut client) = pair(agreed(8, true));
    assert_eq!(client.compress(&[b'a'; 1000]), None);
    assert_eq!(server.decompress(HELLO[0], MAX).unwrap(), b"Hello");
}

#[test]
fn a_bomb_is_stopped_at_the_cap() {
    // A KiB that becomes a MiB, and a MiB that becomes a GiB.
    for length in [1 << 20, 1 << 30] {
        let bomb = zeros(length);
        assert!(bomb.len() < length / 900, "{}", bomb.len());
        for max in [0, 4095, 4096, 4097, MAX - 1] {
            let refused = server().decompress(&bomb, max);
            assert_eq!(refused, Err(Violation::TooLong { limit: max }));
            assert_eq!(Violation::TooLong { limit: max }.code(), 1009);
        }
    }
}

#[test]
fn exactly_the_cap_is_allowed() {
    for length in [MIN_COMPRESSED, 4095, 4096, 4097, 8192, 65536] {
        let message = vec![b'x'; length];
        let payload = server().compress(&message).unwrap();
        let mut client = pair(agreed(15, true)).1;
        assert_eq!(client.decompress(&payload, length).unwrap(), message);
        let mut client = pair(agreed(15, true)).1;
        let refused = client.decompress(&payload, length - 1);
        assert_eq!(refused, Err(Violation::TooLong { limit: length - 1 }));
        let mut client = pair(agreed(15, true)).1;
        assert_eq!(client.decompress(&payload, usize::MAX).unwrap(), message);
    }
}

#[test]
fn last_blocks_are_counted() {
    // A last block that is empty, many times, and what section 7.2.3.4 puts behind it.
    let many = |count: usize| [[0x03, 0x00].repeat(count), vec![0x00]].concat();
    assert_eq!(server().decompress(&many(1024), MAX).unwrap(), b"");
    let refused = server().decompress(&many(1025), MAX);
    assert_eq!(refused, Err(Violation::BadCompression));
}

#[test]
fn what_is_no_deflate_is_refused() {
    for garbage in [
        &[0xff][..],                     // A block of type 3: there is none.
        &[0x06],                         // The same, and not the last.
        &[0x00, 0x05, 0x00, 0x00, 0x00], // A length and its complement do not fit.
        &[0x02, 0x04, 0x00],             // Back by more than there is.
        &[0x1f, 0x8b, 0x08, 0x00, 0x00], // gzip.
        &[0x78, 0x9c, 0xcb, 0x48, 0xcd], // zlib.
    ] {
        let refused = server().decompress(garbage, MAX);
        assert_eq!(refused, Err(Violation::BadCompression), "{garbage:x?}");
    }
    assert_eq!(Violation::BadCompression.code(), 1007);
}

#[test]
fn nothing_panics_on_garbage() {
    let mut random = fastrand::Rng::with_seed(2);
    let good = server()
        .compress(&b"tick 12345; tack 54321; ".repeat(20))
        .unwrap();
    for round in 0..1_500 {
        let mut server = pair(agreed(9 + (round % 7) as u8, round % 2 == 0)).0;
        for _ in 0..3 {
            let payload: Vec<u8> = match random.bool() {
                true => (0..random.usize(..200)).map(|_| random.u8(..)).collect(),
                false => {
                    let mut payload = good.clone();
                    let at = random.usize(..payload.len());
                    payload[at] ^= 1 << random.u8(..8);
                    payload.truncate(random.usize(..=payload.len()));
                    payload
                }
            };
            let max = random.usize(..2_000);
            if let Ok(message) = server.decompress(&payload, max) {
                assert!(message.len() <= max);
            }
        }
    }
}
