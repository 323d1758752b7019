//! Whole conversations.

use tungstenite::{Error, Message};
use ws_deflate::Deflate;
use ws_frames::{Header, Kind, Opcode, Role};
use ws_session::{Closed, Heard, Session};

use super::deflate::agreed;
use super::frames::{self, End, MAX_MESSAGE, Said, judged, read, tungstenite};
use crate::input::{Mutation, cuts};
use crate::{Checked, Target};

/// A server that sends back every message.
pub const ECHO: Target = Target {
    name: "echo",
    what: "a client's frames, answered by a session that echoes",
    mutation: frames::mutation,
    check: check_echo,
    usual: &["taken", "closed", "refused"],
};

/// The same, and both may compress.
pub const COMPRESSED: Target = Target {
    name: "compressed",
    what: "a client's frames, some of them compressed, answered by a session that echoes",
    mutation: compressed,
    check: check_compressed,
    usual: &["taken", "closed", "refused"],
};

/// A client and a server.
pub const TALK: Target = Target {
    name: "talk",
    what: "what two sessions say to each other, compressed and cut anywhere",
    mutation: talks,
    check: check_talk,
    usual: &["both are there", "both are gone"],
};

/// What an echo server answers, and how the conversation ended if it did.
fn echo<'a>(
    mut session: Session,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<u8>, Option<Closed>) {
    let (mut buffer, mut out, mut closed) = (Vec::new(), Vec::new(), None);
    for piece in pieces {
        buffer.extend_from_slice(piece);
        let mut bytes = &mut buffer[..];
        loop {
            let (heard, rest) = session.next_event(bytes, &mut out);
            bytes = rest;
            match heard {
                Some(Heard::Message(kind, message)) => session.send(kind, &message, &mut out),
                Some(Heard::Ping | Heard::Pong(_)) => {}
                Some(Heard::Closed(how)) => closed = Some(how),
                None => break,
            }
        }
        let left = bytes.len();
        buffer.drain(..buffer.len() - left);
        if session.is_over() {
            break;
        }
    }
    let before = out.len();
    if session.is_over() {
        session.send(Kind::Text, b"too late", &mut out);
        session.ping(b"too late", &mut out);
        session.close(1000, "too late", &mut out);
    }
    assert_eq!(out.len(), before, "something is said after the end");
    (out, closed)
}

/// What a server with tungstenite answers, and whether it ended with an error.
fn their_echo(bytes: &[u8]) -> (Vec<u8>, Option<String>) {
    let mut socket = tungstenite(Role::Server, bytes);
    let mut ended = None;
    while ended.is_none() {
        let done = match socket.read() {
            Ok(message @ (Message::Text(_) | Message::Binary(_))) => socket.send(message),
            Ok(_) => socket.flush(),
            Err(error) => Err(error),
        };
        match done {
            Ok(()) => {}
            Err(Error::Io(_) | Error::ConnectionClosed) => break,
            Err(error) => ended = Some(error.to_string()),
        }
    }
    (socket.get_ref().output.clone(), ended)
}

fn check_echo(bytes: &[u8]) -> Checked {
    let session = || Session::server(MAX_MESSAGE, None);
    let (out, closed) = echo(session(), [bytes]);
    let in_pieces = echo(session(), cuts(bytes));
    if in_pieces != (out.clone(), closed.clone()) {
        return Err(format!(
            "in pieces it ends with {:?}, at once with {closed:?}",
            in_pieces.1
        ));
    }
    let (mut ours, our_end) = read(Role::Client, [&out[..]]);
    let (theirs, error) = their_echo(bytes);
    let (theirs, _) = read(Role::Client, [&theirs[..]]);
    let end = match closed {
        None => End::Waits,
        Some(Closed::Clean(..)) => End::Closed,
        Some(Closed::Failed(violation)) => End::Refused(violation),
    };
    match (&end, &our_end) {
        (End::Waits, End::Waits) | (End::Closed, End::Closed) => {}
        // It says why, and tungstenite says nothing.
        (End::Refused(violation), End::Closed) => {
            let said = ours.pop();
            if said != Some(Said::Close(violation.code())) {
                return Err(format!("after {violation:?} it says {said:?}"));
            }
        }
        _ => {
            return Err(format!(
                "it ends with {end:?}, and what it says with {our_end:?}"
            ));
        }
    }
    judged(&ours, &end, &theirs, error.as_deref())
}

