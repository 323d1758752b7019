//! What the book shows of this lesson: bytes as they travelled, and what the programs print.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr};

use crate::programs::{ANY_PORT, Program, assert_transcript, connect, without_ports};
use crate::wire::{hexdump, lines};

const SERVER: &str = env!("CARGO_BIN_EXE_http-server");
const TWO_READINGS: &str = env!("CARGO_BIN_EXE_two-readings");

/// The shortest that a client can say.
const HELLO: &[u8] = b"GET /page/hello.txt HTTP/1.1\r\nHost: 127.0.0.1:7017\r\n\r\n";

/// Three requests in one piece: a HEAD, a GET for nothing, and a GET that says that it is the last.
const THREE: &[u8] = b"HEAD /page/hello.txt HTTP/1.1\r\nHost: 127.0.0.1:7017\r\n\r\n\
    GET /nowhere HTTP/1.1\r\nHost: 127.0.0.1:7017\r\n\r\n\
    GET /page/hello.txt HTTP/1.1\r\nHost: 127.0.0.1:7017\r\nConnection: close\r\n\r\n";

/// Heads that are refused.
const REFUSED: [&str; 9] = [
    "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "GET / HTTP/1.1\nHost: a\n\n",
    "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1073741824\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
];

/// The server, in the folder of this lesson.
struct Session {
    server: Program,
    transcript: String,
}

impl Session {
    fn start() -> Self {
        Self {
            server: Program::start(SERVER, &[ANY_PORT]),
            transcript: "$ cargo run -q --bin http-server\n".to_string(),
        }
    }

    /// All that the server says to `bytes`, on a connection of their own. When nothing in them makes
    /// the server end it, the client `ends` its side.
    fn ask(&mut self, address: SocketAddr, bytes: &[u8], ends: bool) -> Vec<u8> {
        let mut stream = connect(address);
        stream.write_all(bytes).unwrap();
        if ends {
            stream.shutdown(Shutdown::Write).unwrap();
        }
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        drop(stream); // The server waits for our end.
        self.transcript += &format!("{}\n", self.server.line());
        answer
    }

    fn address(&mut self) -> SocketAddr {
        let address = self.server.address();
        self.transcript += &format!("listening on {address}\n");
        address
    }
}

/// Today, and when this folder was checked out.
fn masked(text: &str) -> String {
    let mut masked = String::new();
    for line in without_ports(text).lines() {
        let field = ["  Date: ", "  Last-Modified: ", "  ETag: "]
            .into_iter()
            .find(|field| line.starts_with(field));
        masked += field.unwrap_or(line);
        masked += "\n";
    }
    masked
}

#[test]
fn one_request() {
    let mut session = Session::start();
    let address = session.address();
    let answer = session.ask(address, HELLO, true);
    assert!(answer.ends_with("\r\n\r\nHello. 안녕하세요.\n".as_bytes()));
    let transcript = format!(
        "{}\nthe client sent {} bytes, and ended its side:\n{}\nand got {} bytes:\n{}",
        session.transcript,
        HELLO.len(),
        hexdump(HELLO),
        answer.len(),
        lines(&answer),
    );
    assert_transcript("one-request.txt", &transcript, |text| {
        // The name of a version of a file may be longer or shorter.
        masked(text)
            .lines()
            .filter(|line| !line.starts_with("and got "))
            .map(|line| format!("{line}\n"))
            .collect()
    });
}

#[test]
fn three_requests_on_one_connection() {
    let mut session = Session::start();
    let address = session.address();
    let answer = session.ask(address, THREE, false);
    let transcript = format!(
        "{}\nthe client sent, in one piece:\n{}\nand got:\n{}",
        session.transcript,
        lines(THREE),
        lines(&answer),
    );
    assert_transcript("three-requests.txt", &transcript, masked);
}

#[test]
fn requests_that_are_refused() {
    let mut session = Session::start();
    let address = session.address();
    let mut table = String::new();
    for request in REFUSED {
        let answer = session.ask(address, request.as_bytes(), false);
        let answer = String::from_utf8(answer).unwrap();
        let (_, sentence) = answer.split_once("\r\n\r\n").unwrap();
        table += &format!("{}\n    {sentence}", request.escape_debug());
    }
    assert_transcript("refused.txt", &table, masked);
}

#[test]
fn two_readings() {
    let run = Program::start(TWO_READINGS, &[]).finish();
    assert!(run.status.success(), "{}", run.errors);
    let output = String::from_utf8(run.output).unwrap();
    let transcript = format!("$ cargo run -q --bin two-readings\n{output}");
    assert_transcript("two-readings.txt", &transcript, masked);

    let help = Program::start(TWO_READINGS, &["--help"]).finish();
    let help = String::from_utf8(help.output).unwrap();
    assert!(help.starts_with("Usage: two-readings\n"), "{help}");
}
