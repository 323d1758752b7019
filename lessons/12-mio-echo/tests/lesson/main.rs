//! Lesson 12 from the outside: its programs as a student runs them, and its server with the clients
//! that networks have. What every echo server does is tested by the suite of `peer`.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the verdict")]

#[allow(
    dead_code,
    reason = "shared by all lessons; this one stops in another way"
)]
#[path = "../../../01-first-socket/tests/lesson/programs.rs"]
mod programs;

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use programs::{ANY_PORT, DEADLINE, Program, assert_help, assert_port_in_use, connect, installed};
#[cfg(target_os = "linux")]
use programs::{assert_transcript, reset};
use threads::{Limits, News, Stop};

const SERVER: &str = env!("CARGO_BIN_EXE_mio-echo");
const EVENTS: &str = env!("CARGO_BIN_EXE_mio-events");
const WAKE_UPS: &str = env!("CARGO_BIN_EXE_wake-ups");

/// For what certainly does not happen: how long we let it.
const SHORT: Duration = Duration::from_millis(200);
/// Bytes. More than the kernel's buffers hold for one connection, both directions together.
const MORE_THAN_BUFFERS_HOLD: usize = 64 * 1024 * 1024;

/// Limits that no test reaches, unless it lowers one.
const NEVER: Limits = Limits {
    connections: usize::MAX,
    idle: Duration::MAX,
    drain: Duration::MAX,
};

struct Server {
    address: SocketAddr,
    stop: Stop,
    news: Receiver<News>,
    thread: JoinHandle<io::Result<usize>>,
}

impl Server {
    fn start(limits: Limits) -> Self {
        Self::on(TcpListener::bind(ANY_PORT).unwrap(), limits)
    }

    fn on(listener: TcpListener, limits: Limits) -> Self {
        let address = listener.local_addr().unwrap();
        let stop = Stop::new();
        let asked = stop.clone();
        let (sender, news) = mpsc::channel();
        let thread = thread::spawn(move || {
            // Whoever does not listen to the news any more does not mind.
            mio_echo::serve(listener, limits, &asked, move |item| {
                drop(sender.send(item))
            })
        });
        Self {
            address,
            stop,
            news,
            thread,
        }
    }

    fn ended(&self) -> io::Result<u64> {
        match self.news.recv_timeout(DEADLINE).unwrap() {
            News::Ended(_, outcome) => outcome,
            News::AcceptFailed(error) => panic!("{error}"),
        }
    }

    /// What `serve` returns. Nothing is left when it has: the news end, too.
    fn returned(self) -> io::Result<usize> {
        while self.news.recv_timeout(DEADLINE).is_ok() {}
        self.thread.join().unwrap()
    }

    fn stopped(self) -> usize {
        self.stop.stop();
        self.returned().unwrap()
    }
}

/// What a good client gets back for `bytes`.
fn echoed(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = connect(address);
    stream.write_all(bytes).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    rest(stream)
}

fn rest(mut stream: TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    bytes
}

/// Sends until the server takes no more for a while, and returns how much that was.
fn flood(stream: &mut TcpStream) -> usize {
    stream.set_write_timeout(Some(SHORT)).unwrap();
    let piece = [b'x'; 65_536];
    let mut sent = 0;
    while let Ok(count) = stream.write(&piece) {
        sent += count;
        assert!(sent < MORE_THAN_BUFFERS_HOLD, "the server takes it all");
    }
    sent
}

#[test]
fn does_what_every_echo_server_does() {
    peer::echo::conforms(mio_echo::serve);
}

#[test]
#[cfg(target_os = "linux")]
fn the_timeline_is_the_one_in_the_book() {
    let run = Program::start(EVENTS, &[]).finish();
    assert!(run.status.success(), "{}", run.errors);
    let text = String::from_utf8(run.output).unwrap();
    let session = format!("$ cargo run -q --bin mio-events\n{text}");
    assert_transcript("mio-events.txt", &session, without_times);
}