/// Inputs: what is agreed, and then frames.
fn compressed() -> Mutation {
    let Mutation {
        corpus, mut pieces, ..
    } = frames::mutation();
    let texts = [
        "안녕하세요 ".repeat(8),
        "0".repeat(500),
        "0".repeat(MAX_MESSAGE),
    ];
    let mut inputs = Vec::new();
    for choice in [0x00, 0x80, 0x06, 0x86] {
        let mut client = Session::client(MAX_MESSAGE, || [0; 4], compression(choice, Role::Client));
        for (text, other) in texts.iter().zip(&corpus) {
            let mut input = vec![choice];
            client.send(Kind::Text, text.as_bytes(), &mut input);
            // In two frames: RSV1 on the first, FIN on the second.
            let mut whole = Vec::new();
            client.send(Kind::Binary, text.as_bytes(), &mut whole);
            if let Some((head, payload)) = whole.split_at_checked(6)
                && let Ok(length) = u8::try_from(payload.len() - 1)
            {
                input.extend([head[0] & 0x7f, 0x81, 0, 0, 0, 0, payload[0]]);
                input.extend([0x80, 0x80 | length, 0, 0, 0, 0]);
                input.extend(&payload[1..]);
            }
            client.send(Kind::Text, text.as_bytes(), &mut input);
            input.extend(other);
            inputs.push(input.clone());
            input.extend([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]);
            inputs.push(input);
        }
    }
    pieces.extend(
        [0x40, 0x41, 0xc0, 0xc1, 0xc2, 0xc8, 0xc9].map(|first| vec![first, 0x81, 0, 0, 0, 0, 0]),
    );
    Mutation {
        corpus: inputs,
        pieces,
        joins: false,
    }
}

fn compression(choice: u8, role: Role) -> Option<Box<dyn ws_session::Compression>> {
    Some(Box::new(Deflate::new(role, agreed(choice))))
}

/// Whether a continuation has RSV1, which nothing can allow (RFC 7692, section 6).
fn marks_a_continuation(mut frames: &[u8]) -> bool {
    while let Ok(Some((header, start))) = Header::parse(frames) {
        match header.opcode {
            Opcode::Continuation if header.rsv1 => return true,
            Opcode::Close => return false,
            _ => {}
        }
        let end = start.saturating_add(header.length as usize);
        match frames.get(end..) {
            Some(behind) => frames = behind,
            None => return false,
        }
    }
    false
}

/// tungstenite knows no compression: so a client of ours must understand all that is said.
fn check_compressed(bytes: &[u8]) -> Checked {
    let Some((&choice, frames)) = bytes.split_first() else {
        return Ok("taken");
    };
    let session = || Session::server(MAX_MESSAGE, compression(choice, Role::Server));
    let (mut out, closed) = echo(session(), [frames]);
    let in_pieces = echo(session(), cuts(frames));
    if in_pieces != (out.clone(), closed.clone()) {
        return Err(format!(
            "in pieces it ends with {:?}, at once with {closed:?}",
            in_pieces.1
        ));
    }
    if marks_a_continuation(frames) && !matches!(closed, Some(Closed::Failed(_))) {
        return Err(format!(
            "a continuation has RSV1, and it ends with {closed:?}"
        ));
    }
    // What cannot become shorter becomes longer.
    let mut client = Session::client(
        2 * MAX_MESSAGE,
        || [0; 4],
        compression(choice, Role::Client),
    );
    let (mut rest, mut answer) = (&mut out[..], Vec::new());
    let heard = loop {
        match client.next_event(rest, &mut answer) {
            (Some(Heard::Closed(how)), _) => break Some(how),
            (Some(_), behind) => rest = behind,
            (None, _) => break None,
        }
    };
    match (closed, heard) {
        (None, None) => Ok("taken"),
        (Some(Closed::Clean(..)), Some(Closed::Clean(..))) => Ok("closed"),
        (Some(Closed::Failed(violation)), Some(Closed::Clean(code, _)))
            if code == violation.code() =>
        {
            Ok("refused")
        }
        (closed, heard) => Err(format!(
            "a server ends with {closed:?}, its client with {heard:?}"
        )),
    }
}

/// Inputs: what is agreed, and then steps of two bytes.
fn talks() -> Mutation {
    let corpus = [
        &[0x06, 0x00, 200, 0x11, 50, 0x02, 0, 0x13, 3][..],
        &[0x80, 0x00, 255, 0x10, 255, 0x00, 255, 0x10, 255, 0x40, 0],
        &[0x86, 0x01, 100, 0x12, 9, 0x50, 0, 0x00, 4],
        &[0x83, 0x40, 0, 0x50, 0, 0x01, 1],
        &[0x00, 0x01, 8, 0x01, 9, 0x11, 90, 0x60, 0, 0x11, 91, 0x60, 0],
    ];
    let pieces = [
        &[0x00, 60][..],
        &[0x10, 100],
        &[0x01, 255],
        &[0x11, 0],
        &[0x02, 7],
        &[0x12, 7],
        &[0x40, 1],
        &[0x50, 1],
        &[0x60, 0],
    ];
    Mutation {
        corpus: corpus.map(<[u8]>::to_vec).to_vec(),
        pieces: pieces.map(<[u8]>::to_vec).to_vec(),
        joins: true,
    }
}

