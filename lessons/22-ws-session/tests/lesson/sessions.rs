//! Both ends of a conversation, without a socket.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use ws_frames::{Header, Kind, Opcode, Role, Violation};
use ws_session::{Closed, Compression, Session, random};

use crate::said::{KEY, Said, clean, farewell, frame, hear, hear_all, text};

const MAX: usize = 1 << 20;

/// Keys that tests can foresee.
fn counting() -> impl FnMut() -> [u8; 4] + Send {
    let next = AtomicU32::new(1);
    move || next.fetch_add(1, Relaxed).to_be_bytes()
}

fn session(role: Role, max: usize) -> Session {
    match role {
        Role::Server => Session::server(max, None),
        Role::Client => Session::client(max, counting(), None),
    }
}

const BOTH: [Role; 2] = [Role::Server, Role::Client];

fn other(role: Role) -> Role {
    match role {
        Role::Server => Role::Client,
        Role::Client => Role::Server,
    }
}

/// The key that a peer of `role` uses.
fn key_to(role: Role) -> Option<[u8; 4]> {
    (role == Role::Server).then_some(KEY)
}

/// A frame for a session of `role`.
fn to(role: Role, opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    frame(opcode, true, key_to(role), payload)
}

/// The frames in what a session of `role` has said: opcode, and payload without its mask.
fn frames(role: Role, mut bytes: &[u8]) -> Vec<(Opcode, Vec<u8>)> {
    let mut frames = Vec::new();
    while let Some((header, start)) = Header::parse(bytes).unwrap() {
        assert_eq!(header.key.is_some(), role == Role::Client);
        assert!(header.fin && !header.rsv1);
        let end = start + header.length as usize;
        let mut payload = bytes[start..end].to_vec();
        if let Some(key) = header.key {
            ws_frames::mask(&mut payload, key, 0);
        }
        frames.push((header.opcode, payload));
        bytes = &bytes[end..];
    }
    assert!(bytes.is_empty());
    frames
}

fn close_frame(code: u16, reason: &str) -> Vec<(Opcode, Vec<u8>)> {
    vec![(Opcode::Close, farewell(code, reason))]
}

/// Nothing can be said by a session any more.
#[track_caller]
fn assert_mute(session: &mut Session) {
    let mut out = Vec::new();
    session.send(Kind::Text, b"late", &mut out);
    session.send(Kind::Binary, &[0; 100], &mut out);
    session.ping(b"late", &mut out);
    session.close(1000, "again", &mut out);
    assert_eq!(out, b"");
    assert!(session.header(Kind::Text, 5).is_none());
    assert!(!session.is_open());
}

#[test]
fn either_end_may_say_goodbye() {
    for role in BOTH {
        let (mut we, mut peer) = (session(role, MAX), session(other(role), MAX));
        let mut out = Vec::new();
        we.close(1000, "그럼 이만", &mut out);
        assert_eq!(frames(role, &out), close_frame(1000, "그럼 이만"));
        assert!(!we.is_open() && !we.is_over());
        assert_mute(&mut we);

        let (said, answer) = hear(&mut peer, &out);
        assert_eq!(said, [clean(1000, "그럼 이만")]);
        assert_eq!(frames(other(role), &answer), close_frame(1000, ""));
        assert!(peer.is_over());
        assert_mute(&mut peer);

        assert_eq!(hear(&mut we, &answer), (vec![clean(1000, "")], vec![]));
        assert!(we.is_over());
        assert_mute(&mut we);
    }
}

/// Each hears the other's goodbye, and takes it for the answer to its own.
#[test]
fn goodbyes_may_cross() {
    let (mut server, mut client) = (session(Role::Server, MAX), session(Role::Client, MAX));
    let (mut from_server, mut from_client) = (Vec::new(), Vec::new());
    server.close(1001, "stops", &mut from_server);
    client.close(1000, "leaves", &mut from_client);
    let heard = hear(&mut server, &from_client);
    assert_eq!(heard, (vec![clean(1000, "leaves")], vec![]));
    let heard = hear(&mut client, &from_server);
    assert_eq!(heard, (vec![clean(1001, "stops")], vec![]));
    assert!(server.is_over() && client.is_over());
}

