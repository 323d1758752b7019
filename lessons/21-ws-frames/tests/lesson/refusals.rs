//! What a peer must not do, and when we know.

use ws_frames::{Kind, Opcode, Violation};

use crate::{CLIENT, End, SERVER, Said, hex, masked, text};

const COMPRESSES: End = End {
    compresses: true,
    ..SERVER
};

/// Takes messages of four bytes.
const SMALL: End = End {
    max_message: 4,
    ..SERVER
};

/// Every violation, the close code that tells it, and with which byte it is known.
#[test]
fn every_violation_has_its_code_and_is_known_at_its_byte() {
    use Violation::*;
    let too_long = TooLong { limit: 4 };
    for (end, stream, violation, code, at) in [
        (SERVER, "91 80 00 00 00 00", ReservedBit, 1002, 1),
        (SERVER, "a1 80 00 00 00 00", ReservedBit, 1002, 1),
        (SERVER, "c9 80 00 00 00 00", ReservedBit, 1002, 1),
        (COMPRESSES, "c9 80 00 00 00 00", ReservedBit, 1002, 1),
        (SERVER, "c1 80 00 00 00 00", ReservedBit, 1002, 6),
        // Compressed or not: the first frame says it, and no other.
        (
            COMPRESSES,
            "41 80 00 00 00 00 c0 80 00 00 00 00",
            ReservedBit,
            1002,
            12,
        ),
        (SERVER, "83 80", ReservedOpcode(3), 1002, 1),
        (SERVER, "84 80", ReservedOpcode(4), 1002, 1),
        (SERVER, "05 80", ReservedOpcode(5), 1002, 1),
        (SERVER, "86 80", ReservedOpcode(6), 1002, 1),
        (SERVER, "87 80", ReservedOpcode(7), 1002, 1),
        (SERVER, "8b 80", ReservedOpcode(11), 1002, 1),
        (SERVER, "0c 80", ReservedOpcode(12), 1002, 1),
        (SERVER, "8d 80", ReservedOpcode(13), 1002, 1),
        (SERVER, "8e 80", ReservedOpcode(14), 1002, 1),
        (SERVER, "8f 80", ReservedOpcode(15), 1002, 1),
        (SERVER, "08 80", FragmentedControl, 1002, 1),
        (SERVER, "09 80", FragmentedControl, 1002, 1),
        (SERVER, "0a 80", FragmentedControl, 1002, 1),
        (SERVER, "88 fe 00 7e", LongControl, 1002, 2),
        (SERVER, "89 fe 00 01", LongControl, 1002, 2),
        (CLIENT, "8a 7f 00 00", LongControl, 1002, 2),
        (SERVER, "82 fe 00 7d 00 00", BadLength, 1002, 4),
        (
            SERVER,
            "82 ff 00 00 00 00 00 00 ff ff 00",
            BadLength,
            1002,
            10,
        ),
        (
            CLIENT,
            "82 7f 80 00 00 00 00 00 00 00 00",
            BadLength,
            1002,
            10,
        ),
        (SERVER, "81 05 48 65", Unmasked, 1002, 2),
        (SERVER, "82 7e 01 00 48", Unmasked, 1002, 4),
        (SERVER, "88 00", Unmasked, 1002, 2),
        (CLIENT, "81 85 37 fa 21 3d 7f", Masked, 1002, 6),
        (CLIENT, "89 80 00 00 00 00", Masked, 1002, 6),
        (SERVER, "80 80 00 00 00 00", NothingToContinue, 1002, 6),
        (CLIENT, "81 01 61 00 00", NothingToContinue, 1002, 5),
        (CLIENT, "01 00 81 00", UnfinishedMessage, 1002, 4),
        (CLIENT, "01 00 89 00 02 00", UnfinishedMessage, 1002, 6),
        (CLIENT, "81 03 61 ff 61", NotUtf8, 1007, 4),
        (CLIENT, "81 03 61 ed a0 80", NotUtf8, 1007, 5),
        // The end of a character is missing.
        (CLIENT, "81 02 61 ec", NotUtf8, 1007, 4),
        (CLIENT, "01 01 ec 89 00 80 00", NotUtf8, 1007, 7),
        (CLIENT, "01 01 ec 00 01 95 80 01 61", NotUtf8, 1007, 9),
        (CLIENT, "88 04 03 e8 61 ff", NotUtf8, 1007, 6),
        (CLIENT, "88 01 03", CloseWithoutCode, 1002, 3),
        (CLIENT, "88 02 03 ed", BadCloseCode(1005), 1002, 4),
        (SMALL, "82 85 00 00 00 00 00", too_long, 1009, 6),
        (
            SMALL,
            "82 ff 7f ff ff ff ff ff ff ff 00 00 00 00 00",
            too_long,
            1009,
            14,
        ),
        // The limit is one for messages, not for frames.
        (
            SMALL,
            "02 83 00 00 00 00 00 00 00 80 82 00 00 00 00 00",
            too_long,
            1009,
            15,
        ),
    ] {
        let bytes = hex(stream);
        let run = end.hear(bytes.chunks(1));
        assert_eq!(run.violation, Some(violation), "{stream}");
        assert_eq!(run.read, at, "{stream}");
        assert_eq!(violation.code(), code, "{stream}");
        end.hear_every_cut(&bytes);
        assert!(violation.section().starts_with("RFC 6455, section "));
        let sentence = violation.to_string();
        assert!((10..60).contains(&sentence.len()), "{sentence}");
    }
    assert_eq!(BadCompression.code(), 1007);
    assert_eq!(BadCompression.section(), "RFC 7692, section 7.2.2");
}