/// Bytes that a message of a talk may have: far more than the longest of its steps, since what cannot become
/// shorter becomes longer.
const MAX_TALK: usize = 16 * 1024;

/// One end, and what it has said and heard.
struct Side {
    session: Session,
    out: Vec<u8>,
    unread: Vec<u8>,
    said: Vec<(Kind, Vec<u8>)>,
    heard: Vec<(Kind, Vec<u8>)>,
    closed: Option<Closed>,
}

impl Side {
    fn new(session: Session) -> Self {
        Self {
            session,
            out: Vec::new(),
            unread: Vec::new(),
            said: Vec::new(),
            heard: Vec::new(),
            closed: None,
        }
    }

    fn say(&mut self, kind: Kind, message: Vec<u8>) {
        if self.session.is_open() {
            self.session.send(kind, &message, &mut self.out);
            self.said.push((kind, message));
        }
    }

    /// Takes what the other has said.
    fn hear(&mut self, bytes: &[u8]) {
        for piece in cuts(bytes) {
            self.unread.extend_from_slice(piece);
            let mut bytes = &mut self.unread[..];
            loop {
                let (heard, rest) = self.session.next_event(bytes, &mut self.out);
                bytes = rest;
                match heard {
                    Some(Heard::Message(kind, message)) => {
                        self.heard.push((kind, message.to_vec()))
                    }
                    Some(Heard::Ping | Heard::Pong(_)) => {}
                    Some(Heard::Closed(how)) => self.closed = Some(how),
                    None => break,
                }
            }
            let left = bytes.len();
            self.unread.drain(..self.unread.len() - left);
        }
    }
}

fn check_talk(bytes: &[u8]) -> Checked {
    let Some((choice, steps)) = bytes.split_first() else {
        return Ok("both are there");
    };
    // Half of the talks are not compressed.
    let compression = |role| match choice & 0x40 {
        0 => compression(*choice, role),
        _ => None,
    };
    let mut key = 0_u32;
    let keys = move || {
        key = key.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        key.to_be_bytes()
    };
    let client = Session::client(MAX_TALK, keys, compression(Role::Client));
    let server = Session::server(MAX_TALK, compression(Role::Server));
    let mut sides = [Side::new(client), Side::new(server)];
    for step in steps.chunks_exact(2) {
        let (what, size) = (step[0], usize::from(step[1]));
        let side = &mut sides[usize::from(what >> 4 & 1)];
        match (what >> 5, what & 0x0f) {
            (2, _) => side
                .session
                .close(1000 + u16::from(what & 3), "enough", &mut side.out),
            (3, _) => deliver(&mut sides),
            (_, 2) => side.session.ping(&vec![what; size], &mut side.out),
            // Something that becomes shorter, with something in it that does not.
            (_, 1) => {
                let message = (0..size * size / 32).map(|at| (at % 251 * at / 7) as u8);
                side.say(Kind::Binary, message.collect());
            }
            _ => {
                let letters = (0..size * size / 32).map(|at| b'a' + (at % (3 + size % 20)) as u8);
                side.say(Kind::Text, letters.collect());
            }
        }
    }
    while sides.iter().any(|side| !side.out.is_empty()) {
        deliver(&mut sides);
    }
    let [client, server] = &sides;
    for (from, to) in [(client, server), (server, client)] {
        if from.said != to.heard {
            let (said, heard) = (from.said.len(), to.heard.len());
            return Err(format!("of {said} messages {heard} have come, or others"));
        }
    }
    let over = (client.session.is_over(), server.session.is_over());
    match (over, &client.closed, &server.closed) {
        ((false, false), None, None) => Ok("both are there"),
        ((true, true), Some(Closed::Clean(..)), Some(Closed::Clean(..))) => Ok("both are gone"),
        (over, client, server) => Err(format!("they are over: {over:?}; {client:?}, {server:?}")),
    }
}

/// What both have said until now comes to the other.
fn deliver(sides: &mut [Side; 2]) {
    let [client, server] = sides;
    let (from_client, from_server) = (
        std::mem::take(&mut client.out),
        std::mem::take(&mut server.out),
    );
    server.hear(&from_client);
    client.hear(&from_server);
}
