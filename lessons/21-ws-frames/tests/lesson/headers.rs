//! What stands before a payload, and what is done to it.

use ws_frames::{Header, MAX_HEADER, Opcode, Violation, mask};

use crate::{KEY, hex};

const OPCODES: [Opcode; 6] = [
    Opcode::Continuation,
    Opcode::Text,
    Opcode::Binary,
    Opcode::Close,
    Opcode::Ping,
    Opcode::Pong,
];

fn header(length: u64, key: Option<[u8; 4]>) -> Header {
    Header {
        fin: true,
        rsv1: false,
        opcode: Opcode::Binary,
        key,
        length,
    }
}

#[test]
fn a_length_is_written_in_the_shortest_way() {
    for (length, written) in [
        (0, "82 00"),
        (1, "82 01"),
        (125, "82 7d"),
        (126, "82 7e 00 7e"),
        (127, "82 7e 00 7f"),
        (65535, "82 7e ff ff"),
        (65536, "82 7f 00 00 00 00 00 01 00 00"),
        (u64::MAX >> 1, "82 7f 7f ff ff ff ff ff ff ff"),
    ] {
        assert_eq!(header(length, None).bytes()[..], hex(written), "{length}");
        let mut masked = hex(written);
        masked[1] |= 0x80;
        masked.extend(KEY);
        assert_eq!(header(length, Some(KEY)).bytes()[..], masked, "{length}");
    }
    // One more bit is not a length: it can be written, and nobody takes it.
    let too_long = header(1 << 63, None).bytes();
    assert_eq!(Header::parse(&too_long), Err(Violation::BadLength));
}

#[test]
fn a_length_in_more_bytes_than_it_needs_is_refused() {
    for (written, is_good) in [
        ("82 7e 00 00", false),
        ("82 7e 00 7d", false),
        ("82 7e 00 7e", true),
        ("82 7f 00 00 00 00 00 00 00 00", false),
        ("82 7f 00 00 00 00 00 00 ff ff", false),
        ("82 7f 00 00 00 00 00 01 00 00", true),
        ("82 7f 7f ff ff ff ff ff ff ff", true),
        ("82 7f 80 00 00 00 00 00 00 00", false),
        ("82 7f ff ff ff ff ff ff ff ff", false),
    ] {
        let parsed = Header::parse(&hex(written));
        match is_good {
            true => assert!(matches!(parsed, Ok(Some(_))), "{written}"),
            false => assert_eq!(parsed, Err(Violation::BadLength), "{written}"),
        }
    }
}

#[test]
fn every_header_is_what_was_written_and_needs_all_of_its_bytes() {
    for seed in 0..20_000 {
        let mut random = fastrand::Rng::with_seed(seed);
        let opcode = OPCODES[random.usize(..OPCODES.len())];
        let is_control = opcode.is_control();
        // As many short lengths as long ones.
        let length = random.u64(..) >> random.u32(1..64);
        let header = Header {
            fin: is_control || random.bool(),
            rsv1: !is_control && random.bool(),
            opcode,
            key: random.bool().then(|| random.u32(..).to_be_bytes()),
            length: if is_control { length % 126 } else { length },
        };
        let mut bytes = header.bytes().to_vec();
        assert!(bytes.len() <= MAX_HEADER);
        for end in 0..bytes.len() {
            assert_eq!(Header::parse(&bytes[..end]), Ok(None), "seed {seed}");
        }
        let length = bytes.len();
        bytes.push(random.u8(..));
        assert_eq!(
            Header::parse(&bytes),
            Ok(Some((header, length))),
            "seed {seed}"
        );
    }
}

#[test]
fn every_two_bytes_are_a_header_or_are_refused() {
    for (first, second) in
        (0..=u8::MAX).flat_map(|first| (0..=u8::MAX).map(move |second| (first, second)))
    {
        let mut bytes = vec![first, second];
        match second & 0x7f {
            126 => bytes.extend([1, 0]),
            127 => bytes.extend([0, 0, 0, 0, 0, 1, 0, 0]),
            _ => {}
        }
        bytes.extend(KEY);
        let (fin, rsv1, rsv, opcode) = (first & 0x80, first & 0x40, first & 0x30, first & 0xf);
        let is_control = opcode >= 8;
        let expected = match () {
            () if rsv != 0 => Some(Violation::ReservedBit),
            () if opcode & 7 > 2 => Some(Violation::ReservedOpcode(opcode)),
            () if is_control && fin == 0 => Some(Violation::FragmentedControl),
            () if is_control && rsv1 != 0 => Some(Violation::ReservedBit),
            () if is_control && second & 0x7f > 125 => Some(Violation::LongControl),
            () => None,
        };
        match (Header::parse(&bytes), expected) {
            (Err(violation), Some(expected)) => assert_eq!(violation, expected, "{bytes:02x?}"),
            (Ok(Some((header, length))), None) => {
                assert_eq!(header.fin, fin != 0);
                assert_eq!(header.rsv1, rsv1 != 0);
                assert_eq!(header.key.is_some(), second & 0x80 != 0);
                assert_eq!(header.bytes()[..], bytes[..length]);
            }
            (parsed, _) => panic!("{bytes:02x?}: {parsed:?} and not {expected:?}"),
        }
    }
}

#[test]
fn masking_is_what_the_rfc_says_at_every_offset_and_length() {
    let mut random = fastrand::Rng::with_seed(0);
    let mut original = [0; 300];
    random.fill(&mut original);
    // The last offset can be no place in a payload, and does no harm.
    for offset in (0..=9).chain([usize::MAX]) {
        for start in 0..8 {
            for length in (0..=100).chain([127, 128, 129, 256, 257]) {
                let mut bytes = original;
                mask(&mut bytes[start..start + length], KEY, offset);
                for (at, (byte, original)) in bytes.iter().zip(original).enumerate() {
                    let expected = match at.checked_sub(start) {
                        Some(at) if at < length => original ^ KEY[(offset % 4 + at) % 4],
                        _ => original,
                    };
                    assert_eq!(*byte, expected, "{offset}, {start}, {length}");
                }
                mask(&mut bytes[start..start + length], KEY, offset);
                assert_eq!(bytes, original);
            }
        }
    }
}

#[test]
fn a_header_prints_itself() {
    let mut header = header(1, Some(KEY));
    assert_eq!(header.to_string(), "binary, 1 byte, masked");
    header.rsv1 = true;
    header.fin = false;
    header.length = 300;
    header.opcode = Opcode::Text;
    assert_eq!(
        header.to_string(),
        "text, 300 bytes, masked, compressed, more to come"
    );
}
