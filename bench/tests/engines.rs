//! What must hold for every server with many conversations, seen from outside: as a process that is
//! interrupted, that has too few descriptors, or ten thousand clients.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may stop at what should not happen"
)]

use std::env;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use bench::load::{self, Talk};
use bench::process::Process;
use bench::servers::{self, Protocol};

const EXPERIMENT: &str = env!("CARGO_BIN_EXE_experiment");

/// How long a test waits for anything.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long no byte more is taken from a client until it counts as stuck.
const STUCK: Duration = Duration::from_millis(200);

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(&address, PATIENCE).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Sends until no more is taken, and reads nothing.
fn never_reads(address: SocketAddr, word: &[u8]) -> TcpStream {
    let mut stream = connect(address);
    stream.set_write_timeout(Some(STUCK)).unwrap();
    let piece = word.repeat(4096);
    while stream.write_all(&piece).is_ok() {}
    stream
}

// --- Ctrl-C.

/// A program of a lesson that drains, and what a client may send to it again and again.
const PROGRAMS: &[(&str, &str, &[u8])] = &[
    ("threads", "threaded-echo", b"x"),
    ("threads", "pool-echo", b"x"),
    ("chat-threads", "chat-server", b"\0\0\0\x01x"),
    ("nonblocking", "nonblocking-echo", b"x"),
    ("mio-echo", "mio-echo", b"x"),
    ("mio-chat", "mio-chat", b"\0\0\0\x01x"),
    ("tokio-echo", "tokio-echo", b"x"),
    ("tokio-chat", "tokio-chat", b"\0\0\0\x01x"),
    ("shutdown", "drain-server", b"x\n"),
    ("shutdown", "drain-threads", b"x\n"),
    ("http", "http-server", GET),
    ("http", "http-mio", GET),
];

const GET: &[u8] = b"GET /Cargo.toml HTTP/1.1\r\nHost: a\r\n\r\n";

/// What the programs allow themselves (`threads::Limits::USUAL`), and what a busy machine takes.
const DRAINED: Duration = Duration::from_secs(3 + 10);

struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Builds the programs, which is quick when the lessons' tests ran before, and says where they are.
fn built() -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--bins"]);
    for (package, ..) in PROGRAMS {
        cargo.args(["-p", package]);
    }
    assert!(cargo.status().unwrap().success());
    Path::new(EXPERIMENT).parent().unwrap().to_path_buf()
}

#[cfg(unix)]
#[test]
fn every_program_drains_on_ctrl_c_although_one_client_never_reads() {
    let folder = built();
    let drains: Vec<_> = PROGRAMS
        .iter()
        .map(|(_, name, word)| {
            let path = folder.join(name);
            (name, thread::spawn(move || drain(&path, word)))
        })
        .collect();
    for (name, drain) in drains {
        let (status, took, said) = drain.join().unwrap_or_else(|_| panic!("{name}: see above"));
        println!("{name:<17} ended after {:.2} s", took.as_secs_f64());
        assert!(status.success(), "{name}: {status}; it said:\n{said}");
        assert!(took < DRAINED, "{name} took {took:?}");
    }
}

#[cfg(unix)]
fn drain(path: &Path, word: &[u8]) -> (std::process::ExitStatus, Duration, String) {
    // Whoever runs the tests may ignore Ctrl-C, and programs inherit that.
    let mut command = Command::new("env");
    if cfg!(target_os = "linux") {
        command.arg("--default-signal=INT");
    }
    command.arg(path).arg("127.0.0.1:0");
    let mut program = Program(command.stdout(Stdio::piped()).spawn().unwrap());
    let mut output = program.0.stdout.take().unwrap();
    let mut first = Vec::new();
    while first.last() != Some(&b'\n') {
        let mut byte = [0];
        output
            .read_exact(&mut byte)
            .expect("a line with the address");
        first.push(byte[0]);
    }
    let line = String::from_utf8(first).unwrap();
    let address = line.trim().rsplit(' ').next().unwrap().parse().unwrap();
    let (sender, rest) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        let _ = output.read_to_string(&mut text);
        let _ = sender.send(text);
    });

    let stuck = never_reads(address, word);
    let mut silent = connect(address);
    let asked = Instant::now();
    let process = program.0.id().to_string();
    let kill = Command::new("kill").args(["-INT", &process]).status();
    assert!(kill.unwrap().success());
    // Who is silent is let go, not left hanging.
    let end = silent.read(&mut [0; 64]);
    let gone = match &end {
        Ok(count) => *count == 0,
        Err(error) => error.kind() == ErrorKind::ConnectionReset,
    };
    assert!(gone, "{}: {end:?}", path.display());
    let status = loop {
        match program.0.try_wait().unwrap() {
            Some(status) => break status,
            None if asked.elapsed() > PATIENCE => panic!("{} does not end", path.display()),
            None => thread::sleep(Duration::from_millis(5)),
        }
    };
    drop(stuck);
    (
        status,
        asked.elapsed(),
        rest.recv_timeout(PATIENCE).unwrap(),
    )
}