/// When it happened, and how much the buffers took, differs from run to run.
#[cfg(target_os = "linux")]
fn without_times(text: &str) -> String {
    text.lines().fold(String::new(), |lines, line| {
        let line = line.split_once(" ms  ").map_or(line, |(_, what)| what);
        let line = match line.split_once("writes until WouldBlock: ") {
            Some((before, _)) => before,
            None => line,
        };
        lines + line + "\n"
    })
}

#[test]
#[cfg(target_os = "linux")]
fn the_wake_ups_are_the_ones_in_the_book() {
    let run = Program::start(WAKE_UPS, &[]).finish();
    assert!(run.status.success(), "{}", run.errors);
    let text = String::from_utf8(run.output).unwrap();
    let counts: Vec<u64> = text
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().next().unwrap().parse().unwrap())
        .collect();
    assert_eq!(counts[..2], [0, 1], "{text}");
    assert!(counts[2..].iter().all(|&count| count > 1_000), "{text}");
    let session = format!("$ cargo run -q --bin wake-ups\n{text}");
    assert_transcript("wake-ups.txt", &session, without_counts);
}

#[cfg(target_os = "linux")]
fn without_counts(text: &str) -> String {
    text.lines().fold(String::new(), |lines, line| {
        let (count, what) = line.split_at(line.len().min(9));
        let many = count.trim().parse().is_ok_and(|count: u64| count > 1);
        lines + if many { "many" } else { count } + what + "\n"
    })
}

#[test]
fn ends_at_once_when_it_was_stopped_before() {
    let listener = TcpListener::bind(ANY_PORT).unwrap();
    let stop = Stop::new();
    stop.stop();
    let cut_off = mio_echo::serve(listener, NEVER, &stop, |_| {}).unwrap();
    assert_eq!(cut_off, 0);
}

#[test]
fn may_be_stopped_by_what_it_reports() {
    let listener = TcpListener::bind(ANY_PORT).unwrap();
    let address = listener.local_addr().unwrap();
    let stop = Stop::new();
    let asked = stop.clone();
    let server = thread::spawn(move || {
        let inner = asked.clone();
        mio_echo::serve(listener, NEVER, &asked, move |_| inner.stop())
    });
    assert_eq!(echoed(address, b"the last one"), b"the last one");
    assert_eq!(server.join().unwrap().unwrap(), 0);
}

#[test]
fn gives_up_who_is_idle_and_nobody_else() {
    let server = Server::start(Limits {
        idle: SHORT,
        ..NEVER
    });
    let mut never_reads = connect(server.address);
    flood(&mut never_reads);
    let silent = connect(server.address);
    for _ in 0..2 {
        assert_eq!(server.ended().unwrap_err().kind(), ErrorKind::TimedOut);
    }
    assert_eq!(rest(silent), b"");
    assert_eq!(echoed(server.address, b"here"), b"here");
    assert_eq!(server.ended().unwrap(), 4);
    assert_eq!(server.stopped(), 0);
}

#[test]
fn who_never_stops_sending_does_not_hold_the_stop() {
    let server = Server::start(NEVER);
    let stream = connect(server.address);
    let mut reading = stream.try_clone().unwrap();
    let reader = thread::spawn(move || io::copy(&mut reading, &mut io::sink()));
    let mut writing = stream.try_clone().unwrap();
    let writer = thread::spawn(move || while writing.write(&[b'x'; 65_536]).is_ok() {});
    let mut witness = connect(server.address);
    witness.write_all(b"here").unwrap();
    witness.read_exact(&mut [0; 4]).unwrap();
    assert_eq!(server.stopped(), 0);
    assert_eq!(rest(witness), b"");
    writer.join().unwrap();
    let _ = reader.join().unwrap(); // The end of stream, or a reset: the client would not stop.
}

#[test]
#[cfg(target_os = "linux")]
fn ends_with_its_listener() {
    let listener = TcpListener::bind(ANY_PORT).unwrap();
    let other_handle = listener.try_clone().unwrap();
    let server = Server::on(listener, NEVER);
    let mut client = connect(server.address);
    client.write_all(b"here").unwrap();
    client.read_exact(&mut [0; 4]).unwrap();
    socket2::SockRef::from(&other_handle)
        .shutdown(Shutdown::Both)
        .unwrap();
    let error = server.returned().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(rest(client), b"");
}

