//! Frames of every kind, as they travelled from one end to the other: the figures of the book.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};

use ws_frames::{Opcode, Role, explain};

use crate::programs::{assert_transcript, connect};
use crate::{CLIENT, KEY, SERVER, Said, binary, frame, text};

/// Frames that one side sends.
type Frames<'p> = &'p [(bool, Opcode, &'p [u8])];

/// Sends `frames` over a connection, and returns the bytes that arrive. The other end must hear `said`.
fn send(from: Role, frames: Frames, said: &[Said]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut stream = connect(listener.local_addr().unwrap());
    let mut peer = listener.accept().unwrap().0;
    let (key, end) = match from {
        Role::Client => (Some(KEY), SERVER),
        Role::Server => (None, CLIENT),
    };
    let sender = std::thread::spawn({
        let bytes: Vec<u8> = frames
            .iter()
            .flat_map(|(fin, opcode, payload)| frame(*fin, *opcode, key, payload))
            .collect();
        move || {
            stream.write_all(&bytes).unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
        }
    });
    let mut arrived = Vec::new();
    peer.read_to_end(&mut arrived).unwrap();
    sender.join().unwrap();
    assert_eq!(end.hear([&*arrived]).said, said);
    explain(&arrived, Some(from), false).to_string()
}

#[test]
fn a_text() {
    let frames: Frames = &[(true, Opcode::Text, b"Hello")];
    let said = [text("Hello")];
    let figure = send(Role::Client, frames, &said) + &send(Role::Server, frames, &said);
    assert_transcript("frame-text.txt", &figure, str::to_string);
}

#[test]
fn lengths() {
    let two: Vec<u8> = (0..=255).collect();
    let eight = vec![0; 65_536];
    let figure = send(
        Role::Server,
        &[(true, Opcode::Binary, &two)],
        &[binary(&two)],
    ) + &send(
        Role::Client,
        &[(true, Opcode::Binary, &eight)],
        &[binary(&eight)],
    );
    assert_transcript("frame-lengths.txt", &figure, str::to_string);
}

/// A ping between the two bytes and the one byte of a Korean letter.
#[test]
fn fragments() {
    let (first, second) = "안녕".as_bytes().split_at(5);
    let frames: Frames = &[
        (false, Opcode::Text, first),
        (true, Opcode::Ping, b""),
        (true, Opcode::Continuation, second),
    ];
    let said = [Said::Ping(vec![]), text("안녕")];
    let figure = send(Role::Server, frames, &said);
    assert_transcript("frame-fragments.txt", &figure, str::to_string);
}

#[test]
fn a_ping_and_its_pong() {
    let figure = send(
        Role::Server,
        &[(true, Opcode::Ping, b"42")],
        &[Said::Ping(b"42".to_vec())],
    ) + &send(
        Role::Client,
        &[(true, Opcode::Pong, b"42")],
        &[Said::Pong(b"42".to_vec())],
    );
    assert_transcript("frame-ping.txt", &figure, str::to_string);
}

#[test]
fn a_close() {
    let said = |reason: &str| [Said::Close(Some((1000, reason.to_string())))];
    let figure = send(
        Role::Client,
        &[(true, Opcode::Close, b"\x03\xe8bye")],
        &said("bye"),
    ) + &send(
        Role::Server,
        &[(true, Opcode::Close, b"\x03\xe8")],
        &said(""),
    );
    assert_transcript("frame-close.txt", &figure, str::to_string);
}
