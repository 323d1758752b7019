//! Lesson 05 from the outside: its programs as a student runs them, and its library with the
//! datagrams that networks bring.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the verdict")]

#[path = "../../../01-first-socket/tests/lesson/programs.rs"]
#[allow(dead_code, reason = "half of it plays TCP clients")]
mod programs;

use std::collections::HashSet;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, UdpSocket};
use std::ops::ControlFlow;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use programs::{
    ANY_PORT, DEADLINE, Program, assert_help, assert_port_in_use, assert_transcript, installed,
    without_ports,
};
use udp::{Chances, Direction, Fate, LARGEST_PAYLOAD, Lossy, MAX_CLIENTS, MAX_PAYLOAD, Passage};

const SERVER: &str = env!("CARGO_BIN_EXE_udp-echo");
const CLIENT: &str = env!("CARGO_BIN_EXE_udp-client");
const PROXY: &str = env!("CARGO_BIN_EXE_lossy-proxy");
const SLOW_READER: &str = env!("CARGO_BIN_EXE_slow-reader");
const AGAINST_TCP: &str = env!("CARGO_BIN_EXE_udp-against-tcp");
const MULTICAST: &str = env!("CARGO_BIN_EXE_multicast");

/// For answers that will certainly not come: how long we wait for them.
const SHORT: Duration = Duration::from_millis(50);
const NOTHING_HAPPENS: Chances = Chances {
    lost: 0,
    twice: 0,
    late: 0,
};

/// A socket, and its address.
fn socket() -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind(ANY_PORT).unwrap();
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

/// A socket that hears from `peer` only.
fn connected(peer: SocketAddr) -> UdpSocket {
    let (socket, _) = socket();
    socket.connect(peer).unwrap();
    socket
}