/// What was sent before the other's goodbye came, arrives; what would be said after it, is not sent. So a
/// message that is on its way to somebody who says goodbye is read, and may have no answer.
#[test]
fn messages_before_the_goodbye_arrive() {
    for role in BOTH {
        let (mut we, mut peer) = (session(role, MAX), session(other(role), MAX));
        let (mut out, mut answers) = (Vec::new(), Vec::new());
        we.send(Kind::Text, b"one", &mut out);
        we.close(1000, "", &mut out);
        peer.send(Kind::Text, b"under way", &mut answers);
        let (said, answer) = hear(&mut peer, &out);
        assert_eq!(said, [text("one"), clean(1000, "")]);
        peer.send(Kind::Text, b"too late", &mut answers);
        answers.extend(answer);
        let (said, _) = hear(&mut we, &answers);
        assert_eq!(said, [text("under way"), clean(1000, "")]);
    }
}

/// Without a code: 1005 for the program, and nothing on the wire.
#[test]
fn a_goodbye_without_a_word() {
    for role in BOTH {
        let mut session = session(role, MAX);
        let (said, out) = hear(&mut session, &to(role, Opcode::Close, b""));
        assert_eq!(said, [clean(1005, "")]);
        assert_eq!(frames(role, &out), [(Opcode::Close, vec![])]);
    }
}

/// Section 7.4, read anew.
fn is_good(code: u16) -> bool {
    match code {
        0..1000 => false,         // Not used.
        1004..=1006 => false,     // Reserved; "no status"; "abnormal".
        1000..=1014 => true,      // The table of section 7.4.1, and IANA's registry since.
        1015 => false,            // "TLS handshake".
        1016..=2999 => false,     // For later versions.
        3000..=4999 => true,      // For libraries, and for everybody.
        5000..=u16::MAX => false, // Nothing.
    }
}

#[test]
fn every_code() {
    for role in BOTH {
        for code in (0..=5000).chain([u16::MAX]) {
            let mut hears = session(role, MAX);
            let (said, out) = hear(&mut hears, &to(role, Opcode::Close, &farewell(code, "why")));
            match is_good(code) {
                true => {
                    assert_eq!(said, [clean(code, "why")]);
                    assert_eq!(frames(role, &out), close_frame(code, ""));
                }
                false => {
                    let violation = Violation::BadCloseCode(code);
                    assert_eq!(said, [Said::Closed(Closed::Failed(violation))]);
                    assert_eq!(frames(role, &out), close_frame(1002, ""));
                }
            }
            assert!(hears.is_over());

            let (mut says, mut out) = (session(role, MAX), Vec::new());
            says.close(code, "why", &mut out);
            match is_good(code) {
                true => assert_eq!(frames(role, &out), close_frame(code, "why")),
                false => assert_eq!(frames(role, &out), [(Opcode::Close, vec![])]),
            }
        }
    }
}

/// A control frame has 125 bytes, two for the code: what does not fit is cut off, but not inside a letter.
#[test]
fn a_reason_has_123_bytes() {
    for (reason, fits) in [
        ("x".repeat(123), 123),
        ("x".repeat(124), 123),
        ("x".repeat(100_000), 123),
        ("가".repeat(41), 123),
        ("가".repeat(42), 123),
        (format!("x{}", "가".repeat(41)), 121),
        (format!("xx{}", "\u{1f980}".repeat(31)), 122),
    ] {
        let mut out = Vec::new();
        session(Role::Server, MAX).close(4000, &reason, &mut out);
        assert_eq!(
            frames(Role::Server, &out),
            close_frame(4000, &reason[..fits])
        );
        let (said, _) = hear(&mut session(Role::Client, MAX), &out);
        assert_eq!(said, [clean(4000, &reason[..fits])]);
    }
    // Also with 123 bytes from a peer, and with one byte more.
    for (length, code) in [(123, 1000), (124, 1002)] {
        let reason = "x".repeat(length);
        let bytes = to(Role::Server, Opcode::Close, &farewell(1000, &reason));
        let (_, out) = hear(&mut session(Role::Server, MAX), &bytes);
        assert_eq!(frames(Role::Server, &out), close_frame(code, ""));
    }
}

#[test]
fn a_goodbye_that_is_none() {
    for role in BOTH {
        for (payload, violation, code) in [
            (&[3][..], Violation::CloseWithoutCode, 1002),
            (&[3, 232, 0xff], Violation::NotUtf8, 1007),
            (&[3, 232, 0xea, 0xb0], Violation::NotUtf8, 1007),
        ] {
            let mut session = session(role, MAX);
            let (said, out) = hear(&mut session, &to(role, Opcode::Close, payload));
            assert_eq!(said, [Said::Closed(Closed::Failed(violation))]);
            assert_eq!(frames(role, &out), close_frame(code, ""));
        }
    }
}

