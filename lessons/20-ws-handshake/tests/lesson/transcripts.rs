//! What the program says, and what it does to pages that are ours and that are not.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::programs::{
    ANY_PORT, Program, assert_help, assert_port_in_use, assert_transcript, connect, without_ports,
};
use crate::{KEY, request};

const PROGRAM: &str = env!("CARGO_BIN_EXE_ws-handshake");

/// What a browser sends along for every page that asks.
const COOKIE: &str = "Cookie: name=ana";

struct Server {
    program: Program,
    chat: SocketAddr,
    elsewhere: String,
    transcript: String,
}

impl Server {
    fn start() -> Self {
        let mut program = Program::start(PROGRAM, &[ANY_PORT]);
        let chat = program.address();
        let line = program.line();
        let elsewhere = line.strip_prefix("somebody else's page: ").unwrap();
        Self {
            program,
            chat,
            elsewhere: elsewhere.trim_end_matches('/').to_string(),
            transcript: format!("$ cargo run -q --bin ws-handshake\nlistening on {chat}\n{line}\n"),
        }
    }

    /// Asks for a WebSocket as a browser does for the page at `origin`.
    fn ask(&mut self, target: &str, origin: &str) -> TcpStream {
        let chat = self.chat;
        let head = format!(
            "GET {target} HTTP/1.1\r\nHost: {chat}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Origin: {origin}\r\nSec-WebSocket-Version: 13\r\n{COOKIE}\r\nSec-WebSocket-Key: {KEY}\r\n\r\n"
        );
        let mut stream = connect(chat);
        stream.write_all(head.as_bytes()).unwrap();
        loop {
            let line = self.program.line();
            self.transcript += &format!("{line}\n");
            if line.is_empty() {
                return stream;
            }
        }
    }

    /// The program ends, and has cut off nobody.
    #[cfg(unix)]
    fn end(self) -> String {
        let ended = self.program.interrupt();
        assert!(ended.status.success(), "{}", ended.errors);
        let output = String::from_utf8(ended.output).unwrap();
        assert!(
            output.ends_with("stopped; 0 conversations were cut off\n"),
            "{output}"
        );
        self.transcript
    }

    fn fetch(&self, address: &str, request: &str) -> String {
        let mut stream = connect(address.trim_start_matches("http://").parse().unwrap());
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Says something, as the page at `origin` would. Returns the status.
    fn say(&self, origin: &str, cookie: &str, text: &str) -> String {
        let chat = self.chat;
        let request = format!(
            "POST /say HTTP/1.1\r\nHost: {chat}\r\nOrigin: {origin}\r\n{cookie}Connection: close\r\n\
             Content-Length: {}\r\n\r\n{text}",
            text.len()
        );
        self.fetch(&chat.to_string(), &request)[9..12].to_string()
    }
}

/// Reads up to the end of the head.
fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.extend_from_slice(&byte);
    }
    String::from_utf8(head).unwrap()
}

/// The next frame: a text, or `None` for goodbye.
fn frame(stream: &mut TcpStream) -> Option<String> {
    let mut header = [0; 2];
    stream.read_exact(&mut header).unwrap();
    let mut text = vec![0; usize::from(header[1])];
    stream.read_exact(&mut text).unwrap();
    match header[0] {
        0x81 => Some(String::from_utf8(text).unwrap()),
        0x88 => None,
        other => panic!("a frame of the kind {other:#x}"),
    }
}

#[test]
fn the_program_explains_itself() {
    assert_help(PROGRAM, "ws-handshake [ADDRESS]", "127.0.0.1:7020");
    let help = Program::start(PROGRAM, &["--help"]).finish();
    let help = String::from_utf8(help.output).unwrap();
    assert!(help.lines().all(|line| line.chars().count() <= 80));
    let server = Server::start();
    assert_port_in_use(PROGRAM, server.chat);
}

/// Our page, then one of somebody else: with the check and without.
#[test]
#[cfg(unix)]
fn a_hijacking() {
    let mut server = Server::start();
    let (ours, theirs) = (format!("http://{}", server.chat), server.elsewhere.clone());
    let mut page = server.ask("/checked", &ours);
    let mut refused = server.ask("/checked", &theirs);
    let mut hijacker = server.ask("/unchecked", &theirs);
    assert!(head(&mut page).starts_with("HTTP/1.1 101 "));
    assert!(head(&mut hijacker).starts_with("HTTP/1.1 101 "));
    assert!(head(&mut refused).starts_with("HTTP/1.1 403 "));
    for one in [&mut page, &mut hijacker] {
        assert_eq!(frame(one).as_deref(), Some("you are ana"));
    }
    assert_eq!(
        server.say(&ours, &format!("{COOKIE}\r\n"), "the door code is 4711"),
        "204"
    );
    for one in [&mut page, &mut hijacker] {
        assert_eq!(frame(one).as_deref(), Some("ana: the door code is 4711"));
    }
    // One leaves, as browsers do it, with a masked close frame; the other one is told goodbye.
    page.write_all(b"\x88\x82\x37\xfa\x21\x3d\x34\x13").unwrap();
    assert_eq!(frame(&mut page), None);
    assert_eq!(page.read(&mut [0]).unwrap(), 0);
    drop((page, refused));
    let goodbye = std::thread::spawn(move || frame(&mut hijacker));
    let (chat, elsewhere) = (server.chat, server.elsewhere.clone());
    let transcript = server.end();
    assert_eq!(goodbye.join().unwrap(), None);
    let transcript = transcript
        .replace(&chat.to_string(), "127.0.0.1:7020")
        .replace(&elsewhere["http://".len()..], "127.0.0.1:40217");
    assert_transcript("hijacking.txt", transcript.trim_end(), without_ports);
}

/// Only our page, only with the cookie, and only what fits into a short frame.
#[test]
#[cfg(unix)]
fn who_may_speak() {
    let server = Server::start();
    let (ours, theirs) = (format!("http://{}", server.chat), server.elsewhere.clone());
    let cookie = "Cookie: a=b; name=ana\r\n";
    for (origin, cookie, text, status) in [
        (&ours, cookie, "hello", "204"),
        (&theirs, cookie, "hello", "403"),
        (&ours, "", "hello", "403"),
        (&ours, "Cookie: a=b\r\n", "hello", "403"),
        (&ours, cookie, &"x".repeat(120), "204"),
        (&ours, cookie, &"x".repeat(121), "413"),
    ] {
        assert_eq!(
            server.say(origin, cookie, text),
            status,
            "{origin} {cookie}"
        );
    }
    let mut stream = connect(server.chat);
    stream
        .write_all(&request("Host", &[&format!("Host: {}", server.chat)]))
        .unwrap();
    drop(stream);
    for (address, target, status) in [
        (server.chat.to_string(), "/", "200"),
        (server.chat.to_string(), "/checked", "426"),
        (server.chat.to_string(), "/nothing", "404"),
        (server.chat.to_string(), "/say", "405"),
        (theirs.clone(), "/", "200"),
        (theirs, "/checked", "404"),
    ] {
        let request = format!(
            "GET {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            server.chat
        );
        let answer = server.fetch(&address, &request);
        assert_eq!(&answer[9..12], status, "{target}");
        let sets_cookie = answer.contains("Set-Cookie: name=ana; HttpOnly; SameSite=Strict\r\n");
        assert_eq!(
            sets_cookie,
            target == "/" && address == server.chat.to_string()
        );
    }
    server.end();
}
