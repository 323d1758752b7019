//! The programs as a student runs them.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use crate::programs::{
    ANY_PORT, Ended, Program, assert_help, assert_port_in_use, assert_transcript, connect,
    installed, reset, without_ports,
};
use crate::{SHORT, echoed, greet, rest};

const THREADED: &str = env!("CARGO_BIN_EXE_threaded-echo");
const POOL: &str = env!("CARGO_BIN_EXE_pool-echo");
const SERVERS: [&str; 2] = [THREADED, POOL];
const FIFTH: &str = env!("CARGO_BIN_EXE_fifth-client");
const DESCRIPTORS: &str = env!("CARGO_BIN_EXE_out-of-descriptors");
const STACKS: &str = env!("CARGO_BIN_EXE_stacks");

fn text(run: &Ended) -> String {
    assert!(run.status.success(), "{}", run.errors);
    String::from_utf8(run.output.clone()).unwrap()
}

/// Sends and never reads, until nothing is taken for a while. How much that is, and whether what the
/// server holds then will fit into a buffer of the kernel after all, is for the kernel to say.
fn fill(mut stream: &TcpStream) {
    stream.set_write_timeout(Some(3 * SHORT)).unwrap();
    while let Ok(1..) = stream.write(&[b'x'; 64 * 1024]) {}
}

#[cfg(unix)]
#[test]
fn the_session_is_the_one_in_the_book() {
    let mut server = Program::start(THREADED, &[ANY_PORT]);
    let address = server.address();
    let idle = connect(address);
    greet(&idle, b"I only say this");
    assert_eq!(echoed(address, b"hello\n"), b"hello\n");
    let mut session = server.line() + "\n";
    let leaving = connect(address);
    greet(&leaving, b"!");
    reset(leaving);
    session += &server.line();
    let deaf = connect(address);
    fill(&deaf);
    session += "\n^C\n";
    let run = server.interrupt();
    session += &text(&run);
    assert_eq!(run.errors, "");
    assert_eq!(rest(&idle), b"");
    drop(deaf);
    let session =
        format!("$ cargo run -q --bin threaded-echo\nlistening on 127.0.0.1:7009\n{session}");
    assert_transcript("threaded-echo.txt", &session, without_the_deaf);
}

/// Ports hidden, and what became of the client that never reads.
fn without_the_deaf(session: &str) -> String {
    let lines = without_ports(session);
    let lines = lines
        .lines()
        .filter(|line| !line.contains("cut off") && !is_large(line));
    lines.collect::<Vec<_>>().join("\n")
}