/// What comes behind a close frame means nothing, whatever it is.
#[test]
fn after_the_end_nothing_is_heard() {
    for role in BOTH {
        for behind in [
            to(role, Opcode::Text, b"late"),
            to(role, Opcode::Ping, b"late"),
            to(role, Opcode::Close, b""),
            vec![0xff; 40],
        ] {
            let mut session = session(role, MAX);
            let bytes = [to(role, Opcode::Close, &farewell(1000, "")), behind.clone()].concat();
            let (said, out) = hear(&mut session, &bytes);
            assert_eq!(said, [clean(1000, "")]);
            assert_eq!(frames(role, &out), close_frame(1000, ""));
            assert_eq!(hear(&mut session, &behind), (vec![], vec![]));
        }
    }
}

#[test]
fn a_ping_gets_its_own_bytes_back() {
    for role in BOTH {
        let mut session = session(role, MAX);
        for length in 0..=125 {
            let payload: Vec<u8> = (0..length).collect();
            let (said, out) = hear(&mut session, &to(role, Opcode::Ping, &payload));
            assert_eq!(said, [Said::Ping]);
            assert_eq!(frames(role, &out), [(Opcode::Pong, payload)]);
        }
        let (said, out) = hear(&mut session, &to(role, Opcode::Pong, b"by itself"));
        assert_eq!(
            (said, out),
            (vec![Said::Pong(b"by itself".to_vec())], vec![])
        );
        // Ours has 125 bytes at most.
        let mut out = Vec::new();
        session.ping(&[7; 200], &mut out);
        assert_eq!(frames(role, &out), [(Opcode::Ping, vec![7; 125])]);
    }
}

#[test]
fn a_ping_between_two_fragments() {
    for role in BOTH {
        let mut session = session(role, MAX);
        let key = key_to(role);
        let bytes = [
            frame(Opcode::Text, false, key, "소".as_bytes()),
            frame(Opcode::Ping, true, key, b"there?"),
            frame(Opcode::Continuation, false, key, &"켓".as_bytes()[..1]),
            frame(Opcode::Pong, true, key, b"!"),
            frame(Opcode::Continuation, true, key, &"켓".as_bytes()[1..]),
        ];
        let (said, out) = hear(&mut session, &bytes.concat());
        let expected = [Said::Ping, Said::Pong(b"!".to_vec()), text("소켓")];
        assert_eq!(said, expected);
        assert_eq!(frames(role, &out), [(Opcode::Pong, b"there?".to_vec())]);
    }
}

/// Until the peer has said goodbye, too, it may ask (section 5.5.2).
#[test]
fn a_ping_while_closing() {
    for role in BOTH {
        let mut session = session(role, MAX);
        let mut out = Vec::new();
        session.close(1000, "", &mut out);
        let (said, out) = hear(&mut session, &to(role, Opcode::Ping, b"still?"));
        assert_eq!(said, [Said::Ping]);
        assert_eq!(frames(role, &out), [(Opcode::Pong, b"still?".to_vec())]);
        let (said, out) = hear(&mut session, &to(role, Opcode::Close, b""));
        assert_eq!((said, out), (vec![clean(1005, "")], vec![]));
        assert_eq!(
            hear(&mut session, &to(role, Opcode::Ping, b"")),
            (vec![], vec![])
        );
    }
}

/// A peer that does what it must not is told so, once.
#[test]
fn violations() {
    for role in BOTH {
        let wrong_key = match role {
            Role::Server => None,
            Role::Client => Some(KEY),
        };
        let wrongly_masked = match role {
            Role::Server => Violation::Unmasked,
            Role::Client => Violation::Masked,
        };
        let limit = 100;
        for (bytes, violation, code) in [
            (
                frame(Opcode::Text, true, wrong_key, b"x"),
                wrongly_masked,
                1002,
            ),
            (to(role, Opcode::Text, b"\xff"), Violation::NotUtf8, 1007),
            (
                to(role, Opcode::Binary, &[0; 101]),
                Violation::TooLong { limit },
                1009,
            ),
            (vec![0x83], Violation::ReservedOpcode(3), 1002),
            // Compressed, and nobody has agreed on that.
            (
                vec![0xc1, key_to(role).map_or(0, |_| 0x80)],
                Violation::ReservedBit,
                1002,
            ),
        ] {
            // Whether the reader of one more byte asks for more, or knows already: the same end.
            let bytes = [bytes, vec![0x80; 12]].concat();
            let mut one = session(role, limit);
            let failed = Said::Closed(Closed::Failed(violation));
            let (said, out) = hear(&mut one, &bytes);
            assert_eq!(said, std::slice::from_ref(&failed));
            assert_eq!(frames(role, &out), close_frame(code, ""));
            assert_mute(&mut one);

            // Who has said goodbye already does not do so again.
            let mut closing = session(role, limit);
            closing.close(1000, "", &mut Vec::new());
            assert_eq!(hear(&mut closing, &bytes), (vec![failed], vec![]));
            assert!(closing.is_over());
        }
    }
}

