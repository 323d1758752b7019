//! What the book shows of this lesson: bytes as they travelled, and what the programs print.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};

use ws_deflate::{Deflate, OFFER, Window};
use ws_frames::{Kind, Role, explain};
use ws_session::Session;

use crate::programs::{ANY_PORT, Program, assert_help, assert_transcript, connect, without_ports};
use crate::{agreed, zeros};

const ECHO: &str = env!("CARGO_BIN_EXE_ws-echo");
const COST: &str = env!("CARGO_BIN_EXE_deflate-cost");

/// What arrives when a server that has agreed on `window` says `texts`, explained.
fn said(window: Window, texts: &[&str]) -> String {
    let mut agreed = agreed(15, true);
    agreed.server = window;
    let deflate = Box::new(Deflate::new(Role::Server, agreed));
    let mut server = Session::server(0, Some(deflate));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut stream = connect(listener.local_addr().unwrap());
    let mut peer = listener.accept().unwrap().0;
    let mut out = Vec::new();
    for text in texts {
        server.send(Kind::Text, text.as_bytes(), &mut out);
    }
    stream.write_all(&out).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut arrived = Vec::new();
    peer.read_to_end(&mut arrived).unwrap();
    assert_eq!(arrived, out);
    explain(&arrived, Some(Role::Server), true).to_string()
}

#[test]
fn the_same_message_two_times() {
    let text = r#"{"product":"BTC-KRW","price":"95000000","bid":"94990000","ask":"95010000"}"#;
    let with = |takeover| Window { bits: 15, takeover };
    let figure = said(with(true), &[text, text]);
    assert_transcript("frame-compressed.txt", &figure, str::to_string);
    let figure = said(with(false), &[text, text]);
    assert_transcript("frame-no-takeover.txt", &figure, str::to_string);
}

#[test]
fn the_handshake_and_a_bomb() {
    let arguments = ["--deflate", ANY_PORT];
    let mut server = Program::start(ECHO, &arguments);
    let address = server.address();
    let mut client = connect(address);
    let request = format!(
        "GET / HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Extensions: {OFFER}\r\n\r\n"
    );
    client.write_all(request.as_bytes()).unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let bomb = zeros(1 << 30);
    let header = ws_frames::Header {
        fin: true,
        rsv1: true,
        opcode: ws_frames::Opcode::Binary,
        key: Some([0; 4]),
        length: bomb.len() as u64,
    };
    client.write_all(&header.bytes()).unwrap();
    client.write_all(&bomb).unwrap();
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).unwrap();
    drop(client);
    let indented = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let lines = text.lines().filter(|line| !line.is_empty());
        lines.map(|line| format!("  {line}\n")).collect::<String>()
    };
    let session = format!(
        "$ cargo run -q --bin ws-echo -- --deflate\nlistening on {address}\n{}\n\n\
         the client asked:\n{}and the server answered:\n{}\
         then the client sent one message of {} bytes, 2^30 zeros,\nand the server answered:\n{}",
        server.line(),
        indented(request.as_bytes()),
        indented(&head),
        bomb.len(),
        explain(&answer, Some(Role::Server), true)
    );
    assert_transcript("bomb.txt", &session, without_ports);
}

#[test]
fn what_compression_saves_and_costs() {
    let run = Program::start(COST, &[]).finish();
    assert!(run.status.success(), "{}", run.errors);
    let text = String::from_utf8(run.output).unwrap();
    let session = format!("$ cargo run -q --release --bin deflate-cost\n{text}");
    assert_transcript("deflate-cost.txt", &session, without_times);
    assert_help(COST, "deflate-cost [ADDRESS]", "127.0.0.1:0");
}

/// Without microseconds, and without memory: bytes on the wire are certain.
fn without_times(session: &str) -> String {
    let masked = |word: &str| match word.parse::<f64>() {
        Ok(_) if word.contains('.') => "TIME".to_string(),
        _ => word.to_string(),
    };
    let line = |line: &str| match line.strip_suffix(" KiB") {
        Some(line) => line
            .trim_end_matches(|letter: char| !letter.is_alphabetic())
            .to_string(),
        None => line
            .split_whitespace()
            .map(masked)
            .collect::<Vec<_>>()
            .join(" "),
    };
    session.lines().map(|text| line(text) + "\n").collect()
}