/// The deaf one's line, when its echo fitted into the kernel's buffers after all.
fn is_large(line: &str) -> bool {
    let count = line
        .strip_suffix(" bytes")
        .and_then(|line| line.split(' ').next_back());
    count.is_some_and(|count| count.len() > 4)
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_silent_conversations_at_once() {
    for path in SERVERS {
        let mut server = Program::start(path, &[ANY_PORT]);
        let address = server.address();
        let clients = [(); 3].map(|()| connect(address));
        for client in &clients {
            greet(client, b"!");
        }
        let run = server.interrupt();
        assert!(text(&run).ends_with("stopped; conversations that were cut off: 0\n"));
        for client in &clients {
            assert_eq!(rest(client), b"");
        }
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_within_the_deadline_with_a_client_that_never_reads() {
    // Both at once: each may need its whole deadline.
    let tests = SERVERS.map(|path| {
        std::thread::spawn(move || {
            let mut server = Program::start(path, &[ANY_PORT]);
            let address = server.address();
            let deaf = connect(address);
            fill(&deaf);
            let idle = connect(address);
            greet(&idle, b"!");
            let run = server.interrupt();
            assert!(text(&run).contains("stopped; conversations that were cut off: "));
            assert_eq!(rest(&idle), b"");
            drop(deaf);
        })
    });
    for test in tests {
        test.join().unwrap();
    }
}

/// A server that may have only a few descriptors. The shell says so before it becomes the server.
#[cfg(unix)]
#[test]
fn a_server_without_descriptors_serves_whom_it_has_and_takes_others_later() {
    let limited = format!("ulimit -n 12; exec {THREADED} {ANY_PORT}");
    let mut server = Program::start("sh", &["-c", &limited]);
    let address = server.address();
    let mut inside: Vec<TcpStream> = Vec::new();
    // More than it can accept: the last ones wait in the backlog.
    let mut clients: Vec<TcpStream> = (0..12).map(|_| connect(address)).collect();
    let sentence = "cannot accept, will try again: Too many open files";
    let line = server.line();
    assert!(line.starts_with(sentence), "{line}");
    // The first was accepted, and is served meanwhile.
    inside.push(clients.remove(0));
    greet(&inside[0], b"hello");
    // The last gets its turn when others leave.
    let mut last = clients.pop().unwrap();
    last.write_all(b"?").unwrap();
    last.shutdown(Shutdown::Write).unwrap();
    drop(clients);
    let mut answer = Vec::new();
    last.read_to_end(&mut answer).unwrap();
    assert_eq!(answer, b"?");
    // And it can be stopped while it has no descriptor left.
    let crowd: Vec<TcpStream> = (0..12).map(|_| connect(address)).collect();
    while !server.line().starts_with(sentence) {}
    let run = server.interrupt();
    assert!(text(&run).ends_with("stopped; conversations that were cut off: 0\n"));
    assert_eq!(rest(&inside[0]), b"");
    drop(crowd);
}

#[test]
fn a_silent_client_occupies_a_worker_and_not_a_thread_of_its_own() {
    let session = text(&Program::start(FIFTH, &[]).finish());
    let waits: Vec<f64> = session
        .lines()
        .filter_map(|line| line.strip_suffix(" ms")?.split_whitespace().last())
        .map(|milliseconds| milliseconds.parse().unwrap())
        .collect();
    assert_eq!(waits.len(), 2, "{session}");
    assert!(waits[1] > 900.0, "the pool had no worker: {session}");
    assert!(waits[0] < waits[1], "{session}");
    let session = format!("$ cargo run -q --bin fifth-client\n{session}");
    assert_transcript("fifth-client.txt", &session, without_numbers);
}

#[cfg(unix)]
#[test]
fn accept_without_descriptors_fails_at_once_and_for_ever() {
    let session = text(&Program::start(DESCRIPTORS, &[]).finish());
    let failures: Vec<u64> = session
        .lines()
        .filter_map(|line| line.split_once("failed ")?.1.split_once(" times"))
        .map(|(count, _)| count.parse().unwrap())
        .collect();
    assert_eq!(failures.len(), 2, "{session}");
    assert!(failures[0] > 1_000, "{session}");
    assert!((1..=2).contains(&failures[1]), "{session}");
    let session = format!("$ cargo run -q --bin out-of-descriptors\n{session}");
    assert_transcript("out-of-descriptors.txt", &session, without_numbers);
}

#[cfg(target_os = "linux")]
#[test]
fn stacks_are_reserved_and_hardly_used() {
    let session = text(&Program::start(STACKS, &[]).finish());
    let rows: Vec<Vec<u64>> = session
        .lines()
        .skip(1)
        .map(|line| {
            let words = line.split_whitespace();
            words.filter_map(|word| word.parse().ok()).collect()
        })
        .collect();
    let at = |row: usize, from_the_end: usize| rows[row][rows[row].len() - from_the_end];
    let stacks = 500 * 2048; // KiB
    assert!(at(1, 2) - at(0, 2) > stacks, "{session}");
    assert!(at(1, 1) - at(0, 1) < stacks / 10, "{session}");
    assert!(at(2, 1) - at(1, 1) >= 500 * 12, "{session}");
    let session = format!("$ cargo run -q --bin stacks\n{session}");
    assert_transcript("stacks.txt", &session, without_numbers);
}

/// Numbers, and the spaces that line them up, differ from run to run.
fn without_numbers(text: &str) -> String {
    let letters: String = text
        .chars()
        .filter(|letter| !letter.is_ascii_digit())
        .collect();
    letters
        .split(' ')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn echoes_for_netcat() {
    if !installed("nc") {
        return;
    }
    for path in SERVERS {
        let mut server = Program::start(path, &[ANY_PORT]);
        let port = server.address().port().to_string();
        let mut clients = [(); 2].map(|()| Program::start("nc", &["127.0.0.1", &port]));
        for client in &mut clients {
            client.type_in("둘이 함께\n".as_bytes());
            assert_eq!(client.line(), "둘이 함께");
        }
    }
}

#[test]
fn ends_when_nobody_reads_what_it_prints() {
    for path in SERVERS {
        let mut server = Program::start(path, &[ANY_PORT]);
        let address = server.address();
        server.read_no_more();
        // Each client is a line. The connection that is refused finds no server.
        let clients = (0..1_000).take_while(|_| TcpStream::connect(address).is_ok());
        assert_ne!(clients.count(), 0);
        let run = server.end();
        assert_eq!(run.status.code(), Some(1));
        assert!(run.errors.starts_with("Nobody reads"), "{}", run.errors);
    }
}

#[test]
fn a_port_in_use_is_a_sentence() {
    for path in SERVERS {
        let mut first = Program::start(path, &[ANY_PORT]);
        assert_port_in_use(path, first.address());
    }
}

#[test]
fn help_names_the_program_and_its_address() {
    assert_help(THREADED, "threaded-echo [ADDRESS]", "127.0.0.1:7009");
    assert_help(POOL, "pool-echo [ADDRESS]", "127.0.0.1:7109");
    assert_help(FIFTH, "fifth-client [ADDRESS]", ANY_PORT);
    assert_help(DESCRIPTORS, "out-of-descriptors [ADDRESS]", ANY_PORT);
    assert_help(STACKS, "stacks [ADDRESS]", ANY_PORT);
}
