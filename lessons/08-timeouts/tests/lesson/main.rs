//! Lesson 08 from the outside: its programs as a student runs them, its clocks with invented
//! times, and its server with the clients that waste one's time.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the verdict")]

#[path = "../../../01-first-socket/tests/lesson/programs.rs"]
mod programs;

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::ops::ControlFlow;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use programs::{
    ANY_PORT, DEADLINE, Program, assert_help, assert_port_in_use, assert_transcript, connect,
    installed, reset, without_ports,
};
use timeouts::timers::{self, Clock, Row};
use timeouts::{Beat, Deadline, Heard, Heartbeat, Limits, MAX_LINE, PING, PONG};

const SERVER: &str = env!("CARGO_BIN_EXE_liveness");
const CLIENT: &str = env!("CARGO_BIN_EXE_liveness-client");
const BLACKHOLE: &str = env!("CARGO_BIN_EXE_blackhole");
const TRICKLE: &str = env!("CARGO_BIN_EXE_trickle");
const TWO_TIMEOUTS: &str = env!("CARGO_BIN_EXE_two-timeouts");
const TIMERS: &str = env!("CARGO_BIN_EXE_timers");

/// For peers that will certainly do nothing: how long we let them.
const SHORT: Duration = Duration::from_millis(100);
/// Nothing that a test does takes so long.
const NEVER: Limits = Limits {
    interval: DEADLINE,
    patience: DEADLINE,
    line: DEADLINE,
    reply: DEADLINE,
};
/// Bytes. More than the kernel's buffers hold for one connection, both directions together.
const MORE_THAN_BUFFERS_HOLD: usize = 64 * 1024 * 1024;

type Report = (SocketAddr, io::Result<u64>);

