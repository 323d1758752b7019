//! `ws-echo` with each engine, as a student runs it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use ws_deflate::{OFFER, confirm};
use ws_frames::{Header, Kind, Opcode};
use ws_handshake::{Opened, Opening};
use ws_session::{Closed, Heard, Session};

use crate::programs::{
    ANY_PORT, Program, assert_help, assert_nobody_listens, assert_port_in_use, connect,
};
use crate::zeros;

const ECHO: &str = env!("CARGO_BIN_EXE_ws-echo");
const CONFORMANCE: &str = env!("CARGO_BIN_EXE_ws-conformance");
const ENGINES: [&str; 3] = ["threads", "mio", "tokio"];

/// A client, from any page that it likes.
struct Client {
    stream: TcpStream,
    session: Session,
    buffer: Vec<u8>,
}

/// What a client has heard.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Message(Kind, Vec<u8>),
    Clean(u16),
    End,
}

fn open(address: SocketAddr, offer: Option<&str>) -> (TcpStream, Opened) {
    let stream = connect(address);
    let page = Some("https://elsewhere.example");
    let mut opening = Opening::new(&address.to_string(), "/", [1; 16], page);
    if let Some(offer) = offer {
        opening = opening.extension(offer);
    }
    (&stream).write_all(&opening.request()).unwrap();
    let mut buffer = [0; 1024];
    loop {
        if let Some(opened) = opening.next_event().unwrap() {
            return (stream, opened);
        }
        let count = (&stream).read(&mut buffer).unwrap();
        assert!(count > 0, "the server has ended the stream");
        opening.receive_data(&buffer[..count]);
    }
}

impl Client {
    fn open(address: SocketAddr) -> Self {
        let (stream, opened) = open(address, Some(OFFER));
        let compression = confirm(&opened).unwrap();
        Self {
            stream,
            session: Session::client(usize::MAX, || [9, 8, 7, 6], compression),
            buffer: opened.rest,
        }
    }

    fn send(&mut self, kind: Kind, message: &[u8]) -> usize {
        let mut out = Vec::new();
        self.session.send(kind, message, &mut out);
        self.stream.write_all(&out).unwrap();
        out.len()
    }

    fn hear(&mut self) -> Said {
        loop {
            let (mut out, length) = (Vec::new(), self.buffer.len());
            let (heard, rest) = self.session.next_event(&mut self.buffer, &mut out);
            let heard = match heard {
                Some(Heard::Message(kind, payload)) => Some(Said::Message(kind, payload.to_vec())),
                Some(Heard::Closed(Closed::Clean(code, _))) => Some(Said::Clean(code)),
                Some(other) => panic!("{other:?}"),
                None => None,
            };
            let taken = length - rest.len();
            self.buffer.drain(..taken);
            self.stream.write_all(&out).unwrap();
            if let Some(said) = heard {
                return said;
            }
            let mut more = [0; 16 * 1024];
            match self.stream.read(&mut more).unwrap() {
                0 => return Said::End,
                count => self.buffer.extend_from_slice(&more[..count]),
            }
        }
    }
}

fn start(engine: &str, more: &[&str]) -> (Program, SocketAddr) {
    let arguments = [&["--engine", engine], more, &[ANY_PORT]].concat();
    let mut server = Program::start(ECHO, &arguments);
    let address = server.address();
    (server, address)
}

#[test]
fn every_engine_compresses_what_it_sends_back() {
    let long = "바이트는 몇 개나 될까요? ".repeat(1_000);
    for engine in ENGINES {
        let (mut server, address) = start(engine, &["--deflate"]);
        let mut client = Client::open(address);
        for text in ["short", &long, "", &long] {
            for kind in [Kind::Text, Kind::Binary] {
                let sent = client.send(kind, text.as_bytes());
                assert!(sent < 1000, "{engine}: {sent} bytes for {}", text.len());
                let heard = client.hear();
                assert_eq!(heard, Said::Message(kind, text.into()), "{engine}");
            }
        }
        drop(client);
        assert!(server.line().ends_with(": messages echoed: 8"));
    }
}

#[test]
fn nothing_is_compressed_that_was_not_agreed() {
    for engine in ENGINES {
        for (more, offer) in [
            (&[][..], Some(OFFER)),
            (&["--deflate"], None),
            (
                &["--deflate"],
                Some("permessage-deflate; server_max_window_bits=8"),
            ),
        ] {
            let (_server, address) = start(engine, more);
            let (stream, opened) = open(address, offer);
            assert_eq!(opened.extensions, []);
            let mut client = Client {
                stream,
                session: Session::client(usize::MAX, || [0; 4], None),
                buffer: opened.rest,
            };
            let message = vec![b'a'; 70_000];
            client.send(Kind::Binary, &message);
            assert_eq!(client.hear(), Said::Message(Kind::Binary, message));
        }
    }
}