/// Echoes the next `datagrams` in the background.
fn serve(datagrams: usize) -> (SocketAddr, Receiver<(SocketAddr, io::Result<usize>)>) {
    let (server, address) = socket();
    let (sender, reports) = mpsc::channel();
    thread::spawn(move || {
        let mut left = datagrams;
        udp::serve(&server, |client, outcome| {
            sender.send((client, outcome)).unwrap();
            left -= 1;
            if left == 0 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
    });
    (address, reports)
}

fn answer_to(client: &UdpSocket, question: &[u8]) -> Vec<u8> {
    let mut buffer = vec![0; LARGEST_PAYLOAD];
    let answer = udp::ask(client, question, &mut buffer, DEADLINE).unwrap();
    answer.to_vec()
}

#[test]
fn the_session_is_the_one_in_the_book() {
    let mut server = Program::start(SERVER, &[ANY_PORT]);
    let address = server.address().to_string();
    let mut client = Program::start(CLIENT, &[&address]);
    let mut session = format!(
        "$ cargo run -q --bin udp-echo\nlistening on {address}\nSERVER\n\n\
         $ cargo run -q --bin udp-client      (in another terminal)\n"
    );
    let mut served = Vec::new();
    for typed in ["hello", "안녕하세요", ""] {
        client.type_in(format!("{typed}\n").as_bytes());
        assert_eq!(client.line(), typed);
        session += &format!("{typed}\n{typed}\n");
        served.push(server.line());
    }
    let client = client.finish();
    assert!(client.status.success(), "{}", client.errors);
    assert!(served[1].ends_with(": echoed 15 bytes"), "{}", served[1]);
    assert!(served[2].ends_with(": echoed 0 bytes"), "{}", served[2]);

    // Without an argument the server has this port.
    let session = session
        .replace("SERVER", &served.join("\n"))
        .replace(&address, "127.0.0.1:7005");
    assert_transcript("echo.txt", &session, without_ports);
}

#[cfg(unix)]
#[test]
fn the_lossy_session_is_the_one_in_the_book() {
    let mut server = Program::start(SERVER, &[ANY_PORT]);
    let address = server.address().to_string();
    // `env` becomes the proxy, so killing it kills the proxy.
    let setting = format!("SERVER={address}");
    let mut proxy = Program::start("env", &[&setting, PROXY, ANY_PORT]);
    let proxy_address = proxy.address().to_string();
    let mut passages = vec![proxy.line()];
    let mut client = Program::start(CLIENT, &[&proxy_address]);

    // The same dice as the proxy's (seed 1, its usual chances) tell how many answers each question
    // will cause, so we can wait for them before the next one.
    let chances = Chances {
        lost: 20,
        twice: 10,
        late: 10,
    };
    let mut questions = Lossy::new(1, chances);
    let mut heard = String::new();
    for typed in ["one", "two", "three", "four", "five", "six"] {
        client.type_in(format!("{typed}\n").as_bytes());
        questions.receive_datagram(typed);
        passages.push(proxy.line());
        while questions.next_datagram().is_some() {
            passages.push(proxy.line());
        }
        heard += &format!("{typed}\n{}\n", client.line());
    }
    assert!(client.finish().status.success());

    let session = format!(
        "$ cargo run -q --bin lossy-proxy      (udp-echo runs in another terminal)\n\
         listening on {proxy_address}\n{}\n\n\
         $ cargo run -q --bin udp-client 127.0.0.1:7105\n{heard}",
        passages.join("\n")
    );
    let session = session
        .replace(&proxy_address, "127.0.0.1:7105")
        .replace(&address, "127.0.0.1:7005");
    assert_transcript("lossy.txt", &session, without_ports);
}

#[test]
fn a_slow_reader_loses_what_does_not_fit_and_the_sender_sees_no_error() {
    let run = Program::start(SLOW_READER, &[]).finish();
    assert!(run.status.success(), "{}", run.errors);
    let text = String::from_utf8(run.output).unwrap();
    for row in text.lines().skip(1) {
        let numbers: Vec<usize> = row
            .split_whitespace()
            .filter_map(|word| word.parse().ok())
            .collect();
        let [size, sent, errors, arrived, last] = numbers[..] else {
            panic!("{row}")
        };
        assert_eq!((sent, errors), (10_000, 0), "{row}");
        if cfg!(target_os = "linux") {
            // The first ones fill the buffer; those that come later find no room.
            assert!((1..10_000).contains(&arrived), "{row}");
            assert!(last >= arrived - 1, "{row}");
        }
        assert!(size >= 4);
    }
    let session = format!("$ cargo run -q --bin slow-reader\n{text}");
    assert_transcript("slow-reader.txt", &session, without_numbers);
}

#[test]
fn udp_against_tcp_is_the_one_in_the_book() {
    let run = Program::start(AGAINST_TCP, &[]).finish();
    assert!(run.status.success(), "{}", run.errors);
    let text = String::from_utf8(run.output).unwrap();
    let rows = || text.lines().filter(|row| row.starts_with("TCP"));
    assert_eq!(rows().count(), 2, "{text}");
    assert!(rows().all(|row| row.contains(" 100.0 % ")), "{text}");
    let session = format!("$ cargo run -q --bin udp-against-tcp\n{text}");
    assert_transcript("udp-against-tcp.txt", &session, without_numbers);
}

/// Elsewhere a group cannot be bound, or loopback has no multicast: there the program says so.
#[cfg(target_os = "linux")]
#[test]
fn one_datagram_reaches_every_member_of_a_group() {
    let run = Program::start(MULTICAST, &[]).finish();
    assert!(run.status.success(), "{}", run.errors);
    let text = String::from_utf8(run.output).unwrap();
    let group = text.lines().next().unwrap().rsplit(' ').next().unwrap();
    let session = format!("$ cargo run -q --bin multicast\n{text}");
    let session = session.replace(group, "239.255.70.5:40005");
    assert_transcript("multicast.txt", &session, without_ports);
}

/// How much arrives, and how fast, differs from run to run.
fn without_numbers(text: &str) -> String {
    let mut masked = String::new();
    for letter in text.chars() {
        match letter.is_ascii_digit() || letter == '.' {
            true if masked.ends_with('#') => {}
            true => masked.push('#'),
            false if letter == ' ' && masked.ends_with(' ') => {}
            false => masked.push(letter),
        }
    }
    masked
}

#[test]
fn every_datagram_comes_back_whole_whatever_its_length() {
    let (address, reports) = serve(4);
    let client = connected(address);
    for length in [0, 1, 1000, MAX_PAYLOAD] {
        let question: Vec<u8> = (0..length).map(|at| (at % 251) as u8 ^ 0xff).collect();
        assert_eq!(answer_to(&client, &question), question);
        assert_eq!(
            reports.recv_timeout(DEADLINE).unwrap().1.unwrap(),
            question.len()
        );
    }
}

#[test]
fn a_datagram_that_was_cut_is_not_echoed() {
    let (address, reports) = serve(2);
    let client = connected(address);
    client.send(&[b'x'; MAX_PAYLOAD + 1]).unwrap();
    let error = reports.recv_timeout(DEADLINE).unwrap().1.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData);
    assert_eq!(answer_to(&client, b"next"), b"next");
}

#[test]
fn serves_clients_in_the_order_of_their_datagrams() {
    let (address, _reports) = serve(40);
    let clients: Vec<UdpSocket> = (0..20).map(|_| connected(address)).collect();
    for round in 0..2 {
        for (number, client) in clients.iter().enumerate() {
            client.send(&[round, number as u8]).unwrap();
        }
    }
    for (number, client) in clients.iter().enumerate().rev() {
        for round in 0..2 {
            let mut buffer = [0; 9];
            let count = client.recv(&mut buffer).unwrap();
            assert_eq!(&buffer[..count], &[round, number as u8]);
        }
    }
}

#[test]
fn a_datagram_has_a_largest_length() {
    let (receiver, address) = socket();
    let (sender, _) = socket();
    let too_long = sender.send_to(&[0; LARGEST_PAYLOAD + 1], address);
    assert!(too_long.is_err());
    let sent = sender.send_to(&[7; LARGEST_PAYLOAD], address).unwrap();
    assert_eq!(sent, LARGEST_PAYLOAD);
    let mut buffer = vec![0; LARGEST_PAYLOAD + 1];
    assert_eq!(receiver.recv(&mut buffer).unwrap(), LARGEST_PAYLOAD);
}

/// Windows calls it an error, and macOS and Linux do not.
#[cfg(unix)]
#[test]
fn what_does_not_fit_is_thrown_away() {
    let (receiver, address) = socket();
    let (sender, _) = socket();
    for text in ["a long one", "next"] {
        sender.send_to(text.as_bytes(), address).unwrap();
    }
    let mut buffer = [0; 6];
    assert_eq!(receiver.recv(&mut buffer).unwrap(), 6);
    assert_eq!(&buffer, b"a long");
    assert_eq!(receiver.recv(&mut buffer).unwrap(), 4);
    assert_eq!(&buffer[..4], b"next");
}

#[test]
fn ask_gives_up_a_server_that_never_answers() {
    let (_silent, address) = socket();
    let error = udp::ask(&connected(address), b"?", &mut [0; 9], SHORT).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}

/// A socket that is connected to somebody else takes nothing from us, and nobody else can get its
/// port meanwhile: our datagrams find no receiver, for certain.
#[cfg(target_os = "linux")]
#[test]
fn ask_learns_that_nobody_has_the_port() {
    let (elsewhere, somebody) = socket();
    let closed = connected(somebody);
    let client = connected(closed.local_addr().unwrap());
    let error = udp::ask(&client, b"?", &mut [0; 9], DEADLINE).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    drop(elsewhere);
}

#[test]
fn a_connected_socket_hears_its_peer_only() {
    let (peer, address) = socket();
    let (stranger, _) = socket();
    let client = connected(address);
    let ours = client.local_addr().unwrap();
    stranger.send_to(b"forged", ours).unwrap();
    peer.send_to(b"true", ours).unwrap();
    let mut buffer = [0; 9];
    assert_eq!(client.recv(&mut buffer).unwrap(), 4);
    assert_eq!(&buffer[..4], b"true");
}

/// What comes out of a `Lossy` for the numbers 0 to 9,999, and each one's fate.
fn through(seed: u64, chances: Chances) -> (Vec<Fate>, Vec<u32>) {
    let mut lossy = Lossy::new(seed, chances);
    let mut fates = Vec::new();
    let mut arrived = Vec::new();
    for number in 0..10_000 {
        fates.push(lossy.receive_datagram(number));
        arrived.extend(std::iter::from_fn(|| lossy.next_datagram()));
    }
    (fates, arrived)
}

#[test]
fn lossy_without_chances_changes_nothing() {
    let (fates, arrived) = through(7, NOTHING_HAPPENS);
    assert!(fates.iter().all(|fate| *fate == Fate::Passed));
    assert!(arrived.into_iter().eq(0..10_000));
}

#[test]
fn lossy_with_full_chances_does_nothing_else() {
    let always_lost = Chances {
        lost: 100,
        ..NOTHING_HAPPENS
    };
    assert!(through(7, always_lost).1.is_empty());
    let always_twice = Chances {
        twice: 100,
        ..NOTHING_HAPPENS
    };
    let (_, arrived) = through(7, always_twice);
    assert!(arrived.into_iter().eq((0..10_000).flat_map(|n| [n, n])));
    // Every second one is overtaken: only one can be held back.
    let always_late = Chances {
        late: 100,
        ..NOTHING_HAPPENS
    };
    let (_, arrived) = through(7, always_late);
    assert!(
        arrived
            .into_iter()
            .eq((0..5_000).flat_map(|n| [2 * n + 1, 2 * n]))
    );
}

#[test]
fn lossy_deals_the_fates_that_its_chances_say() {
    let chances = Chances {
        lost: 20,
        twice: 10,
        late: 10,
    };
    for seed in 0..20 {
        let (fates, arrived) = through(seed, chances);
        assert_eq!((fates.clone(), arrived.clone()), through(seed, chances));
        let count = |wanted| fates.iter().filter(|fate| **fate == wanted).count();
        assert!((1_800..2_200).contains(&count(Fate::Lost)));
        assert!((850..1_150).contains(&count(Fate::Twice)));
        assert!((700..1_150).contains(&count(Fate::Late)));
        // Each that was not lost has arrived, except perhaps one that is still held.
        let different: HashSet<&u32> = arrived.iter().collect();
        let not_lost = 10_000 - count(Fate::Lost);
        assert!((not_lost - 1..=not_lost).contains(&different.len()));
        assert_eq!(arrived.len(), different.len() + count(Fate::Twice));
    }
}

/// A relay in the background, and what it reports.
fn relay(server: SocketAddr, forget_after: Duration) -> (SocketAddr, Receiver<Passage>) {
    let (listening, address) = socket();
    listening.set_read_timeout(None).unwrap();
    let (sender, passages) = mpsc::channel();
    thread::spawn(move || {
        udp::relay(
            &listening,
            server,
            1,
            NOTHING_HAPPENS,
            forget_after,
            move |passage| {
                let _ = sender.send(passage); // The test may be over.
            },
        )
    });
    (address, passages)
}

/// The next passage that went wrong: whose it was, and why.
fn next_error(passages: &Receiver<Passage>) -> (SocketAddr, io::Error) {
    loop {
        let passage = passages.recv_timeout(DEADLINE).unwrap();
        if let Err(error) = passage.outcome {
            return (passage.client, error);
        }
    }
}

#[test]
fn the_relay_keeps_its_clients_apart() {
    let (server, _reports) = serve(40);
    let (proxy, _passages) = relay(server, DEADLINE);
    let clients: Vec<UdpSocket> = (0..20).map(|_| connected(proxy)).collect();
    for (number, client) in clients.iter().enumerate() {
        client.send(&[number as u8]).unwrap();
    }
    for (number, client) in clients.iter().enumerate().rev() {
        let mut buffer = [0; 9];
        assert_eq!(client.recv(&mut buffer).unwrap(), 1);
        assert_eq!(buffer[0], number as u8);
        assert_eq!(answer_to(client, b""), b"");
    }
}

#[test]
fn the_relay_carries_datagrams_of_every_length() {
    let (server, address) = socket();
    let (proxy, passages) = relay(address, DEADLINE);
    let client = connected(proxy);
    let mut buffer = vec![0; LARGEST_PAYLOAD + 1];
    for length in [0, LARGEST_PAYLOAD, 1] {
        client.send(&vec![b'x'; length]).unwrap();
        assert_eq!(server.recv(&mut buffer).unwrap(), length);
        let passage = passages.recv_timeout(DEADLINE).unwrap();
        assert_eq!(passage.direction, Direction::ToServer);
        assert_eq!(passage.outcome.unwrap(), (length, Fate::Passed));
    }
}

#[test]
fn the_relay_has_room_for_so_many_clients_and_keeps_those_it_has() {
    let (server, _reports) = serve(10_000);
    let (proxy, passages) = relay(server, DEADLINE);
    let clients: Vec<UdpSocket> = (0..MAX_CLIENTS).map(|_| connected(proxy)).collect();
    for client in &clients {
        assert_eq!(answer_to(client, b"in"), b"in");
    }
    let one_more = connected(proxy);
    one_more.send(b"me too").unwrap();
    let (refused, _) = next_error(&passages);
    assert_eq!(refused, one_more.local_addr().unwrap());
    assert_eq!(answer_to(&clients[0], b"still in"), b"still in");
}

#[test]
fn the_relay_forgets_those_who_get_no_answers() {
    let (server, _reports) = serve(10_000);
    let (proxy, _passages) = relay(server, SHORT);
    for _ in 0..2 * MAX_CLIENTS {
        let client = connected(proxy);
        // Refused as long as there is no room; there will be.
        let served = (0..400).any(|_| udp::ask(&client, b"in?", &mut [0; 9], SHORT).is_ok());
        assert!(served);
    }
}

#[test]
fn serves_on_after_a_flood_of_garbage() {
    let (address, reports) = serve(usize::MAX);
    let flood: Vec<UdpSocket> = (0..200).map(|_| connected(address)).collect();
    for round in 0..50 {
        for (number, client) in flood.iter().enumerate() {
            // 0 to 2,986 bytes: many are too long, and nobody reads the answers.
            let _ = client.send(&vec![0xff; (number * 15 + round) % 2_987]);
        }
    }
    drop(flood); // The answers that are still to come find closed ports.
    let client = connected(address);
    // The flood may have filled the queue: then the first questions are lost.
    let served = (0..400).any(|_| udp::ask(&client, b"still there?", &mut [0; 99], SHORT).is_ok());
    assert!(served);
    assert!(reports.try_iter().any(|(_, outcome)| outcome.is_err()));
}

#[cfg(target_os = "linux")]
#[test]
fn the_relay_reports_that_nobody_is_behind_it_and_goes_on() {
    let (_elsewhere, somebody) = socket();
    let server = connected(somebody);
    let (proxy, passages) = relay(server.local_addr().unwrap(), DEADLINE);
    let client = connected(proxy);
    for _ in 0..3 {
        client.send(b"anybody?").unwrap();
        let (_, error) = next_error(&passages);
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    }
}

#[cfg(unix)]
#[test]
fn the_proxy_says_what_is_wrong_with_its_settings() {
    for (setting, sentence) in [
        ("LOST=many", "LOST=many is not understood: LOST=20 is"),
        (
            "LATE=90",
            "LOST, TWICE and LATE are percentages: together at most 100",
        ),
    ] {
        let run = Program::start("env", &[setting, PROXY, ANY_PORT]).finish();
        assert_eq!(run.status.code(), Some(1));
        assert!(run.errors.contains(sentence), "{}", run.errors);
    }
}

#[test]
fn the_client_says_that_nobody_has_the_port() {
    let (_elsewhere, somebody) = socket();
    let closed = connected(somebody);
    let address = closed.local_addr().unwrap().to_string();
    let mut client = Program::start(CLIENT, &[&address]);
    client.type_in(b"anybody?\n");
    let ended = client.finish();
    if cfg!(target_os = "linux") {
        assert_eq!(ended.status.code(), Some(1));
        let sentence = format!("Nobody listens on {address}. ");
        assert!(ended.errors.starts_with(&sentence), "{}", ended.errors);
    }
}

#[test]
fn echoes_for_python_that_speaks_korean() {
    if !installed("python3") {
        return;
    }
    let mut server = Program::start(SERVER, &[ANY_PORT]);
    let port = server.address().port().to_string();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/korean.py");
    let python = Program::start("python3", &[script, "127.0.0.1", &port]).finish();
    assert!(python.status.success(), "{}", python.errors);
    assert_eq!(
        python.output,
        "15 안녕하세요\n0 \n6 소켓\n".as_bytes(),
        "{}",
        String::from_utf8_lossy(&python.output)
    );
}

#[test]
fn echoes_for_netcat() {
    if !installed("nc") {
        return;
    }
    let mut server = Program::start(SERVER, &[ANY_PORT]);
    let port = server.address().port().to_string();
    let mut netcat = Program::start("nc", &["-u", "127.0.0.1", &port]);
    for typed in ["first", "둘째"] {
        netcat.type_in(format!("{typed}\n").as_bytes());
        assert_eq!(netcat.line(), typed);
    }
}

#[test]
fn a_port_in_use_is_a_sentence() {
    let mut first = Program::start(SERVER, &[ANY_PORT]);
    assert_port_in_use(SERVER, first.address());
}

#[test]
fn help_names_the_program_and_its_address() {
    assert_help(SERVER, "udp-echo [ADDRESS]", "127.0.0.1:7005");
    assert_help(CLIENT, "udp-client [ADDRESS]", "127.0.0.1:7005");
    assert_help(PROXY, "lossy-proxy [ADDRESS]", "127.0.0.1:7105");
    assert_help(SLOW_READER, "slow-reader [ADDRESS]", ANY_PORT);
    assert_help(AGAINST_TCP, "udp-against-tcp [ADDRESS]", ANY_PORT);
    assert_help(MULTICAST, "multicast [ADDRESS]", ANY_PORT);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_servers() {
    programs::assert_ctrl_c(SERVER);
    programs::assert_ctrl_c(PROXY);
}
