//! Lesson 04 from the outside: its programs as a student runs them, and its library with the
//! clients and servers that networks have.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the verdict")]

#[path = "../../../01-first-socket/tests/lesson/programs.rs"]
mod programs;
mod table;

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::ops::ControlFlow;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use closing::{Farewell, MAX_UPLOAD, Upload};
use programs::{
    ANY_PORT, DEADLINE, Program, assert_help, assert_port_in_use, assert_transcript, connect,
    installed, reset, without_ports,
};

const SERVER: &str = env!("CARGO_BIN_EXE_upload-server");
const CLIENT: &str = env!("CARGO_BIN_EXE_upload-client");
const CLOSE_LAB: &str = env!("CARGO_BIN_EXE_close-lab");
const LOST_REPLY: &str = env!("CARGO_BIN_EXE_lost-reply");

/// For peers that will certainly do nothing: how long we let them.
const SHORT: Duration = Duration::from_millis(100);
/// Bytes. More than the kernel's buffers hold for one connection.
const MORE_THAN_BUFFERS_HOLD: usize = 64 * 1024 * 1024;

type Report = (SocketAddr, io::Result<Upload>);

/// Takes uploads from the next `clients` of `listener` in the background.
fn serve(listener: TcpListener, patience: Duration, clients: usize) -> Receiver<Report> {
    let (sender, reports) = mpsc::channel();
    thread::spawn(move || {
        let mut left = clients;
        closing::serve(&listener, patience, |client, outcome| {
            sender.send((client, outcome)).unwrap();
            left -= 1;
            if left == 0 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
    });
    reports
}

fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind(ANY_PORT).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Both ends of a connection: the one that connected, and the one that was accepted.
fn pair() -> (TcpStream, TcpStream) {
    let (listener, address) = listen();
    let client = connect(address);
    let (server, _) = listener.accept().unwrap();
    server.set_read_timeout(Some(DEADLINE)).unwrap();
    server.set_write_timeout(Some(DEADLINE)).unwrap();
    (client, server)
}

fn heard(accepted: impl Into<Option<u64>>) -> Upload {
    Upload {
        accepted: accepted.into(),
        farewell: Farewell::Heard,
    }
}

#[test]
fn the_session_is_the_one_in_the_book() {
    let mut server = Program::start(SERVER, &[ANY_PORT]);
    let address = server.address().to_string();
    let mut session =
        format!("$ cargo run -q --bin upload-server\nlistening on {address}\nSERVED\n");
    let mut served = String::new();
    for (shown, typed) in [
        ("echo hello", b"hello\n".to_vec()),
        (
            "head -c 2000000 /dev/zero",
            vec![0; 2_000_000], // longer than is allowed
        ),
    ] {
        let mut client = Program::start(CLIENT, &[&address]);
        client.type_in(&typed);
        let client = client.finish();
        assert!(client.status.success(), "{}", client.errors);
        let reply = String::from_utf8(client.output).unwrap();
        session += &format!("\n$ {shown} | cargo run -q --bin upload-client\n{reply}");
        served += &format!("{}\n", server.line());
    }
    // Without an argument the server has this port.
    let session = session
        .replace("SERVED\n", &served)
        .replace(&address, "127.0.0.1:7004");
    assert_transcript("upload.txt", &session, without_ports);
}

#[test]
fn every_way_to_end_a_connection_is_as_in_the_book() {
    let run = Program::start(CLOSE_LAB, &[]).finish();
    assert!(run.status.success(), "{}", run.errors);
    let text = String::from_utf8(run.output).unwrap();
    if cfg!(target_os = "linux") {
        let session = format!("$ cargo run -q --bin close-lab\n{text}");
        assert_transcript("close-lab.txt", &session, without_seconds);
    } else {
        assert!(text.contains("this system does not show"), "{text}");
    }
}

/// How long a closed end is remembered, and how much of that is over when we look.
fn without_seconds(text: &str) -> String {
    let masked = text.lines().map(|line| {
        let words = line.split(' ').collect::<Vec<_>>();
        let is_time =
            |at: usize| words.get(at + 1) == Some(&"s") && words[at].parse::<u8>().is_ok();
        let hidden = (0..words.len()).map(|at| if is_time(at) { "TIME" } else { words[at] });
        hidden.collect::<Vec<_>>().join(" ") + "\n"
    });
    masked.collect()
}

#[test]
fn a_reply_is_lost_by_close_and_saved_by_the_lingering_close() {
    let run = Program::start(LOST_REPLY, &[]).finish();
    assert!(run.status.success(), "{}", run.errors);
    let text = String::from_utf8(run.output).unwrap();
    let row = |name: &str| -> Vec<usize> {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        let numbers = line.strip_prefix(name).unwrap().split_whitespace();
        numbers.map(|number| number.parse().unwrap()).collect()
    };
    assert_eq!(row("lingering close"), [500_000, 500_000, 500_000, 20, 0]);
    // A close with unread input resets the connection, every time.
    assert_eq!(row("close")[4], 20, "{text}");
    let session = format!("$ cargo run -q --bin lost-reply\n{text}");
    assert_transcript("lost-reply.txt", &session, without_counts);
}

/// How much of a reply overtakes the reset differs from run to run.
fn without_counts(text: &str) -> String {
    let masked = text.lines().map(|line| match line.split_once("close ") {
        Some((before, _)) if !before.starts_with("linger") => format!("{before}close\n"),
        _ => format!("{line}\n"),
    });
    masked.collect()
}

#[test]
fn finish_hears_the_end_of_a_client_that_went_on_sending() {
    let (mut client, server) = pair();
    let closing = thread::spawn(move || closing::finish(server, DEADLINE));
    let mut nothing = Vec::new();
    // The end of stream comes first: it does not wait for the client's.
    assert_eq!(client.read_to_end(&mut nothing).unwrap(), 0);
    client.write_all(&[b'.'; 300_000]).unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(closing.join().unwrap().unwrap(), Farewell::Heard);
}

#[test]
fn finish_gives_up_a_client_that_stays() {
    let (_client, server) = pair();
    assert_eq!(closing::finish(server, SHORT).unwrap(), Farewell::GaveUp);
    let (_client, server) = pair();
    let at_once = closing::finish(server, Duration::ZERO).unwrap();
    assert_eq!(at_once, Farewell::GaveUp);
}

#[test]
fn finish_gives_up_a_client_that_never_stops_talking() {
    let (mut client, server) = pair();
    let talking = thread::spawn(move || while client.write_all(b".").is_ok() {});
    assert_eq!(closing::finish(server, SHORT).unwrap(), Farewell::GaveUp);
    talking.join().unwrap(); // The close ended its writing too.
}

#[test]
fn finish_reports_a_reset() {
    let (client, server) = pair();
    reset(client);
    let error = closing::finish(server, DEADLINE).unwrap_err();
    let kinds = [ErrorKind::ConnectionReset, ErrorKind::NotConnected];
    assert!(kinds.contains(&error.kind()), "{error:?}");
}

#[test]
fn an_upload_may_have_any_length_up_to_the_limit() {
    let (listener, address) = listen();
    let reports = serve(listener, DEADLINE, 4);
    for length in [0, 1, MAX_UPLOAD, MAX_UPLOAD + 1] {
        let source = io::repeat(b'x').take(length);
        let reply = closing::upload(&connect(address), source, DEADLINE).unwrap();
        let reply = String::from_utf8(reply).unwrap();
        let (_, outcome) = reports.recv_timeout(DEADLINE).unwrap();
        if length <= MAX_UPLOAD {
            assert_eq!(reply, format!("received {length} bytes\n"));
            assert_eq!(outcome.unwrap(), heard(length));
        } else {
            assert_eq!(reply, "too long: at most 1048576 bytes are accepted\n");
            assert_eq!(outcome.unwrap(), heard(None));
        }
    }
}

#[test]
fn serves_those_who_come_after_a_bad_client() {
    let (listener, address) = listen();
    // All of them are in the queue before the first is accepted.
    reset(connect(address));
    let mut leaving = connect(address);
    leaving.write_all(b"and away").unwrap();
    reset(leaving);
    let silent = connect(address);
    let mut stays = connect(address);
    stays
        .write_all(&vec![b'x'; MAX_UPLOAD as usize + 1])
        .unwrap();

    let reports = serve(listener, SHORT, 5);
    let next = || reports.recv_timeout(DEADLINE).unwrap().1;
    assert_eq!(next().unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(next().unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(next().unwrap_err().kind(), ErrorKind::TimedOut);
    // Too long, and it does not hang up: the reply is there, and the server does not wait for ever.
    let gave_up = Upload {
        accepted: None,
        farewell: Farewell::GaveUp,
    };
    assert_eq!(next().unwrap(), gave_up);
    let mut reply = String::new();
    stays.read_to_string(&mut reply).unwrap();
    assert!(reply.starts_with("too long: "), "{reply}");
    drop(silent);

    let reply = closing::upload(&connect(address), &b"good"[..], DEADLINE).unwrap();
    assert_eq!(reply, b"received 4 bytes\n");
    assert_eq!(next().unwrap(), heard(4));
}

#[test]
fn upload_reads_a_reply_that_came_before_a_reset() {
    let (client, mut server) = pair();
    server.write_all(b"no room\n").unwrap();
    server.shutdown(Shutdown::Write).unwrap();
    let rude = thread::spawn(move || {
        server.read_exact(&mut [0; 1]).unwrap();
        reset(server);
    });
    let source = io::repeat(b'x').take(MORE_THAN_BUFFERS_HOLD as u64);
    let reply = closing::upload(&client, source, DEADLINE).unwrap();
    assert_eq!(reply, b"no room\n");
    rude.join().unwrap();
}

#[test]
fn upload_wants_a_reply() {
    let (client, server) = pair();
    drop(server);
    let error = closing::upload(&client, &b""[..], DEADLINE).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);

    let (client, _silent) = pair();
    let error = closing::upload(&client, &b"hello?"[..], SHORT).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);

    let (client, _deaf) = pair();
    let source = io::repeat(b'x').take(MORE_THAN_BUFFERS_HOLD as u64);
    let error = closing::upload(&client, source, SHORT).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}

#[test]
fn takes_an_upload_from_netcat() {
    if !installed("nc") {
        return;
    }
    let mut server = Program::start(SERVER, &[ANY_PORT]);
    let port = server.address().port().to_string();
    let mut netcat = Program::start("nc", &["-N", "127.0.0.1", &port]);
    netcat.type_in("안녕\n".as_bytes());
    let netcat = netcat.finish();
    assert_eq!(netcat.output, b"received 7 bytes\n", "{}", netcat.errors);
    let report = server.line();
    assert!(
        report.ends_with(": 7 bytes, then end of stream"),
        "{report}"
    );
}

#[test]
fn a_port_in_use_is_a_sentence() {
    let mut first = Program::start(SERVER, &[ANY_PORT]);
    assert_port_in_use(SERVER, first.address());
}

#[test]
fn help_names_the_program_and_its_address() {
    assert_help(SERVER, "upload-server [ADDRESS]", "127.0.0.1:7004");
    assert_help(CLIENT, "upload-client [ADDRESS]", "127.0.0.1:7004");
    assert_help(CLOSE_LAB, "close-lab [ADDRESS]", ANY_PORT);
    assert_help(LOST_REPLY, "lost-reply [ADDRESS]", ANY_PORT);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_server() {
    programs::assert_ctrl_c(SERVER);
}