/// The server after the shell command `before`, with its number and its address.
#[cfg(target_os = "linux")]
fn server_after(before: &str) -> (Program, String, SocketAddr) {
    let script = format!("{before} && echo $$ && exec \"$0\" {ANY_PORT}");
    let mut server = Program::start("sh", &["-c", &script, SERVER]);
    let process = server.line();
    let address = server.address();
    (server, process, address)
}

/// How often a process has waited or been interrupted: one that does nothing keeps its count.
#[cfg(target_os = "linux")]
fn switches(process: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let counts = status.lines().filter(|line| line.contains("ctxt_switches"));
    counts
        .map(|line| line.rsplit('\t').next().unwrap().parse::<u64>().unwrap())
        .sum()
}

#[test]
#[cfg(target_os = "linux")]
fn does_nothing_for_clients_that_do_nothing() {
    let (_server, process, address) = server_after("true");
    let mut clients: Vec<TcpStream> = (0..100).map(|_| connect(address)).collect();
    let mut stuck = connect(address);
    flood(&mut stuck);
    for client in &mut clients {
        client.write_all(b"x").unwrap();
        client.read_exact(&mut [0]).unwrap();
    }
    // The last answer was sent a moment before the server waits again. How long that moment is,
    // depends on this machine; one that wakes up again and again is never found still.
    let is_still = || {
        let before = switches(&process);
        thread::sleep(SHORT);
        switches(&process) == before
    };
    assert!((0..10).any(|_| is_still()), "it wakes up for nothing");
}

#[test]
#[cfg(target_os = "linux")]
fn closes_what_it_opens() {
    let (mut server, process, address) = server_after("true");
    let folder = format!("/proc/{process}/fd");
    let open = || std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(echoed(address, b"here"), b"here"); // By now all is open that stays open.
    server.line();
    let before = open();
    for number in 0..300 {
        let client = connect(address);
        if number % 3 == 0 {
            reset(client);
        } else {
            drop(client);
        }
        server.line(); // It has noticed.
    }
    assert_eq!(open(), before);
}

#[test]
#[cfg(target_os = "linux")]
fn serves_on_without_descriptors() {
    let (mut server, _, address) = server_after("ulimit -n 12");
    let mut clients: Vec<TcpStream> = (0..12).map(|_| connect(address)).collect();
    let sentence = server.line();
    assert!(sentence.starts_with("a client has to wait: "), "{sentence}");
    // The first one is served all the same.
    clients[0].write_all(b"first").unwrap();
    clients[0].read_exact(&mut [0; 5]).unwrap();
    // The last one is, as soon as there is room. No event tells of it: the clock does.
    let mut last = clients.pop().unwrap();
    last.write_all(b"last").unwrap();
    drop(clients);
    last.read_exact(&mut [0; 4]).unwrap();
}

#[test]
#[cfg(unix)]
fn ctrl_c_lets_a_silent_client_go_and_cuts_off_who_never_reads() {
    let mut server = Program::start(SERVER, &[ANY_PORT]);
    let address = server.address();
    let mut stuck = connect(address);
    flood(&mut stuck);
    let mut silent = connect(address);
    silent.write_all(b"here").unwrap();
    silent.read_exact(&mut [0; 4]).unwrap();
    let end = thread::spawn(move || rest(silent));
    let ended = server.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.errors);
    assert_eq!(end.join().unwrap(), b"");
    let said = String::from_utf8(ended.output).unwrap();
    assert!(
        said.ends_with("stopped; 1 conversations were cut off\n"),
        "{said}"
    );
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
    assert_eq!(netcat.line(), "hello");
}

#[test]
fn a_port_in_use_is_a_sentence() {
    let mut first = Program::start(SERVER, &[ANY_PORT]);
    assert_port_in_use(SERVER, first.address());
}

#[test]
fn help_names_the_program_and_its_address() {
    assert_help(SERVER, "mio-echo [ADDRESS]", "127.0.0.1:7012");
    assert_help(EVENTS, "mio-events [ADDRESS]", ANY_PORT);
    assert_help(WAKE_UPS, "wake-ups [ADDRESS]", ANY_PORT);
}
