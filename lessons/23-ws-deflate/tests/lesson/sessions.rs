//! Compression in a conversation: which bit is set where, and which code tells the peer.

use ws_deflate::Deflate;
use ws_frames::{Header, Kind, Opcode, Role, Violation, mask};
use ws_session::{Closed, Compression, Heard, Session};

use crate::{agreed, zeros};

const MAX: usize = 64 * 1024;
const KEY: [u8; 4] = [1, 2, 3, 4];

fn deflate(role: Role) -> Option<Box<dyn Compression>> {
    Some(Box::new(Deflate::new(role, agreed(15, true))))
}

fn server() -> Session {
    Session::server(MAX, deflate(Role::Server))
}

fn client() -> Session {
    Session::client(MAX, || KEY, deflate(Role::Client))
}

/// A client's frame.
fn frame(fin: bool, rsv1: bool, opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    let header = Header {
        fin,
        rsv1,
        opcode,
        key: Some(KEY),
        length: payload.len() as u64,
    };
    let mut bytes = header.bytes().to_vec();
    bytes.extend_from_slice(payload);
    let start = bytes.len() - payload.len();
    mask(&mut bytes[start..], KEY, 0);
    bytes
}

/// What `session` hears, as text, and what it answers by itself.
fn hear(session: &mut Session, bytes: &[u8]) -> (Vec<String>, Vec<u8>) {
    let (mut all, mut out) = (Vec::new(), Vec::new());
    let mut bytes = bytes.to_vec();
    let mut rest = &mut bytes[..];
    loop {
        let (heard, left) = session.next_event(rest, &mut out);
        rest = left;
        all.push(match heard {
            None => return (all, out),
            Some(Heard::Message(kind, payload)) => {
                format!("{kind:?} {}", String::from_utf8_lossy(&payload))
            }
            Some(Heard::Ping) => "Ping".to_string(),
            Some(Heard::Pong(_)) => "Pong".to_string(),
            Some(Heard::Closed(Closed::Clean(code, _))) => format!("Clean {code}"),
            Some(Heard::Closed(Closed::Failed(why))) => format!("{why:?}"),
        });
    }
}

fn compressed(message: &[u8]) -> Vec<u8> {
    let mut deflate = Deflate::new(Role::Client, agreed(15, true));
    deflate.compress(message).unwrap()
}

#[test]
fn both_directions() {
    let (mut server, mut client) = (server(), client());
    let long = "안녕하세요. ".repeat(50);
    for (kind, text) in [
        (Kind::Text, "short"),
        (Kind::Text, &long),
        (Kind::Binary, &long),
    ] {
        let mut out = Vec::new();
        client.send(kind, text.as_bytes(), &mut out);
        assert_eq!(
            out[0] & 0x40 != 0,
            text == long,
            "RSV1 says that it is compressed"
        );
        assert!(out.len() < 140, "{}", out.len());
        assert_eq!(hear(&mut server, &out).0, [format!("{kind:?} {text}")]);
        let mut out = Vec::new();
        server.send(kind, text.as_bytes(), &mut out);
        assert_eq!(hear(&mut client, &out).0, [format!("{kind:?} {text}")]);
    }
}

#[test]
fn a_compressed_message_in_fragments_with_a_ping_between() {
    let text = "tick tock ".repeat(30);
    let payload = compressed(text.as_bytes());
    for cut in 0..=payload.len() {
        let (first, last) = payload.split_at(cut);
        let bytes = [
            frame(false, true, Opcode::Text, first),
            frame(true, false, Opcode::Ping, b"?"),
            frame(false, false, Opcode::Continuation, &[]),
            frame(true, false, Opcode::Continuation, last),
        ]
        .concat();
        let (heard, _) = hear(&mut server(), &bytes);
        assert_eq!(heard, ["Ping".to_string(), format!("Text {text}")], "{cut}");
    }
}