#[test]
fn a_close_code_is_one_that_may_be_sent() {
    for code in 0..=u16::MAX {
        let bytes = masked(true, Opcode::Close, &code.to_be_bytes());
        let run = SERVER.hear([&*bytes]);
        // Section 7.4.1, and the registry of close codes for 1012 to 1014.
        let is_good = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
        if is_good {
            assert_eq!(run.said, [Said::Close(Some((code, String::new())))]);
        } else {
            assert_eq!(run.violation, Some(Violation::BadCloseCode(code)));
        }
    }
}

#[test]
fn a_message_may_be_as_long_as_the_limit() {
    for cut in 0..=4 {
        let (first, second) = b"abcd".split_at(cut);
        let mut bytes = masked(false, Opcode::Binary, first);
        // It counts for no message.
        bytes.extend(masked(true, Opcode::Ping, &[7; 125]));
        bytes.extend(masked(true, Opcode::Continuation, second));
        let run = SMALL.hear_every_cut(&bytes);
        assert_eq!(run.said, [Said::Ping(vec![7; 125]), crate::binary(b"abcd")]);
    }
    // The next message begins at nothing again.
    let bytes = [
        masked(true, Opcode::Text, b"abcd"),
        masked(true, Opcode::Text, b"efgh"),
    ]
    .concat();
    assert_eq!(
        SMALL.hear_every_cut(&bytes).said,
        [text("abcd"), text("efgh")]
    );
}

#[test]
fn a_limit_of_nothing_takes_only_empty_messages() {
    let nothing = End {
        max_message: 0,
        ..SERVER
    };
    let empty = masked(true, Opcode::Text, b"");
    assert_eq!(nothing.hear([&*empty]).said, [text("")]);
    let one = masked(true, Opcode::Text, b"a");
    assert_eq!(
        nothing.hear([&*one]).violation,
        Some(Violation::TooLong { limit: 0 })
    );
}

#[test]
fn what_is_compressed_is_not_checked_here() {
    let mut bytes = masked(true, Opcode::Text, b"\xff\xfe");
    bytes[0] |= 0x40;
    let run = COMPRESSES.hear_every_cut(&bytes);
    assert_eq!(
        run.said,
        [Said::Message(Kind::Text, true, b"\xff\xfe".to_vec())]
    );
    // Its frames say it once, and are one message.
    let mut bytes = masked(false, Opcode::Text, b"\xff");
    bytes[0] |= 0x40;
    bytes.extend(masked(true, Opcode::Pong, b""));
    bytes.extend(masked(true, Opcode::Continuation, b"\xfe"));
    bytes.extend(masked(true, Opcode::Text, b"a"));
    let run = COMPRESSES.hear_every_cut(&bytes);
    let message = Said::Message(Kind::Text, true, b"\xff\xfe".to_vec());
    assert_eq!(run.said, [Said::Pong(vec![]), message, text("a")]);
}
