//! Every byte of a handshake, as it travelled: the figure of the book.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};
use std::thread;

use ws_handshake::{Opening, Origins, Policy};

use crate::ask;
use crate::programs::{assert_transcript, connect};

/// What each line of a handshake is there for.
const MEANINGS: [(&str, &str); 12] = [
    ("GET", "asks for this target, in HTTP/1.1"),
    ("Host", "which server is meant"),
    ("Upgrade", "the protocol to go on with"),
    (
        "Connection",
        "Upgrade is for this connection, and no proxy passes it on",
    ),
    (
        "Sec-WebSocket-Key",
        "16 random bytes in Base64, new each time",
    ),
    ("Sec-WebSocket-Version", "the only version there is"),
    (
        "Origin",
        "where the page is from: a browser says it, and no page can change it",
    ),
    (
        "Sec-WebSocket-Protocol of a client",
        "what the client speaks above the WebSocket, the best first",
    ),
    (
        "Sec-WebSocket-Extensions",
        "what could be added to the protocol: here, compression",
    ),
    (
        "HTTP/1.1",
        "yes: this connection speaks another protocol behind the blank line",
    ),
    (
        "Sec-WebSocket-Accept",
        "the SHA-1 of the key with the GUID behind it, in Base64: the question was read",
    ),
    ("Sec-WebSocket-Protocol", "the one that both speak"),
];

/// Bytes in a row.
const ROW: usize = 8;

fn labelled(who: &str, head: &[u8]) -> String {
    let mut figure = format!("{who}\n");
    let mut at = 0;
    for line in head.split_inclusive(|byte| *byte == b'\n') {
        let text = str::from_utf8(line).unwrap().strip_suffix("\r\n").unwrap();
        let (name, said) = match text.split_once(": ") {
            Some((name, value)) => (name, value),
            None => (text.split(' ').next().unwrap(), text),
        };
        let of_client = format!("{name} of a client");
        let mut meanings = MEANINGS.iter();
        let meaning = meanings.find(|(of, _)| match who.contains("client") {
            true => *of == of_client || (*of == name && *of != "Sec-WebSocket-Protocol"),
            false => *of == name,
        });
        let (name, meaning) = match (name, meaning) {
            ("", _) => ("blank line", "the head ends, and HTTP with it".to_string()),
            ("GET", Some((_, meaning))) => ("request line", format!("\"{said}\": {meaning}")),
            ("HTTP/1.1", Some((_, meaning))) => ("status line", format!("\"{said}\": {meaning}")),
            (name, Some((_, meaning))) => (name, format!("\"{said}\": {meaning}")),
            (name, None) => panic!("{name} has no meaning"),
        };
        for (number, bytes) in line.chunks(ROW).enumerate() {
            let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let (name, meaning) = match number {
                0 => (name, meaning.as_str()),
                _ => ("", ""),
            };
            let row = format!("{at:>5} │ {:23} │ {name:24} │ {meaning}", hex.join(" "));
            figure += &format!("{}\n", row.trim_end());
            at += bytes.len();
        }
    }
    figure
}

#[test]
fn every_byte() {
    let opening = Opening::new(
        "127.0.0.1:7020",
        "/chat",
        *b"the sample nonce",
        Some("http://127.0.0.1:7020"),
    )
    .subprotocols(&["chat.v2", "chat.v1"])
    .extension("permessage-deflate");
    let policy = Policy {
        origins: Origins::Ours,
        subprotocols: vec!["chat.v1".to_string()],
    };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = connect(listener.local_addr().unwrap());
    let mut server = listener.accept().unwrap().0;
    let serving = thread::spawn(move || {
        let mut request = Vec::new();
        server.read_to_end(&mut request).unwrap();
        let asked = ask([&request[..]], &policy);
        server.write_all(&asked.sent).unwrap();
        request
    });
    client.write_all(&opening.request()).unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).unwrap();
    let request = serving.join().unwrap();

    let mut opening = opening;
    opening.receive_data(&answer);
    let opened = opening.next_event().unwrap().unwrap();
    assert_eq!(opened.subprotocol.as_deref(), Some("chat.v1"));
    let figure = labelled("the request of a client", &request)
        + &labelled("the response of a server", &answer);
    assert_transcript("handshake.txt", &figure, str::to_string);
}
