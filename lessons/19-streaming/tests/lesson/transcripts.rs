//! What the book shows of this lesson: streams of events, byte for byte as they travelled.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

use http::{Response, Status};
use polling::{Feed, publish};
use streaming::subscribe;

use crate::programs::{ANY_PORT, Program, assert_transcript, connect, without_ports};
use crate::server::Server;
use crate::serving;
use crate::wire::{hexdump, lines};

const SSE_COST: &str = env!("CARGO_BIN_EXE_sse-cost");

/// What `sse-server` does on its port, without its page.
fn start() -> (Server, Feed) {
    let feed = Feed::in_memory(100);
    let events = feed.clone();
    let server = serving(move |request, body, _| match request.path() {
        "/events" => subscribe(&events, request),
        "/say" => publish(&events, request, body),
        _ => Response::plain(Status::NOT_FOUND),
    });
    (server, feed)
}

/// A client that keeps what is shown of it.
struct Recorder {
    stream: TcpStream,
    transcript: String,
}

impl Recorder {
    /// Asks for the events behind `last`, and reads the head of the response and its first chunk: when to
    /// come back, and behind which event.
    fn open(address: SocketAddr, last: Option<u64>) -> Self {
        let mut request = "GET /events HTTP/1.1\r\nHost: 127.0.0.1:7119\r\n".to_string();
        if let Some(last) = last {
            request += &format!("Last-Event-ID: {last}\r\n");
        }
        request += "\r\n";
        let mut stream = connect(address);
        stream.write_all(request.as_bytes()).unwrap();
        let mut recorder = Self {
            stream,
            transcript: format!("the client sent:\n{}", lines(request.as_bytes())),
        };
        let head = recorder.read_to("\r\n\r\n");
        assert!(head.starts_with(b"HTTP/1.1 200 OK\r\n"));
        recorder.transcript += &format!("\nand got at once:\n{}", lines(&head));
        let chunk = recorder.chunk();
        recorder.transcript += &lines(&chunk);
        recorder
    }

    /// All bytes up to `end`.
    fn read_to(&mut self, end: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        while !bytes.ends_with(end.as_bytes()) {
            let mut byte = [0];
            self.stream.read_exact(&mut byte).unwrap();
            bytes.push(byte[0]);
        }
        bytes
    }

    /// The next chunk as it travelled: its size in hexadecimal digits, the data, CR LF.
    fn chunk(&mut self) -> Vec<u8> {
        let mut bytes = self.read_to("\r\n");
        let digits = str::from_utf8(&bytes).unwrap().trim_end();
        let size = usize::from_str_radix(digits, 16).unwrap();
        let mut rest = vec![0; size + 2];
        self.stream.read_exact(&mut rest).unwrap();
        bytes.extend(rest);
        bytes
    }

    /// The next chunk is this one; the transcript says `when` it came.
    #[track_caller]
    fn gets(&mut self, when: &str, chunk: &str) {
        let bytes = self.chunk();
        assert_eq!(String::from_utf8_lossy(&bytes), chunk);
        self.transcript += &format!("\n{when}:\n{}", lines(&bytes));
    }
}