#[test]
fn the_bit_is_for_the_first_frame_of_a_message() {
    let payload = compressed(&[b'x'; 100]);
    let first = frame(false, true, Opcode::Binary, &payload[..2]);
    for wrong in [
        [
            first,
            frame(true, true, Opcode::Continuation, &payload[2..]),
        ]
        .concat(),
        frame(true, true, Opcode::Ping, b""),
        frame(true, true, Opcode::Pong, b""),
        frame(true, true, Opcode::Close, b""),
    ] {
        let (heard, out) = hear(&mut server(), &wrong);
        assert_eq!(heard, ["ReservedBit"]);
        assert_eq!(out, [0x88, 2, 0x03, 0xea], "1002");
    }
    // And not if nothing was agreed.
    let mut plain = Session::server(MAX, None);
    let (heard, out) = hear(&mut plain, &frame(true, true, Opcode::Text, &payload));
    assert_eq!(
        (heard, out),
        (vec!["ReservedBit".to_string()], vec![0x88, 2, 0x03, 0xea])
    );
}

#[test]
fn a_peer_may_send_what_is_not_compressed() {
    let bytes = [
        frame(true, false, Opcode::Text, b"plain"),
        frame(true, true, Opcode::Text, &compressed(&[b'a'; 64])),
        frame(true, false, Opcode::Text, b"plain again"),
    ]
    .concat();
    let (heard, out) = hear(&mut server(), &bytes);
    assert_eq!(
        heard,
        [
            "Text plain",
            &format!("Text {}", "a".repeat(64)),
            "Text plain again"
        ]
    );
    assert_eq!(out, []);
}

#[test]
fn text_is_checked_when_it_is_decompressed() {
    let (heard, out) = hear(
        &mut server(),
        &frame(true, true, Opcode::Text, &compressed(&[0xff; 64])),
    );
    assert_eq!(
        (heard, out),
        (vec!["NotUtf8".to_string()], vec![0x88, 2, 0x03, 0xef])
    );
    // Bytes may be anything.
    let (heard, _) = hear(
        &mut server(),
        &frame(true, true, Opcode::Binary, &compressed(&[0xff; 64])),
    );
    assert!(heard[0].starts_with("Binary "));
}

#[test]
fn garbage_is_told_1007_and_a_bomb_1009() {
    let (heard, out) = hear(
        &mut server(),
        &frame(true, true, Opcode::Text, &[0xff, 0xff]),
    );
    assert_eq!(
        (heard, out),
        (
            vec!["BadCompression".to_string()],
            vec![0x88, 2, 0x03, 0xef]
        )
    );
    let bomb = zeros(MAX + 1);
    assert!(bomb.len() < 500);
    let (heard, out) = hear(&mut server(), &frame(true, true, Opcode::Binary, &bomb));
    let why = format!("{:?}", Violation::TooLong { limit: MAX });
    assert_eq!((heard, out), (vec![why], vec![0x88, 2, 0x03, 0xf1]));
    let almost = zeros(MAX);
    let (heard, _) = hear(&mut server(), &frame(true, true, Opcode::Binary, &almost));
    assert!(heard[0].starts_with("Binary "));
}

/// Seeded messages in both directions, in frames that are cut anywhere.
#[test]
fn a_long_conversation_in_any_pieces() {
    let mut random = fastrand::Rng::with_seed(5);
    let (mut server, mut client) = (server(), client());
    for _ in 0..200 {
        let words = ["price", "소켓", "{\"id\":", "}", "0.25", "\n"];
        let text: String = (0..random.usize(..300))
            .map(|_| words[random.usize(..words.len())])
            .collect();
        let mut out = Vec::new();
        client.send(Kind::Text, text.as_bytes(), &mut out);
        let (mut buffer, mut heard) = (Vec::new(), None);
        let mut rest = &out[..];
        while !rest.is_empty() {
            let (piece, behind) = rest.split_at(random.usize(1..=rest.len()));
            rest = behind;
            buffer.extend_from_slice(piece);
            let mut answer = Vec::new();
            let (event, left) = server.next_event(&mut buffer, &mut answer);
            if let Some(Heard::Message(_, payload)) = event {
                heard = Some(payload.to_vec());
                assert!(left.is_empty());
            }
        }
        assert_eq!(heard.unwrap(), text.as_bytes());
        let mut out = Vec::new();
        server.send(Kind::Text, text.as_bytes(), &mut out);
        assert_eq!(hear(&mut client, &out).0, [format!("Text {text}")]);
    }
}
