//! The kernel's table of connections, and what we read out of it.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use closing::states::{self, End, State};

use crate::programs::DEADLINE;

/// Lines as Linux 6.18 prints them on a little-endian processor, cut after the timer.
const TABLE: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1B5C 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 17 1
   1: 0100007F:1B5C 0100007F:D431 08 00000010:00000203 01:00000014 00000000     0        0 18 1
   2: 0100007F:D431 0100007F:1B5C 06 00000000:00000000 03:0000176F 00000000     0        0 0 3
   3: 0100007F:D432 0100007F:1B5C 07 00000000:00000000 00:00000000 00000000     0        0 0 1
   4: 0100007F:D433 0100007F:1B5C 0
";

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

#[cfg(target_endian = "little")]
#[test]
fn a_line_is_found_by_its_two_addresses() {
    let (server, client) = (address("127.0.0.1:7004"), address("127.0.0.1:54321"));
    let half_closed = End {
        state: State::CloseWait,
        unacknowledged: 0x10,
        unread: 0x203,
        forgotten_in: None,
    };
    assert_eq!(states::find(TABLE, server, client), Some(half_closed));
    let waiting = states::find(TABLE, client, server).unwrap();
    assert_eq!(waiting.state, State::TimeWait);
    assert_eq!(waiting.forgotten_in, Some(Duration::from_millis(59_990)));
    assert_eq!(waiting.to_string(), "TIME-WAIT, 60 s");
}

#[test]
fn what_is_not_there_or_not_whole_is_not_found() {
    let server = address("127.0.0.1:7004");
    for client in ["127.0.0.1:1", "127.0.0.1:54322", "127.0.0.1:54323"] {
        assert_eq!(states::find(TABLE, address(client), server), None);
    }
    assert_eq!(states::find("", server, server), None);
}

#[test]
fn the_kernel_is_asked_about_both_families() {
    for any_port in ["127.0.0.1:0", "[::1]:0"] {
        let Ok(listener) = TcpListener::bind(any_port) else {
            eprintln!("skipped: there is no {any_port} here, so it was not tried");
            continue;
        };
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        let ends = (client.local_addr().unwrap(), server.local_addr().unwrap());
        if !cfg!(target_os = "linux") {
            let error = states::look(ends.0, ends.1).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            return;
        }
        client.write_all(b"12345").unwrap();
        server.peek(&mut [0; 1]).unwrap(); // It has come.
        let seen = states::look(ends.1, ends.0).unwrap().unwrap();
        assert_eq!((seen.state, seen.unread), (State::Established, 5));
        server.read_exact(&mut [0; 5]).unwrap();

        drop(server);
        let expected = [Some(State::CloseWait), Some(State::FinWait2)];
        let seen = states::wait_for(ends, expected, DEADLINE).unwrap();
        assert_eq!(seen.map(|end| end.map(|end| end.state)), expected);
        drop(client);
        let expected = [None, Some(State::TimeWait)];
        let seen = states::wait_for(ends, expected, DEADLINE).unwrap();
        assert!(seen[1].unwrap().forgotten_in.is_some());
    }
}
