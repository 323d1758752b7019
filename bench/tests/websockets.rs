//! What `ws-bench` measures is an echo, whoever serves it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may stop at what should not happen"
)]

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::thread;
use std::time::Duration;

use bench::websockets::{self, RAW};
use bench::ws_load::{self, Load};

const WS_BENCH: &str = env!("CARGO_BIN_EXE_ws-bench");

/// Every server sends back short and long messages, one after the other and several at once. The load itself
/// fails at the first byte that is wrong.
#[test]
fn every_server_echoes() {
    for server in websockets::wanted(Vec::new()).unwrap() {
        let process = websockets::start(Path::new(WS_BENCH), &server).unwrap();
        for (length, connections, in_flight) in [(0, 1, 1), (125, 3, 8), (300_000, 2, 4)] {
            let load = Load {
                length,
                connections,
                in_flight,
                websocket: server != RAW,
            };
            let time = Duration::from_millis(20);
            let echoed = ws_load::echo(process.address, load, time, || Ok(Duration::ZERO));
            let echoed = echoed.unwrap_or_else(|error| panic!("{server}, {load:?}: {error}"));
            assert!(echoed.per_second > 0.0, "{server}, {load:?}");
        }
    }
}

/// A server that answers, but wrong, is not fast: it is no echo server.
#[test]
fn a_wrong_answer_is_noticed() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            client.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        client.write_all(b"HTTP/1.1 101 Yes\r\n\r\n").unwrap();
        // The client's own frame, masked as it was.
        let mut frame = [0; 8 + 500];
        client.read_exact(&mut frame).unwrap();
        client.write_all(&frame).unwrap();
    });
    let load = Load {
        length: 500,
        connections: 1,
        in_flight: 1,
        websocket: true,
    };
    let echoed = ws_load::echo(address, load, Duration::from_millis(20), || {
        Ok(Duration::ZERO)
    });
    assert_eq!(echoed.unwrap_err().to_string(), "a wrong answer");
    server.join().unwrap();
}
