//! Lesson 02 from the outside: its programs as a student runs them, and its library with the
//! clients and servers that networks have.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the verdict")]

#[path = "../../../01-first-socket/tests/lesson/programs.rs"]
mod programs;

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener};
use std::ops::ControlFlow;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use programs::{
    ANY_PORT, DEADLINE, Program, assert_help, assert_port_in_use, assert_transcript, connect,
    installed, reset, without_ports,
};

const SERVER: &str = env!("CARGO_BIN_EXE_echo-server");
const CLIENT: &str = env!("CARGO_BIN_EXE_echo-client");
const CHUNKS: &str = env!("CARGO_BIN_EXE_chunks");

/// For peers that will certainly do nothing: how long we let them.
const SHORT: Duration = Duration::from_millis(100);
/// Bytes. More than the kernel's buffers hold for one connection, both directions together.
const MORE_THAN_BUFFERS_HOLD: usize = 64 * 1024 * 1024;

type Report = (SocketAddr, io::Result<u64>);

/// Echoes for the next `clients` of `listener` in the background.
fn serve(listener: TcpListener, idle: Duration, clients: usize) -> Receiver<Report> {
    let (sender, reports) = mpsc::channel();
    thread::spawn(move || {
        let mut left = clients;
        tcp_echo::serve(&listener, idle, |client, outcome| {
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

/// A listener and its address.
fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind(ANY_PORT).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Bytes in which a lost, repeated or swapped piece shows.
fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at / 251 + at) as u8).collect()
}

/// What a good client gets back for `bytes`.
fn echoed(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = connect(address);
    stream.write_all(bytes).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

#[test]
fn the_session_is_the_one_in_the_book() {
    let mut server = Program::start(SERVER, &[ANY_PORT]);
    let address = server.address().to_string();
    let mut client = Program::start(CLIENT, &[&address]);
    let mut session = format!(
        "$ cargo run -q --bin echo-server\nlistening on {address}\nSERVER\n\n\
         $ cargo run -q --bin echo-client      (in another terminal)\n"
    );
    // Each line comes back at once, not only at the end of the input.
    for typed in ["hello\n", "안녕하세요\n"] {
        client.type_in(typed.as_bytes());
        let answer = client.line() + "\n";
        assert_eq!(answer, typed);
        session += typed;
        session += &answer;
    }
    let client = client.finish();
    assert!(client.status.success(), "{}", client.errors);
    assert_eq!(client.output, b"");

    // Without an argument the server has this port.
    let session = session
        .replace("SERVER", &server.line())
        .replace(&address, "127.0.0.1:7002");
    assert_transcript("echo.txt", &session, without_ports);
}

#[test]
fn writes_are_not_reads() {
    let run = Program::start(CHUNKS, &[]).finish();
    assert!(run.status.success(), "{}", run.errors);
    let text = String::from_utf8(run.output).unwrap();

    let pieces: Vec<Vec<usize>> = text
        .lines()
        .filter_map(|line| line.split_once('[')?.1.strip_suffix(']'))
        .map(|list| {
            list.split(", ")
                .map(|piece| piece.parse().unwrap())
                .collect()
        })
        .collect();
    assert_eq!(pieces.len(), 2, "{text}");
    assert_eq!(pieces[0].iter().sum::<usize>(), 100);
    assert!(
        pieces[0].len() < 10,
        "10 writes should not be 10 reads: {text}"
    );
    assert_eq!(pieces[1].iter().sum::<usize>(), 1024 * 1024);
    assert!(
        pieces[1].len() > 1,
        "a large write should not be one read: {text}"
    );

    let session = format!("$ cargo run -q --bin chunks\n{text}");
    assert_transcript("chunks.txt", &session, without_pieces);
}

/// How the bytes were cut differs from run to run: that is the point.
fn without_pieces(text: &str) -> String {
    let mut masked = String::new();
    for line in text.lines() {
        let kept = line.split_once('[').map_or(line, |(before, _)| before);
        masked += kept;
        masked += "\n";
    }
    masked
}

/// A stream that gives and takes as little as it may.
struct Stingy {
    input: VecDeque<io::Result<&'static [u8]>>,
    output: Vec<u8>,
}

impl Read for Stingy {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let piece = self.input.pop_front().unwrap_or(Ok(b""))?;
        buffer[..piece.len()].copy_from_slice(piece);
        Ok(piece.len())
    }
}

impl Write for Stingy {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.extend(bytes.first());
        Ok(bytes.len().min(1))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn echo_survives_interruptions_and_short_writes() {
    let interruption = || Err(ErrorKind::Interrupted.into());
    let input = [
        interruption(),
        Ok(&b"one, "[..]),
        interruption(),
        Ok(b"two"),
    ];
    let mut stream = Stingy {
        input: input.into(),
        output: Vec::new(),
    };
    assert_eq!(tcp_echo::echo(&mut stream).unwrap(), 8);
    assert_eq!(stream.output, b"one, two");
}

#[test]
fn echo_reports_an_error_of_the_stream() {
    let input = [Ok(&b"one"[..]), Err(ErrorKind::ConnectionReset.into())];
    let mut stream = Stingy {
        input: input.into(),
        output: Vec::new(),
    };
    assert_eq!(
        tcp_echo::echo(&mut stream).unwrap_err().kind(),
        ErrorKind::ConnectionReset
    );
    assert_eq!(stream.output, b"one");
}

#[test]
fn every_byte_comes_back_whatever_it_means() {
    let (listener, address) = listen();
    let reports = serve(listener, DEADLINE, 1);
    let bytes: Vec<u8> = (0..=255).rev().collect(); // begins with two that UTF-8 never has
    assert_eq!(echoed(address, &bytes), bytes);
    assert_eq!(reports.recv_timeout(DEADLINE).unwrap().1.unwrap(), 256);
}

#[test]
fn serves_those_who_come_after_a_bad_client() {
    let (listener, address) = listen();
    // All of them are in the queue before the first is accepted.
    reset(connect(address));
    let mut leaving = connect(address);
    leaving.write_all(b"and away").unwrap();
    reset(leaving);
    drop(connect(address));

    let reports = serve(listener, DEADLINE, 4);
    assert_eq!(echoed(address, b"good"), b"good");
    let next = || reports.recv_timeout(DEADLINE).unwrap().1;
    assert_eq!(next().unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(next().unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(next().unwrap(), 0);
    assert_eq!(next().unwrap(), 4);
}

#[test]
fn gives_up_a_client_that_never_writes() {
    let (listener, address) = listen();
    let silent = connect(address);
    let reports = serve(listener, SHORT, 2);
    let (client, outcome) = reports.recv_timeout(DEADLINE).unwrap();
    assert_eq!(client, silent.local_addr().unwrap());
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(error.to_string(), "nothing moved for 100ms");
    drop(connect(address)); // The server goes on.
    assert!(reports.recv_timeout(DEADLINE).unwrap().1.is_ok());
}

#[test]
fn gives_up_a_client_that_never_reads() {
    let (listener, address) = listen();
    let mut greedy = connect(address);
    let reports = serve(listener, SHORT, 1);
    // Its write ends with an error as soon as the server has given it up.
    let written = greedy.write_all(&vec![b'x'; MORE_THAN_BUFFERS_HOLD]);
    assert!(written.is_err());
    let outcome = reports.recv_timeout(DEADLINE).unwrap().1;
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::TimedOut);
}

#[test]
fn exchange_sends_and_receives_at_once() {
    let (listener, address) = listen();
    let reports = serve(listener, DEADLINE, 1);
    let sent = pattern(8 * 1024 * 1024);
    let mut received = Vec::new();
    let source = io::Cursor::new(sent.clone());
    let count = tcp_echo::exchange(&connect(address), source, &mut received, DEADLINE).unwrap();
    assert_eq!(count, sent.len() as u64);
    assert!(received == sent, "8 MiB should come back unchanged");
    assert_eq!(reports.recv_timeout(DEADLINE).unwrap().1.unwrap(), count);
}

#[test]
fn exchange_notices_a_server_that_ends_too_early() {
    let (listener, address) = listen();
    let stream = connect(address);
    let (mut server, _) = listener.accept().unwrap();
    server.write_all(b"enough").unwrap();
    server.shutdown(Shutdown::Write).unwrap();
    let mut received = Vec::new();
    // A person who does not type: this source has no end.
    let (source, _typing) = io::pipe().unwrap();
    let error = tcp_echo::exchange(&stream, source, &mut received, DEADLINE).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    assert_eq!(received, b"enough");
}

#[test]
fn exchange_notices_a_reset() {
    let (listener, address) = listen();
    let stream = connect(address);
    reset(listener.accept().unwrap().0);
    let (source, _typing) = io::pipe().unwrap();
    let error = tcp_echo::exchange(&stream, source, io::sink(), DEADLINE).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[test]
fn exchange_gives_up_a_server_that_never_answers() {
    let (listener, address) = listen();
    let stream = connect(address);
    let _silent = listener.accept().unwrap();
    let error = tcp_echo::exchange(&stream, &b"hello?"[..], io::sink(), SHORT).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}

#[test]
fn exchange_gives_up_a_server_that_never_reads() {
    let (listener, address) = listen();
    let stream = connect(address);
    let _deaf = listener.accept().unwrap();
    let source = io::repeat(b'x').take(MORE_THAN_BUFFERS_HOLD as u64);
    let error = tcp_echo::exchange(&stream, source, io::sink(), SHORT).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}

#[test]
fn exchange_does_not_blame_the_peer_for_its_output() {
    let (listener, address) = listen();
    let _reports = serve(listener, DEADLINE, 1);
    let (nobody_reads, sink) = io::pipe().unwrap();
    drop(nobody_reads);
    let error = tcp_echo::exchange(&connect(address), &b"hello"[..], sink, DEADLINE).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Other);
}

#[test]
fn echoes_for_netcat() {
    if !installed("nc") {
        return;
    }
    let mut server = Program::start(SERVER, &[ANY_PORT]);
    let port = server.address().port().to_string();
    let mut netcat = Program::start("nc", &["127.0.0.1", &port]);
    for typed in ["first", "둘째"] {
        netcat.type_in(format!("{typed}\n").as_bytes());
        assert_eq!(netcat.line(), typed);
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
    assert_eq!(python.output, "안녕하세요, 소켓!\n".as_bytes());
    assert!(server.line().ends_with(": echoed 25 bytes"));
}

#[test]
fn a_client_ends_with_its_server() {
    let mut server = Program::start(SERVER, &[ANY_PORT]);
    let address = server.address().to_string();
    let mut client = Program::start(CLIENT, &[&address]);
    client.type_in(b"hello\n");
    assert_eq!(client.line(), "hello");
    drop(server);
    // Its standard input is still open: it must not wait for somebody to type.
    let ended = client.end();
    assert_eq!(ended.status.code(), Some(1));
    let sentence = format!("{address} ended the connection in the middle. ");
    assert!(ended.errors.starts_with(&sentence), "{}", ended.errors);
}

#[test]
fn a_port_in_use_is_a_sentence() {
    let mut first = Program::start(SERVER, &[ANY_PORT]);
    assert_port_in_use(SERVER, first.address());
}

#[test]
fn help_names_the_program_and_its_address() {
    assert_help(SERVER, "echo-server [ADDRESS]", "127.0.0.1:7002");
    assert_help(CLIENT, "echo-client [ADDRESS]", "127.0.0.1:7002");
    assert_help(CHUNKS, "chunks [ADDRESS]", ANY_PORT);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_server() {
    programs::assert_ctrl_c(SERVER);
}