/// The limit is one for all frames of a message together.
#[test]
fn limits() {
    for role in BOTH {
        let key = key_to(role);
        let message = |first: usize, second: usize| {
            [
                frame(Opcode::Binary, false, key, &vec![1; first]),
                frame(Opcode::Continuation, true, key, &vec![1; second]),
            ]
            .concat()
        };
        let mut session = session(role, 1000);
        let whole = Said::Message(Kind::Binary, vec![1; 1000]);
        for bytes in [
            to(role, Opcode::Binary, &[1; 1000]),
            message(1000, 0),
            message(1, 999),
            message(0, 1000),
        ] {
            assert_eq!(hear(&mut session, &bytes).0, std::slice::from_ref(&whole));
        }
        let (said, out) = hear(&mut session, &message(600, 401));
        let violation = Violation::TooLong { limit: 1000 };
        assert_eq!(said, [Said::Closed(Closed::Failed(violation))]);
        assert_eq!(frames(role, &out), close_frame(1009, ""));
    }
}

/// Each frame of a client has a key of its own, and a server's have none.
#[test]
fn a_client_changes_its_key() {
    let (mut client, mut out) = (session(Role::Client, MAX), Vec::new());
    client.send(Kind::Text, b"same", &mut out);
    client.send(Kind::Text, b"same", &mut out);
    client.ping(b"same", &mut out);
    client.close(1000, "", &mut out);
    let mut keys = Vec::new();
    let mut bytes = &out[..];
    while let Some((header, start)) = Header::parse(bytes).unwrap() {
        keys.push(u32::from_be_bytes(header.key.unwrap()));
        bytes = &bytes[start + header.length as usize..];
    }
    assert_eq!(keys, [1, 2, 3, 4]);

    let mut keys: Vec<[u8; 4]> = (0..1000).map(|_| random()).collect();
    keys.sort_unstable();
    keys.dedup();
    // That two of a thousand are the same happens once in 8,600 times; that ten are, never.
    assert!(keys.len() > 990);
}

/// What one end says, the other one hears, however the bytes are cut.
#[test]
fn what_is_sent_is_heard() {
    let mut random = fastrand::Rng::with_seed(22);
    for round in 0..400 {
        let role = BOTH[round % 2];
        let (mut from, mut peer) = (session(role, MAX), session(other(role), MAX));
        let (mut bytes, mut expected) = (Vec::new(), Vec::new());
        for _ in 0..random.usize(1..8) {
            let length = match random.u8(..4) {
                0 => random.usize(..4),
                1 => random.usize(120..130),
                2 => random.usize(..2000),
                _ => random.usize(65_530..65_540),
            };
            match random.u8(..4) {
                0 => {
                    let payload: Vec<u8> = (0..length.min(125)).map(|_| random.u8(..)).collect();
                    from.ping(&payload, &mut bytes);
                    expected.push(Said::Ping);
                }
                1 => {
                    let letters: String =
                        (0..length / 3).map(|_| random.char('가'..='힣')).collect();
                    from.send(Kind::Text, letters.as_bytes(), &mut bytes);
                    expected.push(text(&letters));
                }
                _ => {
                    let payload: Vec<u8> = (0..length).map(|_| random.u8(..)).collect();
                    from.send(Kind::Binary, &payload, &mut bytes);
                    expected.push(Said::Message(Kind::Binary, payload));
                }
            }
        }
        from.close(3000, "end", &mut bytes);
        expected.push(clean(3000, "end"));

        let (mut said, mut unread, mut out) = (Vec::new(), Vec::new(), Vec::new());
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let most = [2, 20, 2000, 100_000][random.usize(..4)];
            let (piece, behind) = rest.split_at(random.usize(1..most).min(rest.len()));
            unread.extend_from_slice(piece);
            said.extend(hear_all(&mut peer, &mut unread, &mut out));
            assert!(peer.wants() <= MAX + ws_frames::MAX_HEADER);
            rest = behind;
        }
        assert_eq!(said, expected, "round {round}");
        assert!(unread.is_empty());
    }
}

