//! The program that explains bytes.

use ws_frames::{Part, Role, Violation, explain};

use crate::programs::{Ended, Program, assert_transcript};
use crate::{End, SERVER, hex};

const WS_DUMP: &str = env!("CARGO_BIN_EXE_ws-dump");

fn run(arguments: &[&str], input: &[u8]) -> Ended {
    let mut program = Program::start(WS_DUMP, arguments);
    // With bytes as arguments, it does not read.
    if !input.is_empty() {
        program.type_in(input);
    }
    program.finish()
}

fn printed(arguments: &[&str]) -> String {
    let ended = run(arguments, b"");
    assert_eq!(ended.errors, "");
    String::from_utf8(ended.output).unwrap()
}

#[test]
fn what_it_says_of_frames_good_and_bad() {
    let good = [
        "81", "85", "37", "fa", "21", "3d", "7f", "9f", "4d", "51", "58",
    ];
    let mut session = String::new();
    for arguments in [
        &good[..],
        &["--client", "81", "05", "48", "65", "6c", "6c", "6f"],
        &["83", "00"],
        &["82", "7e", "00", "05", "01", "02", "03", "04", "05"],
        &["09", "00"],
        &["88", "02", "03", "ed"],
        &["81", "02", "ec", "95"],
    ] {
        session += &format!("$ ws-dump {}\n", arguments.join(" "));
        session += &printed(arguments);
        session += "\n";
    }
    assert_transcript("ws-dump.txt", &session, str::to_string);
    assert!(session.lines().all(|line| line.chars().count() <= 80));
}

#[test]
fn a_handshake_and_the_frames_behind_it() {
    let input = "GET /chat HTTP/1.1\r\nHost: 127.0.0.1:7020\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
    // The example of RFC 7692, section 7.2.3.1, behind it.
    let frame = hex("c1 87 00 00 00 00 f2 48 cd c9 c9 07 00");
    let ended = run(&[], &[input.as_bytes(), &frame].concat());
    assert!(ended.status.success(), "{}", ended.errors);
    let output = String::from_utf8(ended.output).unwrap();
    assert!(output.starts_with("the request of a client\n"), "{output}");
    assert!(
        output.contains("frame 1: text, from a client\n"),
        "{output}"
    );
    assert!(
        output.ends_with("→ a compressed message of 7 bytes\n"),
        "{output}"
    );
    assert!(
        output.lines().all(|line| line.chars().count() <= 80),
        "{output}"
    );
}

#[test]
fn bytes_come_as_digits_in_many_ways_or_as_they_are() {
    let expected = printed(&["81", "01", "61"]);
    for arguments in [
        &["810161"][..],
        &["0x81,0x01,0x61"],
        &["81:01:61"],
        &["81 01", "61"],
    ] {
        assert_eq!(printed(arguments), expected);
    }
    for input in [&b"81 01\n61\n"[..], b"\x81\x01\x61"] {
        let ended = run(&[], input);
        assert_eq!(String::from_utf8(ended.output).unwrap(), expected);
        assert!(ended.status.success());
    }
}

#[test]
fn it_says_how_it_is_used() {
    let help = printed(&["--help"]);
    assert!(help.starts_with("Usage: ws-dump "), "{help}");
    assert!(help.lines().all(|line| line.len() <= 80));
    for (arguments, sentence) in [
        (&["8"][..], "\"8\" is not pairs of digits. Try --help.\n"),
        (&["8x"], "\"8x\" is not pairs of digits. Try --help.\n"),
        (
            &["--clinet", "81"],
            "\"--clinet 81\" is not pairs of digits. Try --help.\n",
        ),
        (
            &["--client", "--server", "81"],
            "Give one of --client and --server, once. Try --help.\n",
        ),
        (&[], "There are no bytes. Try --help.\n"),
    ] {
        let ended = run(arguments, b"");
        assert_eq!((ended.status.code(), &*ended.errors), (Some(2), sentence));
    }
    let ended = run(&["--server"], &[0x8a; (256 << 10) + 1]);
    assert_eq!(ended.status.code(), Some(2));
    assert_eq!(
        ended.errors,
        "There are more than 262144 bytes. Try --help.\n"
    );
    // Wrong bytes, and bytes that are missing.
    assert_eq!(run(&["83", "00"], b"").status.code(), Some(1));
    assert_eq!(run(&["81"], b"").status.code(), Some(1));
}

/// The explanation has its own eyes: they must see what the codec sees.
#[test]
fn every_byte_is_explained_once_and_the_codec_agrees() {
    for seed in 0..5_000 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut bytes: Vec<u8> = Vec::new();
        for _ in 0..random.usize(1..5) {
            // Frames that are good, but for their payload.
            let length = random.u8(..20);
            let opcode = [0, 1, 2, 8, 9, 10, 3][random.usize(..7)];
            let fin = [0x80, 0][usize::from(random.u8(..5) == 0)];
            bytes.extend([fin | opcode, 0x80 | length, 1, 2, 3, 4]);
            bytes.extend((0..length).map(|at| b'a' ^ [1, 2, 3, 4][usize::from(at % 4)]));
        }
        if random.bool() {
            let at = random.usize(..bytes.len());
            bytes[at] = random.u8(..);
        }
        bytes.truncate(random.usize(1..=bytes.len() * 2));
        let explanation = explain(&bytes, Some(Role::Client), false);
        let mut next = 0;
        let mut wrong = None;
        let mut missing = false;
        for part in &explanation.parts {
            match part {
                Part::Field(field) if field.bits.is_none() => {
                    assert_eq!(field.place.start, next, "seed {seed}");
                    assert!(!field.name.is_empty() && field.place.end > next);
                    next = field.place.end;
                }
                Part::Wrong(violation) => wrong = Some(*violation),
                Part::Missing(_) => missing = true,
                _ => {}
            }
        }
        let end = End {
            max_message: usize::MAX / 2,
            ..SERVER
        };
        let violation: Option<Violation> = end.hear([&*bytes]).violation;
        assert_eq!(wrong, violation, "seed {seed}: {explanation}");
        assert!(
            next == bytes.len() || wrong.is_some() && missing,
            "seed {seed}: {explanation}"
        );
        for line in explanation.to_string().lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}

#[test]
fn noise_is_explained_too() {
    for seed in 0..5_000 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut bytes = vec![0; random.usize(..60)];
        random.fill(&mut bytes);
        let from = [None, Some(Role::Client), Some(Role::Server)][random.usize(..3)];
        let text = explain(&bytes, from, random.bool()).to_string();
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
    }
}