#[test]
fn a_bomb_is_answered_with_1009() {
    // A MiB that becomes a GiB.
    let bomb = zeros(1 << 30);
    let header = Header {
        fin: true,
        rsv1: true,
        opcode: Opcode::Binary,
        key: Some([0; 4]),
        length: bomb.len() as u64,
    };
    let frame = [&header.bytes()[..], &bomb].concat();
    for engine in ENGINES {
        let (mut server, address) = start(engine, &["--deflate", "--max-message", "2000000"]);
        let mut client = Client::open(address);
        client.stream.write_all(&frame).unwrap();
        assert_eq!(client.hear(), Said::Clean(1009), "{engine}");
        assert_eq!(client.hear(), Said::End);
        drop(client);
        assert!(server.line().ends_with(": messages echoed: 0"));
    }
}

#[test]
fn a_message_over_the_limit_is_answered_with_1009() {
    for engine in ENGINES {
        let (_server, address) = start(engine, &["--max-message", "100"]);
        let mut client = Client::open(address);
        client.send(Kind::Text, &[b'a'; 100]);
        assert_eq!(client.hear(), Said::Message(Kind::Text, vec![b'a'; 100]));
        client.send(Kind::Text, &[b'a'; 101]);
        assert_eq!(client.hear(), Said::Clean(1009), "{engine}");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_says_goodbye() {
    for engine in ENGINES {
        let (server, address) = start(engine, &["--deflate"]);
        let mut client = Client::open(address);
        client.send(Kind::Text, b"hello");
        assert_eq!(client.hear(), Said::Message(Kind::Text, b"hello".into()));
        let goodbye = std::thread::spawn(move || (client.hear(), client.hear()));
        let ended = server.interrupt();
        assert_eq!(
            goodbye.join().unwrap(),
            (Said::Clean(1001), Said::End),
            "{engine}"
        );
        assert_eq!((ended.status.code(), ended.errors.as_str()), (Some(0), ""));
        let output = String::from_utf8(ended.output).unwrap();
        assert!(
            output.ends_with("stopped; 0 conversations were cut off\n"),
            "{output}"
        );
        assert_nobody_listens(address);
    }
}

#[test]
fn wrong_usage_is_a_sentence() {
    const USAGE: &str = "ws-echo [--engine ENGINE] [--deflate] [--max-message BYTES] [ADDRESS]";
    assert_help(ECHO, USAGE, "127.0.0.1:7023");
    assert_help(CONFORMANCE, "ws-conformance [ADDRESS]", "127.0.0.1:9001");
    let help = Program::start(ECHO, &["--deflate", "--help"]).finish();
    assert!(help.status.success(), "{}", help.errors);
    assert!(help.output.starts_with(b"Usage: "));
    for (arguments, sentence) in [
        (
            &["--engine", "epoll"][..],
            "An engine is threads, mio or tokio. Try --help.\n",
        ),
        (
            &["--engine"],
            "An engine is threads, mio or tokio. Try --help.\n",
        ),
        (
            &["--max-message", "many"],
            "A message has a number of bytes. Try --help.\n",
        ),
        (
            &["--inflate"],
            "There is no option --inflate. Try --help.\n",
        ),
        (
            &["--deflate", "here"],
            "\"here\" is not an address like 127.0.0.1:7023. Try --help.\n",
        ),
        (
            &["a", "b"],
            "Give one address, like 127.0.0.1:7023, or none. Try --help.\n",
        ),
    ] {
        let run = Program::start(ECHO, arguments).finish();
        assert_eq!(
            (run.status.code(), run.errors.as_str()),
            (Some(2), sentence)
        );
    }
    let (_server, address) = start("mio", &[]);
    assert_port_in_use(ECHO, address);
}

/// Nobody is there, or nobody who knows how many cases there are: the program ends with a sentence.
#[test]
fn the_client_of_the_suite_needs_a_suite() {
    let (server, address) = start("mio", &[]);
    // It echoes nothing to who says nothing, and says goodbye.
    let client = Program::start(CONFORMANCE, &[&address.to_string()]);
    #[cfg(unix)]
    {
        assert!(server.interrupt().status.success());
        let run = client.end();
        assert_eq!(run.status.code(), Some(1));
        assert!(!run.errors.is_empty());
    }
    #[cfg(not(unix))]
    drop((server, client));
}