// --- Many clients.

/// Clients that say nothing.
const TEN_THOUSAND: usize = 10_000;
/// Descriptors of this process besides, at most.
const OTHERS: u64 = 200;
/// What a silent client may cost, in a program without optimisation: no buffer, no thread.
const BYTES_FOR_A_SILENT_CLIENT: u64 = 8 * 1024;

#[test]
fn mio_and_tokio_hold_ten_thousand_silent_clients() {
    let limit = threads::raise_descriptor_limit().unwrap_or(u64::MAX);
    if limit < TEN_THOUSAND as u64 + OTHERS {
        println!("skipped: this process may open only {limit} descriptors; try ulimit -n 20000");
        return;
    }
    for name in ["mio-echo", "tokio-echo"] {
        let server = Process::start(Path::new(EXPERIMENT), name, None).unwrap();
        drop(load::hold(server.address, 1).unwrap());
        let before = server.memory().ok();
        let held = load::hold(server.address, TEN_THOUSAND).unwrap();
        // Somebody else is served as if they were not there.
        let mut client = connect(server.address);
        client.write_all("안녕하세요".as_bytes()).unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let mut echo = String::new();
        client.read_to_string(&mut echo).unwrap();
        assert_eq!(echo, "안녕하세요");
        let idle = idle_for_a_second(&server);
        if let (Some(before), Ok(after)) = (before, server.memory()) {
            let each = after.saturating_sub(before) / TEN_THOUSAND as u64;
            println!("{name}: {TEN_THOUSAND} silent clients, {each} bytes each, idle {idle:?}");
            assert!(each < BYTES_FOR_A_SILENT_CLIENT, "{name}: {each} bytes");
        }
        drop(held);
        server.stop().unwrap();
    }
}

/// Processor time of a server in a second in which nobody says anything.
fn idle_for_a_second(server: &Process) -> Option<Duration> {
    let before = server.cpu().ok()?;
    thread::sleep(Duration::from_secs(1)); // What is measured, not what is waited for.
    let used = server.cpu().ok()? - before;
    assert!(
        used < Duration::from_millis(500),
        "a server that has nothing to do used {used:?}"
    );
    Some(used)
}

#[test]
fn a_hundred_chatters_lose_nothing_to_one_that_does_not_read() {
    /// What the server may hold in all, most of it for the one that does not read.
    const PEAK: u64 = 64 * 1024 * 1024;
    let talk = Talk {
        members: 100,
        length: 4000,
        pause: Duration::from_secs(1),
        time: Duration::from_secs(4),
        non_reader: true,
    };
    let chats = servers::ALL
        .iter()
        .filter(|server| server.protocol == Protocol::Chat);
    for server in chats {
        let process = Process::start(Path::new(EXPERIMENT), server.name, None).unwrap();
        // It fails when anybody misses a message.
        let (heard, put_out) = load::chat(process.address, talk).unwrap();
        let peak = process.peak_memory().unwrap_or_default();
        println!(
            "{:<12} {} messages to 100 members, p99 {:?}, peak {} KiB, put out after {put_out:?}",
            server.name,
            heard.answered,
            heard.percentile(99.0),
            peak / 1024
        );
        assert!(heard.answered >= 100, "{} said", heard.answered);
        assert_eq!(heard.delivered, heard.answered * 100);
        assert!(peak < PEAK, "{}: {peak} bytes", server.name);
        process.stop().unwrap();
    }
}

// --- Too few descriptors.

#[test]
fn too_few_descriptors_stop_no_server_and_heat_no_processor() {
    const DESCRIPTORS: usize = 64;
    const CLIENTS: usize = 100;
    for server in servers::ALL {
        if server.name == "pool-echo" {
            continue; // Its workers are as many as its clients may be: here, 20,000.
        }
        let limited =
            Process::start(Path::new(EXPERIMENT), server.name, Some(DESCRIPTORS)).unwrap();
        let (question, answer): (&[u8], &[u8]) = match server.protocol {
            Protocol::Echo => (b"x", b"x"),
            // No name: refused, and the connection is over.
            Protocol::Chat => (b"\0\0\0\0", b"\0\0\0\x17refused that is no name"),
        };
        let mut clients: Vec<TcpStream> = (0..CLIENTS).map(|_| connect(limited.address)).collect();
        // More clients wait than there are descriptors for, and the server does not run in circles.
        idle_for_a_second(&limited);
        // Those that got in are the first ones, and leave; so there is room for the others.
        let last = clients.split_off(CLIENTS - 20);
        drop(clients);
        for mut client in last {
            client.write_all(question).unwrap();
            let mut got = vec![0; answer.len()];
            let read: io::Result<()> = client.read_exact(&mut got);
            assert!(read.is_ok() && got == answer, "{}: {read:?}", server.name);
        }
        limited.stop().unwrap();
    }
}
