//! Lesson 01 from the outside: its programs as a student runs them, and its library with the
//! clients that networks have.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the verdict")]

mod programs;

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::ops::ControlFlow;
use std::sync::mpsc::{self, Receiver};
use std::thread;

use first_socket::Endpoints;
use programs::{
    ANY_PORT, DEADLINE, Program, assert_help, assert_port_in_use, assert_transcript, connect,
    installed, reset, without_ports,
};

const SERVER: &str = env!("CARGO_BIN_EXE_hello-server");
const CLIENT: &str = env!("CARGO_BIN_EXE_hello-client");
const SEVEN_CALLS: &str = env!("CARGO_BIN_EXE_seven-calls");
const BACKLOG: &str = env!("CARGO_BIN_EXE_backlog");

type Report = (SocketAddr, std::io::Result<Endpoints>);

/// Greets the next `clients` of `listener` in the background.
fn serve(listener: TcpListener, clients: usize) -> Receiver<Report> {
    let (sender, reports) = mpsc::channel();
    thread::spawn(move || {
        let mut left = clients;
        first_socket::serve(&listener, first_socket::FAREWELL, |client, outcome| {
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

fn greeting_of(mut stream: impl Read) -> String {
    let mut greeting = String::new();
    stream.read_to_string(&mut greeting).unwrap();
    greeting
}

#[test]
fn the_session_is_the_one_in_the_book() {
    let mut server = Program::start(SERVER, &[ANY_PORT]);
    let address = server.address().to_string();
    let client = Program::start(CLIENT, &[&address]).finish();
    let heard = String::from_utf8(client.output).unwrap();
    assert!(client.status.success(), "{}", client.errors);

    let session = format!(
        "$ cargo run -q --bin hello-server\nlistening on {address}\n{}\n\n\
         $ cargo run -q --bin hello-client      (in another terminal)\n{heard}",
        server.line()
    );
    // Without an argument the server has this port.
    let session = session.replace(&address, "127.0.0.1:7001");
    assert_transcript("hello.txt", &session, without_ports);
}

#[test]
fn both_ends_see_the_same_two_addresses() {
    let listener = TcpListener::bind(ANY_PORT).unwrap();
    let client = connect(listener.local_addr().unwrap());
    let reports = serve(listener, 1);
    let ours = Endpoints::of(&client).unwrap();
    assert_eq!(greeting_of(client), format!("hello, {}\n", ours.local));

    let (address, theirs) = reports.recv_timeout(DEADLINE).unwrap();
    assert_eq!(address, ours.local);
    assert_eq!(theirs.unwrap(), ours.mirrored());
}

#[test]
fn seven_calls_are_the_ones_in_the_book() {
    let run = Program::start(SEVEN_CALLS, &[]).finish();
    assert!(run.status.success(), "{}", run.errors);
    let text = String::from_utf8(run.output).unwrap();

    // Three sockets take part, and the accepted one is neither of the other two.
    let mut descriptors: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("  socket()") || line.contains("  accept("))
        .filter_map(|line| line.split_once(")  ")?.1.trim().split(',').next())
        .collect();
    descriptors.sort_unstable();
    descriptors.dedup();
    assert_eq!(descriptors.len(), 3, "{text}");

    let session = format!("$ cargo run -q --bin seven-calls\n{text}");
    assert_transcript("seven-calls.txt", &session, without_numbers);
}

#[test]
fn connects_succeed_with_nobody_accepting() {
    let run = Program::start(BACKLOG, &[]).finish();
    assert!(run.status.success(), "{}", run.errors);
    let text = String::from_utf8(run.output).unwrap();

    let connected = text
        .lines()
        .nth(1)
        .and_then(|line| line.split_once(" clients connected"));
    let connected: usize = connected.unwrap().0.parse().unwrap();
    assert!(connected > 1, "{text}");
    if cfg!(target_os = "linux") {
        assert!(connected < 500, "the queue should have an end: {text}");
        let session = format!("$ cargo run -q --bin backlog\n{text}");
        assert_transcript("backlog.txt", &session, without_numbers);
    }
}

/// Descriptors, ports, and how long the queue is: all of it depends on where this runs.
fn without_numbers(text: &str) -> String {
    let mut masked = String::new();
    for letter in text.chars() {
        match letter.is_ascii_digit() {
            true if masked.ends_with('#') => {}
            true => masked.push('#'),
            // A longer number leaves fewer blanks to the next column.
            false if letter == ' ' && masked.ends_with(' ') => {}
            false => masked.push(letter),
        }
    }
    masked
}

#[test]
fn greets_those_who_come_after_a_bad_client() {
    let listener = TcpListener::bind(ANY_PORT).unwrap();
    let address = listener.local_addr().unwrap();
    // All of them are in the queue before the first is accepted.
    reset(connect(address));
    drop(connect(address));
    let mute = connect(address); // It never reads, never writes and does not hang up.
    let mut rude = connect(address); // It talks instead of listening, and not even in UTF-8.
    rude.write_all(&[0xff, 0xfe, 0x00, 0xc3]).unwrap();
    let good = connect(address);

    let reports = serve(listener, 5);
    let next = || reports.recv_timeout(DEADLINE).unwrap();
    let (_, after_reset) = next();
    let kinds = [ErrorKind::ConnectionReset, ErrorKind::NotConnected];
    assert!(kinds.contains(&after_reset.unwrap_err().kind()));
    let _ = next(); // Closed at once: an error or not, by whether the close was there in time.
    assert!(next().1.is_ok());
    let name = rude.local_addr().unwrap();
    assert_eq!(greeting_of(rude), format!("hello, {name}\n"));
    let name = good.local_addr().unwrap();
    assert_eq!(greeting_of(good), format!("hello, {name}\n"));
    drop(mute);
}

#[test]
fn a_client_takes_no_endless_greeting() {
    let listener = TcpListener::bind(ANY_PORT).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        while client.write_all(&[b'.'; 1000]).is_ok() {}
    });
    let client = Program::start(CLIENT, &[&address]).finish();
    assert!(client.status.success(), "{}", client.errors);
    assert!(client.output.ends_with(&[b'.'; 4096]));
}

#[test]
fn greets_netcat() {
    if !installed("nc") {
        return;
    }
    let mut server = Program::start(SERVER, &[ANY_PORT]);
    let port = server.address().port().to_string();
    let mut netcat = Program::start("nc", &["127.0.0.1", &port]);
    netcat.type_in("안녕\n".as_bytes());
    let netcat = netcat.finish();
    let heard = String::from_utf8(netcat.output).unwrap();
    assert!(
        heard.starts_with("hello, 127.0.0.1:"),
        "{heard}{}",
        netcat.errors
    );
    assert!(server.line().starts_with("greeted "));
}

#[test]
fn greets_python_that_speaks_korean() {
    if !installed("python3") {
        return;
    }
    let mut server = Program::start(SERVER, &[ANY_PORT]);
    let port = server.address().port().to_string();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/korean.py");
    let python = Program::start("python3", &[script, "127.0.0.1", &port]).finish();
    let heard = String::from_utf8(python.output).unwrap();
    assert!(python.status.success(), "{}", python.errors);
    assert!(heard.starts_with("hello, 127.0.0.1:"), "{heard}");
}

#[test]
fn a_port_in_use_is_a_sentence() {
    let mut first = Program::start(SERVER, &[ANY_PORT]);
    assert_port_in_use(SERVER, first.address());
}

#[test]
fn a_client_without_a_server_is_a_sentence() {
    // A port that is bound and not listening refuses, and nobody else can take it meanwhile.
    let bound = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    bound
        .bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())
        .unwrap();
    let address = bound.local_addr().unwrap().as_socket().unwrap().to_string();
    let client = Program::start(CLIENT, &[&address]).finish();
    assert_eq!(client.status.code(), Some(1));
    let sentence = format!("Nobody listens on {address}. Start the server first");
    assert!(client.errors.starts_with(&sentence), "{}", client.errors);
}

#[test]
fn wrong_arguments_are_a_sentence() {
    for arguments in [&["7001"][..], &["localhost"], &["127.0.0.1:0", "more"]] {
        let run = Program::start(SERVER, arguments).finish();
        assert_eq!(run.status.code(), Some(2), "{arguments:?}");
        assert!(
            run.errors.contains(" like 127.0.0.1:7001"),
            "{}",
            run.errors
        );
    }
}

#[test]
fn help_names_the_program_and_its_address() {
    assert_help(SERVER, "hello-server [ADDRESS]", "127.0.0.1:7001");
    assert_help(CLIENT, "hello-client [ADDRESS]", "127.0.0.1:7001");
    assert_help(SEVEN_CALLS, "seven-calls [ADDRESS]", ANY_PORT);
    assert_help(BACKLOG, "backlog [ADDRESS]", ANY_PORT);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_server() {
    programs::assert_ctrl_c(SERVER);
}