/// Serves the next `clients` of a new listener in the background.
fn serve(limits: Limits, clients: usize) -> (SocketAddr, Receiver<Report>) {
    let (listener, address) = listen();
    let (sender, reports) = mpsc::channel();
    thread::spawn(move || {
        let mut left = clients;
        timeouts::serve(&listener, limits, |client, outcome| {
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

fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind(ANY_PORT).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Both ends of one connection.
fn pair() -> (TcpStream, TcpStream) {
    let (listener, address) = listen();
    let client = connect(address);
    (client, listener.accept().unwrap().0)
}

fn outcome(reports: &Receiver<Report>) -> io::Result<u64> {
    reports.recv_timeout(DEADLINE).unwrap().1
}

/// What a good client gets back for `bytes`.
fn said(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = connect(address);
    stream.write_all(bytes).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

/// Text without its numbers: how long something took differs from run to run.
fn without_numbers(text: &str) -> String {
    let mut masked = String::new();
    for letter in text.chars() {
        if !letter.is_ascii_digit() {
            masked.push(letter);
        } else if !masked.ends_with('#') {
            masked.push('#');
        }
    }
    // Columns of numbers are padded by their width.
    masked.lines().fold(String::new(), |lines, line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        lines + &words.join(" ") + "\n"
    })
}

/// Runs a program that needs no input, and records it.
fn recorded(path: &str, name: &str) -> String {
    let run = Program::start(path, &[]).finish();
    assert!(run.status.success(), "{}", run.errors);
    let text = String::from_utf8(run.output).unwrap();
    let session = format!("$ cargo run -q --bin {name}\n{text}");
    assert_transcript(&format!("{name}.txt"), &session, without_numbers);
    text
}

#[test]
fn the_session_is_the_one_in_the_book() {
    let mut server = Program::start(SERVER, &[ANY_PORT]);
    let address = server.address().to_string();
    let mut proxy = Program::start(BLACKHOLE, &[&address]);
    let entrance = proxy.address().to_string();
    let mut client = Program::start(CLIENT, &[&entrance]);
    let connected = client.line();
    for _ in 0..2 {
        assert_eq!(client.line(), "ping, pong");
    }
    proxy.type_in(b"\n");
    assert_eq!(proxy.line(), "silent from now on");
    let verdict = server.line();
    assert!(
        verdict.ends_with(": silent for too long, though still connected"),
        "{verdict}"
    );
    let mut last = client.line();
    while last == "ping, pong" {
        last = client.line(); // On a busy machine one more came through before the silence.
    }
    let session = format!(
        "$ cargo run -q --bin liveness\nlistening on {address}\n{verdict}\n\n\
         $ cargo run -q --bin blackhole        (in another terminal)\nlistening on {entrance}\n\
         (Enter)\nsilent from now on\n\n\
         $ cargo run -q --bin liveness-client {entrance}      (in a third)\n\
         {connected}\nping, pong\nping, pong\n{last}\n"
    )
    .replace(&address, "127.0.0.1:7008");
    assert_transcript("liveness.txt", &session, without_ports);
}

#[test]
fn a_trickler_is_held_by_a_deadline_and_not_by_a_timeout() {
    let text = recorded(TRICKLE, "trickle");
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].ends_with("got 40 of 40 bytes"), "{text}");
    assert!(!lines[1].ends_with("got 40 of 40 bytes"), "{text}");
}

#[test]
#[cfg(target_os = "linux")]
fn our_timeout_and_the_kernels_are_two_things() {
    recorded(TWO_TIMEOUTS, "two-timeouts");
}

#[test]
#[cfg(target_os = "linux")]
fn the_kernel_shows_its_clocks() {
    let text = recorded(TIMERS, "timers");
    // (state, clock, seconds until it is due at most)
    let expected = [
        ("ESTABLISHED", "off", 0.0),
        ("ESTABLISHED", "keepalive", 7200.0),
        ("ESTABLISHED", "keepalive", 10.0),
        ("SYN_SENT", "retransmit", 1.0),
        ("SYN_SENT", "retransmit", 2.0),
        ("ESTABLISHED", "probe", 120.0),
        ("TIME_WAIT", "time-wait", 60.0),
    ];
    let rows: Vec<&str> = text.lines().skip(1).collect();
    assert_eq!(rows.len(), expected.len(), "{text}");
    for (row, (state, clock, due)) in rows.iter().zip(expected) {
        let words: Vec<&str> = row.split_whitespace().rev().collect();
        let shown: f64 = words[1].trim_end_matches('s').parse().unwrap();
        assert_eq!((words[3], words[2]), (state, clock), "{text}");
        assert!(shown <= due, "{text}");
    }
}

#[test]
fn a_heartbeat_asks_and_gives_up() {
    let seconds = Duration::from_secs;
    let start = Instant::now();
    let mut heartbeat = Heartbeat::new(seconds(10), seconds(25), start);
    let mut at = |second| heartbeat.next(start + seconds(second));
    assert_eq!(at(0), Beat::Wait(seconds(10)));
    assert_eq!(at(9), Beat::Wait(seconds(1)));
    assert_eq!(at(10), Beat::Ask);
    assert_eq!(at(10), Beat::Wait(seconds(10)));
    assert_eq!(at(20), Beat::Ask);
    assert_eq!(at(20), Beat::Wait(seconds(5))); // Not 10: it would be given up too late.
    assert_eq!(at(25), Beat::GiveUp);
    assert_eq!(at(9999), Beat::GiveUp);
}

#[test]
fn whatever_is_heard_starts_a_heartbeat_anew() {
    let seconds = Duration::from_secs;
    let start = Instant::now();
    let mut heartbeat = Heartbeat::new(seconds(10), seconds(25), start);
    assert_eq!(heartbeat.next(start + seconds(12)), Beat::Ask);
    heartbeat.heard(start + seconds(13));
    assert_eq!(heartbeat.next(start + seconds(13)), Beat::Wait(seconds(10)));
    assert_eq!(heartbeat.next(start + seconds(37)), Beat::Ask);
    assert_eq!(heartbeat.next(start + seconds(38)), Beat::GiveUp);
    // Times that run backwards, as two threads may report them, are no reason to panic.
    assert_eq!(heartbeat.next(start), Beat::Wait(seconds(10)));
}

#[test]
fn a_deadline_does_not_move() {
    let start = Instant::now();
    let deadline = Deadline::after(start, Duration::from_secs(10));
    let left = |second| deadline.left(start + Duration::from_secs(second));
    assert_eq!(left(0), Duration::from_secs(10));
    assert_eq!(left(9), Duration::from_secs(1));
    assert_eq!(left(11), Duration::ZERO);
}

#[test]
fn a_read_hears_bytes_silence_and_the_end() {
    let (mut client, server) = pair();
    let mut buffer = [0; 8];
    let mut listen = |patience| timeouts::listen_for(&server, &mut buffer, patience).unwrap();
    assert_eq!(listen(Duration::ZERO), Heard::Silence);
    assert_eq!(listen(Duration::from_nanos(1)), Heard::Silence);
    assert_eq!(listen(SHORT), Heard::Silence);
    client.write_all(b"abc").unwrap();
    assert_eq!(listen(DEADLINE), Heard::Bytes(3));
    drop(client);
    assert_eq!(listen(DEADLINE), Heard::End);
    let (client, server) = pair();
    reset(client);
    let error = timeouts::listen_for(&server, &mut buffer, DEADLINE).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[test]
#[cfg(target_os = "linux")]
fn the_kernels_verdict_is_not_silence() {
    const ETIMEDOUT: i32 = 110;
    assert!(timeouts::is_timeout(&ErrorKind::WouldBlock.into()));
    assert!(timeouts::is_timeout(&ErrorKind::TimedOut.into()));
    assert!(!timeouts::is_timeout(&io::Error::from_raw_os_error(
        ETIMEDOUT
    )));
}

#[test]
fn a_write_keeps_to_its_deadline_however_the_peer_reads() {
    let (client, mut server) = pair();
    let (stop, stopped) = mpsc::channel::<()>();
    let reader = thread::spawn(move || {
        // Room for a little more, again and again: each write takes something.
        let mut buffer = vec![0; 256 * 1024];
        while stopped.recv_timeout(Duration::from_millis(20)).is_err() {
            let _ = server.read(&mut buffer).unwrap();
        }
    });
    let bytes = vec![b'x'; MORE_THAN_BUFFERS_HOLD];
    let deadline = Deadline::after(Instant::now(), 3 * SHORT);
    let error = timeouts::write_by(&client, &bytes, deadline).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    stop.send(()).unwrap();
    reader.join().unwrap();
}

#[test]
fn lines_come_back_whatever_they_say() {
    let (address, reports) = serve(NEVER, 2);
    let lines = "hello\n\n안녕하세요\nping\n".as_bytes();
    assert_eq!(said(address, lines), lines);
    assert_eq!(outcome(&reports).unwrap(), 4);
    let garbage = [&[0xff; 100][..], b"\n"].concat();
    assert_eq!(said(address, &garbage), garbage);
    assert_eq!(outcome(&reports).unwrap(), 1);
}

#[test]
fn asks_a_silent_client_again_and_again() {
    let limits = Limits {
        interval: SHORT / 10,
        ..NEVER
    };
    let (address, reports) = serve(limits, 1);
    let mut client = connect(address);
    for _ in 0..20 {
        let mut line = [0; PING.len()];
        client.read_exact(&mut line).unwrap();
        assert_eq!(line, PING);
        client.write_all(PONG).unwrap();
    }
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(outcome(&reports).unwrap(), 0);
}

#[test]
fn gives_up_a_client_that_never_answers() {
    let limits = Limits {
        interval: SHORT / 4,
        patience: SHORT,
        ..NEVER
    };
    let (address, reports) = serve(limits, 2);
    let mut silent = connect(address);
    let error = outcome(&reports).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    // It was asked before: three times, or less often on a busy machine.
    let mut heard = Vec::new();
    silent.read_to_end(&mut heard).unwrap();
    assert!(PING.repeat(3).starts_with(&heard), "{heard:?}");
    assert!(heard.starts_with(PING), "{heard:?}");
    drop(connect(address));
    assert_eq!(outcome(&reports).unwrap(), 0);
}

#[test]
fn gives_up_a_client_that_trickles() {
    let limits = Limits {
        line: SHORT,
        ..NEVER
    };
    let (address, reports) = serve(limits, 2);
    let mut trickler = connect(address);
    trickler.set_nodelay(true).unwrap();
    // Each byte comes in time; the line never ends.
    let given_up = loop {
        // An error means that we are given up, and the report says why.
        let _ = trickler.write_all(b".");
        match reports.recv_timeout(SHORT / 10) {
            Ok(report) => break report.1,
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(given_up.unwrap_err().kind(), ErrorKind::TimedOut);
    assert_eq!(said(address, b"next\n"), b"next\n");
    assert_eq!(outcome(&reports).unwrap(), 1);
}

#[test]
fn gives_up_a_client_that_never_reads() {
    let limits = Limits {
        reply: SHORT,
        ..NEVER
    };
    let (address, reports) = serve(limits, 1);
    let mut greedy = connect(address);
    let line = [&[b'x'; MAX_LINE - 2][..], b"\n"].concat();
    let lines = line.repeat(MORE_THAN_BUFFERS_HOLD / line.len());
    assert!(greedy.write_all(&lines).is_err());
    assert_eq!(outcome(&reports).unwrap_err().kind(), ErrorKind::TimedOut);
}

#[test]
fn serves_those_who_come_after_bad_clients() {
    let (address, reports) = serve(NEVER, 5);
    let mut endless = connect(address);
    let _ = endless.write_all(&vec![b'x'; 100 * MAX_LINE]);
    assert_eq!(
        outcome(&reports).unwrap_err().kind(),
        ErrorKind::InvalidData
    );
    let mut unfinished = connect(address);
    unfinished.write_all(b"no newl").unwrap();
    drop(unfinished);
    assert_eq!(
        outcome(&reports).unwrap_err().kind(),
        ErrorKind::UnexpectedEof
    );
    reset(connect(address));
    assert_eq!(
        outcome(&reports).unwrap_err().kind(),
        ErrorKind::ConnectionReset
    );
    let longest = [&[b'x'; MAX_LINE - 1][..], b"\n"].concat();
    assert_eq!(said(address, &longest), longest);
    assert_eq!(outcome(&reports).unwrap(), 1);
    let in_pieces = b"one\ntwo\n";
    let mut client = connect(address);
    client.set_nodelay(true).unwrap();
    for byte in in_pieces {
        client.write_all(&[*byte]).unwrap();
    }
    client.shutdown(Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).unwrap();
    assert_eq!(answer, in_pieces);
    assert_eq!(outcome(&reports).unwrap(), 2);
}

/// Lines as the kernel writes them, on a machine whose bytes are in the order of x86 and ARM.
#[test]
#[cfg(target_endian = "little")]
fn finds_a_socket_in_the_kernels_table() {
    let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
        0: 0100007F:1B60 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 349534 1 0000 100 0 0 10 0\n   \
        1: 0100007F:9556 0100007F:1B60 02 00000000:00000000 01:00000063 0000000A     0        0 0 3 0000\n   \
        2: 0100007F:1B60 0100007F:9558 01 00000000:00000000 04:000000C8 00000000     0       12 0 3 0000\n   \
        3: bad line\n";
    let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
    let find = |from, to| timers::find(table, local(from), local(to));
    let calling = Row {
        state: "SYN_SENT",
        clock: Clock::Retransmit,
        due: Duration::from_millis(990),
        retries: 10,
    };
    assert_eq!(find(0x9556, 7008), Some(calling));
    let probing = Row {
        state: "ESTABLISHED",
        clock: Clock::Probe,
        due: Duration::from_secs(2),
        retries: 12,
    };
    assert_eq!(find(7008, 0x9558), Some(probing));
    assert_eq!(find(7008, 1), None);
    let six = "0: 00000000000000000000000001000000:1B60 00000000000000000000000001000000:0001 06 \
        00000000:00000000 03:00000001 00000000 0 0 0 3 0000";
    let row = timers::find(
        six,
        "[::1]:7008".parse().unwrap(),
        "[::1]:1".parse().unwrap(),
    );
    assert_eq!(row.unwrap().clock, Clock::TimeWait);
}

#[test]
fn answers_netcat() {
    if !installed("nc") {
        return;
    }
    let mut server = Program::start(SERVER, &[ANY_PORT]);
    let port = server.address().port().to_string();
    let mut netcat = Program::start("nc", &["127.0.0.1", &port]);
    netcat.type_in(b"hello\n");
    let mut line = netcat.line();
    while line == "ping" {
        line = netcat.line(); // It took its time to start.
    }
    assert_eq!(line, "hello");
}

#[test]
fn a_client_ends_with_its_server() {
    let mut server = Program::start(SERVER, &[ANY_PORT]);
    let address = server.address().to_string();
    let mut client = Program::start(CLIENT, &[&address]);
    client.line();
    assert_eq!(client.line(), "ping, pong");
    drop(server);
    let ended = client.end();
    assert!(ended.status.success(), "{}", ended.errors);
    let said = String::from_utf8(ended.output).unwrap();
    assert!(
        said.ends_with("the server has ended the connection\n"),
        "{said}"
    );
}

#[test]
fn a_port_in_use_is_a_sentence() {
    let mut first = Program::start(SERVER, &[ANY_PORT]);
    assert_port_in_use(SERVER, first.address());
}

#[test]
fn help_names_the_program_and_its_address() {
    assert_help(SERVER, "liveness [ADDRESS]", "127.0.0.1:7008");
    assert_help(CLIENT, "liveness-client [ADDRESS]", "127.0.0.1:7008");
    assert_help(BLACKHOLE, "blackhole [ADDRESS]", "127.0.0.1:7008");
    assert_help(TRICKLE, "trickle [ADDRESS]", ANY_PORT);
    assert_help(TWO_TIMEOUTS, "two-timeouts [ADDRESS]", ANY_PORT);
    assert_help(TIMERS, "timers [ADDRESS]", ANY_PORT);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_server() {
    programs::assert_ctrl_c(SERVER);
}