/// A server may write a large message from where it is: it is the same on the wire.
#[test]
fn a_header_and_the_message_behind_it() {
    let mut server = session(Role::Server, MAX);
    for length in [0, 1, 125, 126, 65_535, 65_536] {
        for kind in [Kind::Text, Kind::Binary] {
            let message = vec![b'x'; length];
            let mut out = Vec::new();
            server.send(kind, &message, &mut out);
            let header = server.header(kind, length).unwrap();
            assert_eq!([&header[..], &message].concat(), out);
        }
    }
    assert!(session(Role::Client, MAX).header(Kind::Text, 5).is_none());
    let compresses = Session::server(MAX, Some(Box::new(Backwards)));
    assert!(compresses.header(Kind::Text, 5).is_none());
}

/// It compresses nothing, but one can see that it has been here.
struct Backwards;

impl Compression for Backwards {
    fn decompress(&mut self, payload: &[u8], max: usize) -> Result<Vec<u8>, Violation> {
        match payload {
            b"too long" => Err(Violation::TooLong { limit: max }),
            payload => Ok(payload.iter().rev().copied().collect()),
        }
    }

    fn compress(&mut self, message: &[u8]) -> Option<Vec<u8>> {
        (message.len() > 3).then(|| message.iter().rev().copied().collect())
    }
}

#[test]
fn compression_is_for_messages() {
    let compresses = || Some(Box::new(Backwards) as Box<dyn Compression>);
    let mut server = Session::server(MAX, compresses());
    let mut client = Session::client(MAX, counting(), compresses());
    let mut out = Vec::new();
    client.send(Kind::Text, b"hello", &mut out);
    client.send(Kind::Text, b"abc", &mut out);
    client.ping(b"hello", &mut out);
    client.close(1000, "hello", &mut out);
    let (said, _) = hear(&mut server, &out);
    let expected = [text("hello"), text("abc"), Said::Ping, clean(1000, "hello")];
    assert_eq!(said, expected);

    let mut server = Session::server(MAX, compresses());
    let mut out = Vec::new();
    server.send(Kind::Text, b"hello", &mut out);
    assert_eq!(out, b"\xc1\x05olleh");
    server.send(Kind::Text, b"abc", &mut out);
    assert_eq!(out[7..], *b"\x81\x03abc");

    for (payload, violation, code) in [
        (
            &b"too long"[..],
            Violation::TooLong { limit: MAX },
            1009_u16,
        ),
        (b"\xac\xec", Violation::NotUtf8, 1007),
    ] {
        let mut client = Session::client(MAX, counting(), compresses());
        let bytes = [&[0xc1, payload.len() as u8], payload].concat();
        let (said, out) = hear(&mut client, &bytes);
        assert_eq!(said, [Said::Closed(Closed::Failed(violation))]);
        assert_eq!(frames(Role::Client, &out), close_frame(code, ""));
    }
}

/// Nothing that a peer says makes it panic, and it always comes to an end.
#[test]
fn bytes_that_nobody_has_thought_of() {
    let mut random = fastrand::Rng::with_seed(6455);
    for round in 0..20_000 {
        let role = BOTH[round % 2];
        let mut session = session(role, 1000);
        let mut bytes: Vec<u8> = (0..random.usize(..60)).map(|_| random.u8(..)).collect();
        // Half of them begin well.
        if random.bool() {
            let opcode = [Opcode::Text, Opcode::Binary, Opcode::Ping, Opcode::Close];
            let good = frame(
                opcode[random.usize(..4)],
                random.bool(),
                key_to(role),
                &bytes[..bytes.len() / 2],
            );
            bytes.splice(..0, good);
        }
        if random.u8(..8) == 0 {
            session.close(1000, "", &mut Vec::new());
        }
        let (said, out) = hear(&mut session, &bytes);
        frames(role, &out);
        let is_closed = matches!(said.last(), Some(Said::Closed(_)));
        assert_eq!(session.is_over(), is_closed);
    }
}

/// A server has many of them.
#[test]
#[cfg(target_pointer_width = "64")]
fn a_session_is_small() {
    assert_eq!(size_of::<Session>(), 40);
}