/// Says `text` on a connection of its own, and returns the body of the answer.
fn say(address: SocketAddr, text: &str) -> String {
    let mut stream = connect(address);
    let length = text.len();
    let head = format!(
        "POST /say HTTP/1.1\r\nHost: 127.0.0.1:7119\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    body.to_string()
}

/// Today.
fn masked(text: &str) -> String {
    let mut masked = String::new();
    for line in without_ports(text).lines() {
        masked += match line.starts_with("  Date: ") {
            true => "  Date:",
            false => line,
        };
        masked += "\n";
    }
    masked
}

#[test]
fn one_response_byte_for_byte() {
    let (server, feed) = start();
    let mut client = Recorder::open(server.address, None);
    assert_eq!(say(server.address, "Hello. 안녕하세요."), "{\"id\":1}");
    let chunk = "25\r\nid: 1\ndata: Hello. 안녕하세요.\n\n\r\n";
    client.gets("then, when somebody said a line", chunk);
    client.transcript += &format!("\nwhich is:\n{}", hexdump(chunk.as_bytes()));
    assert_eq!(say(server.address, "one\r\ntwo"), "{\"id\":2}");
    let chunk = "1b\r\nid: 2\ndata: one\ndata: two\n\n\r\n";
    client.gets("then, when somebody said two lines at once", chunk);
    feed.close();
    client.gets("then, when the server stopped", "0\r\n\r\n");
    drop(client.stream);
    assert_eq!(server.stop(), 0);
    assert_transcript("sse-bytes.txt", &client.transcript, masked);
}

#[test]
fn a_client_that_comes_back() {
    let (server, feed) = start();
    let mut client = Recorder::open(server.address, None);
    say(server.address, "one");
    let chunk = "11\r\nid: 1\ndata: one\n\n\r\n";
    client.gets("then, when somebody said one", chunk);
    let mut transcript = client.transcript;
    drop(client.stream);

    transcript += "\nthe connection is gone, and somebody says two and three\n\n";
    assert_eq!(say(server.address, "two"), "{\"id\":2}");
    assert_eq!(say(server.address, "three"), "{\"id\":3}");
    let mut client = Recorder::open(server.address, Some(1));
    let chunk = "24\r\nid: 2\ndata: two\n\nid: 3\ndata: three\n\n\r\n";
    client.gets("and, without anybody saying anything", chunk);
    transcript += &client.transcript;
    drop(client.stream);
    feed.close();
    assert_eq!(server.stop(), 0);
    assert_transcript("resumed.txt", &transcript, masked);
}

#[test]
fn two_connections_to_one_port() {
    let (server, feed) = start();
    let post = |text: &str| {
        let length = text.len();
        format!("POST /say HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{text}")
    };
    let mut stream = Recorder::open(server.address, None);
    stream.stream.write_all(post("first").as_bytes()).unwrap();
    let mut other = connect(server.address);
    other.write_all(post("second").as_bytes()).unwrap();
    other.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    other.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("\r\n\r\n{\"id\":1}"), "{answer}");

    let to = server.address;
    let from = |stream: &TcpStream| stream.local_addr().unwrap();
    let (first, second) = (from(&stream.stream), from(&other));
    stream.transcript = format!(
        "the stream, from {first} to {to}:\n  GET /events\n  POST /say: first\n\n\
         another connection, from {second} to {to}:\n  POST /say: second\n  the answer: {{\"id\":1}}\n"
    );
    let chunk = "14\r\nid: 1\ndata: second\n\n\r\n";
    stream.gets("the stream then got", chunk);
    feed.close();
    stream.gets("and, when the server ended the response", "0\r\n\r\n");
    stream.read_to("\r\n\r\n");
    let body = stream.read_to("}");
    assert_eq!(body, b"{\"id\":2}");
    stream.transcript += &format!("\nand only then the answer to its POST:\n{}", lines(&body));
    drop(stream.stream);
    drop(other);
    assert_eq!(server.stop(), 0);
    assert_transcript("same-port.txt", &stream.transcript, masked);
}

#[test]
fn what_an_event_costs() {
    let mut cost = Program::start(SSE_COST, &[ANY_PORT]);
    let mut transcript = "$ cargo run -q --bin sse-cost\n".to_string();
    for _ in 0..6 {
        transcript += &format!("{}\n", cost.line());
    }
    let ended = cost.finish();
    assert!(ended.status.success(), "{}", ended.errors);
    assert_eq!(String::from_utf8_lossy(&ended.output), "");
    assert_transcript("sse-cost.txt", &transcript, |text| {
        // Bytes are certain, each event waits for the one before; latencies are not.
        let without_latency = |line: &str| match line.rsplit_once(" B ") {
            Some((bytes, _)) => format!("{bytes}\n"),
            None => format!("{line}\n"),
        };
        text.lines().map(without_latency).collect()
    });
}
