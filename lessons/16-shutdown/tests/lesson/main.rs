//! Lesson 16 from the outside: its programs as a student runs and interrupts them, and its two
//! servers with the clients that make it hard to stop.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the verdict")]

#[path = "../../../01-first-socket/tests/lesson/programs.rs"]
#[allow(dead_code, reason = "other lessons use the rest")]
mod programs;

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use programs::{
    ANY_PORT, DEADLINE, Program, assert_help, assert_port_in_use, assert_transcript, connect,
    reset, without_ports,
};
use shutdown::{MAX_REPLY, MAX_WORK, Request, SinceStop, tasks, threaded};
use threads::{Limits, News, Stop};

const SERVERS: [(&str, &str, u16); 2] = [
    ("drain-server", env!("CARGO_BIN_EXE_drain-server"), 7016),
    ("drain-threads", env!("CARGO_BIN_EXE_drain-threads"), 7116),
];

/// Nothing that a test does takes so long.
const NEVER: Limits = Limits {
    connections: 100,
    idle: DEADLINE,
    drain: DEADLINE,
};
/// For clients that will certainly do nothing: how long they get.
const SHORT: Duration = Duration::from_millis(200);
/// For a thread to go on with what it has already.
const A_MOMENT: Duration = Duration::from_millis(50);
/// A request in flight: long enough for us to see what else happens meanwhile.
const WORK: &[u8] = b"700 tea\n";
/// A request that is not finished before a short deadline.
const LONG_WORK: &[u8] = b"10000 soup\n";

#[derive(Clone, Copy, Debug)]
enum Engine {
    Tasks,
    Threads,
}

const ENGINES: [Engine; 2] = [Engine::Tasks, Engine::Threads];

/// A server that runs in the background.
struct Server {
    address: SocketAddr,
    listener: TcpListener,
    stop: Stop,
    ended: Receiver<io::Result<usize>>,
    news: Receiver<News>,
}

impl Server {
    fn start(engine: Engine, limits: Limits) -> Self {
        let stop = Stop::new();
        Self::start_with(engine, limits, stop)
    }

    fn start_with(engine: Engine, limits: Limits, stop: Stop) -> Self {
        let listener = TcpListener::bind(ANY_PORT).unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, news) = mpsc::channel();
        let (end, ended) = mpsc::channel();
        let (ours, theirs) = (listener.try_clone().unwrap(), stop.clone());
        thread::spawn(move || end.send(run(engine, ours, limits, &theirs, tell)));
        Self {
            address,
            listener,
            stop,
            ended,
            news,
        }
    }

    /// Gives up our handle of the listening socket, so that the server's is the only one.
    fn alone(self) -> Self {
        let listener = TcpListener::bind(ANY_PORT).unwrap(); // Any other will do.
        Self { listener, ..self }
    }

    fn ended(&self) -> io::Result<usize> {
        self.ended.recv_timeout(DEADLINE).unwrap()
    }

    /// How one conversation ended.
    fn outcome(&self) -> Result<u64, ErrorKind> {
        match self.news.recv_timeout(DEADLINE).unwrap() {
            News::Ended(_, outcome) => outcome.map_err(|error| error.kind()),
            News::AcceptFailed(error) => panic!("accept failed: {error}"),
        }
    }
}

fn run(
    engine: Engine,
    listener: TcpListener,
    limits: Limits,
    stop: &Stop,
    tell: Sender<News>,
) -> io::Result<usize> {
    let report = move |news| {
        let _ = tell.send(news); // The test may have seen enough.
    };
    match engine {
        Engine::Threads => threaded::serve(listener, limits, stop, report),
        Engine::Tasks => tokio::runtime::Runtime::new()?.block_on(async {
            listener.set_nonblocking(true)?;
            let listener = tokio::net::TcpListener::from_std(listener)?;
            tasks::serve(listener, limits, stop, report).await
        }),
    }
}

/// A client that has got a reply: so the server has taken it in.
fn served(address: SocketAddr) -> TcpStream {
    let mut client = connect(address);
    assert_eq!(ask(&mut client, b"0 hello\n", 6), b"hello\n");
    client
}

fn ask(client: &mut TcpStream, request: &[u8], length: usize) -> Vec<u8> {
    client.write_all(request).unwrap();
    let mut reply = vec![0; length];
    client.read_exact(&mut reply).unwrap();
    reply
}

/// What comes until the end of the stream. A reset is a panic.
fn rest(client: &mut TcpStream) -> String {
    let mut rest = String::new();
    client.read_to_string(&mut rest).unwrap();
    rest
}

/// A client for which the server works: at `request`, and not yet at what comes after.
fn working(address: SocketAddr, request: &[u8], after: &[u8]) -> TcpStream {
    let mut client = connect(address);
    let requests = [b"0 hello\n", request, after].concat();
    assert_eq!(ask(&mut client, &requests, 6), b"hello\n");
    // It has the other request as well by now, and needs a moment to begin with it.
    thread::sleep(A_MOMENT);
    client
}

/// A client that asks for more than the kernels hold, and reads nothing.
fn deaf(address: SocketAddr) -> TcpStream {
    let mut client = served(address);
    let request = format!("0 x*{MAX_REPLY}\n");
    client.write_all(request.as_bytes()).unwrap();
    client
}

#[test]
fn what_is_in_flight_is_finished_and_nothing_is_begun() {
    for engine in ENGINES {
        let server = Server::start(engine, NEVER).alone();
        let mut idle = served(server.address);
        // The request in flight, one behind it, and the beginning of a third.
        let mut busy = working(server.address, WORK, b"0 late\n0 unfini");
        server.stop.stop();
        // The idle one hears it at once, and new ones are refused, while the other still waits.
        assert_eq!(rest(&mut idle), "", "{engine:?}");
        busy.set_nonblocking(true).unwrap();
        let early = busy.peek(&mut [0]).map_err(|error| error.kind());
        assert_eq!(
            early,
            Err(ErrorKind::WouldBlock),
            "{engine:?}: idle, then busy"
        );
        while let Ok(mut late) = TcpStream::connect_timeout(&server.address, DEADLINE) {
            // Not closed yet; then it will be closed with this one in its backlog.
            let _ = late.read(&mut [0]);
        }
        busy.set_nonblocking(false).unwrap();
        assert_eq!(rest(&mut busy), "tea\n", "{engine:?}");
        assert_eq!(server.ended().unwrap(), 0, "{engine:?}");
        assert_eq!(server.outcome(), Ok(1), "{engine:?}: idle");
        let mut busy = server.outcome();
        while busy == Ok(0) {
            busy = server.outcome(); // A late one that was accepted, as a task may do.
        }
        assert_eq!(busy, Ok(2), "{engine:?}: busy");
    }
}

#[test]
fn who_only_connected_hears_the_end() {
    for engine in ENGINES {
        let server = Server::start(engine, NEVER);
        let mut browser = connect(server.address);
        served(server.address); // Accepted after the browser.
        assert_eq!(server.outcome(), Ok(1));
        server.stop.stop();
        assert_eq!(rest(&mut browser), "", "{engine:?}");
        assert_eq!(server.ended().unwrap(), 0, "{engine:?}");
        assert_eq!(server.outcome(), Ok(0), "{engine:?}");
    }
}

#[test]
fn a_long_reply_is_whole_though_the_stop_comes_in_the_middle() {
    for engine in ENGINES {
        let server = Server::start(engine, NEVER);
        let mut client = deaf(server.address);
        // It has begun, and is far from done: so much does not fit into any buffer.
        let begun = ask(&mut client, b"", 1000);
        server.stop.stop();
        let length = begun.len() + rest(&mut client).len();
        assert_eq!(length, MAX_REPLY + 1, "{engine:?}");
        assert_eq!(server.ended().unwrap(), 0, "{engine:?}");
    }
}

#[test]
fn unread_input_does_not_destroy_the_last_reply() {
    for engine in ENGINES {
        let server = Server::start(engine, NEVER);
        let mut client = working(server.address, WORK, b"");
        server.stop.stop();
        // More than the server has read, and less than its kernel takes.
        client.write_all(&b"0 more\n".repeat(5_000)).unwrap();
        assert_eq!(rest(&mut client), "tea\n", "{engine:?}");
        assert_eq!(server.ended().unwrap(), 0, "{engine:?}");
    }
}

#[test]
fn the_stubborn_are_cut_off_at_one_deadline() {
    for engine in ENGINES {
        let limits = Limits {
            drain: SHORT,
            ..NEVER
        };
        let server = Server::start(engine, limits);
        let _deaf: Vec<TcpStream> = (0..3).map(|_| deaf(server.address)).collect();
        let _waiting: Vec<TcpStream> = (0..40)
            .map(|_| working(server.address, LONG_WORK, b""))
            .collect();
        let stopped = Instant::now();
        server.stop.stop();
        assert_eq!(server.ended().unwrap(), 43, "{engine:?}");
        // A deadline for each would have taken 43 times as long.
        assert!(
            stopped.elapsed() >= SHORT && stopped.elapsed() < SHORT * 30,
            "{engine:?}"
        );
        for _ in 0..43 {
            assert_eq!(server.outcome(), Err(ErrorKind::TimedOut), "{engine:?}");
        }
    }
}

#[test]
fn a_stop_before_the_start_is_heard_too() {
    for engine in ENGINES {
        let stop = Stop::new();
        stop.stop();
        let server = Server::start_with(engine, NEVER, stop);
        assert_eq!(server.ended().unwrap(), 0, "{engine:?}");
    }
}

#[test]
fn a_full_server_lets_clients_wait_and_stops_all_the_same() {
    for engine in ENGINES {
        let limits = Limits {
            connections: 1,
            ..NEVER
        };
        let server = Server::start(engine, limits).alone();
        let first = served(server.address);
        let mut second = connect(server.address);
        second.write_all(b"0 hello\n").unwrap();
        second.set_nonblocking(true).unwrap();
        thread::sleep(SHORT / 2);
        let early = second.peek(&mut [0]).map_err(|error| error.kind());
        assert_eq!(early, Err(ErrorKind::WouldBlock), "{engine:?}");
        second.set_nonblocking(false).unwrap();
        drop(first);
        assert_eq!(ask(&mut second, b"", 6), b"hello\n", "{engine:?}");
        assert_eq!(server.outcome(), Ok(1), "{engine:?}");

        let mut third = connect(server.address);
        server.stop.stop();
        assert_eq!(rest(&mut second), "", "{engine:?}");
        assert_eq!(server.ended().unwrap(), 0, "{engine:?}");
        // Who is still in the backlog is reset by the kernel. A task that was about to accept when
        // the stop came may have accepted this one: then it is told as every idle client.
        match third.read(&mut [0]).map_err(|error| error.kind()) {
            Err(ErrorKind::ConnectionReset) => {}
            Ok(0) if matches!(engine, Engine::Tasks) => {}
            other => panic!("{engine:?}: {other:?}"),
        }
    }
}

#[test]
fn who_does_not_move_is_given_up() {
    for engine in ENGINES {
        let limits = Limits {
            idle: SHORT,
            ..NEVER
        };
        let server = Server::start(engine, limits);
        let mut silent = connect(server.address);
        assert_eq!(rest(&mut silent), "", "{engine:?}");
        assert_eq!(server.outcome(), Err(ErrorKind::TimedOut), "{engine:?}");
        let _deaf = deaf(server.address);
        assert_eq!(server.outcome(), Err(ErrorKind::TimedOut), "{engine:?}");
        server.stop.stop();
        assert_eq!(server.ended().unwrap(), 0, "{engine:?}");
    }
}

#[test]
fn a_failed_client_harms_nobody() {
    for engine in ENGINES {
        let server = Server::start(engine, NEVER);
        let mut good = served(server.address);

        reset(served(server.address));
        assert_eq!(server.outcome(), Err(ErrorKind::ConnectionReset));
        let mut endless = connect(server.address);
        endless.write_all(&[b'x'; 2_000]).unwrap();
        assert_eq!(server.outcome(), Err(ErrorKind::InvalidData));
        let mut broken = connect(server.address);
        broken.write_all(b"0 te").unwrap();
        broken.shutdown(Shutdown::Write).unwrap();
        assert_eq!(server.outcome(), Err(ErrorKind::UnexpectedEof));
        let mut confused = connect(server.address);
        confused.write_all(b"tea, please\n0 tea\n").unwrap();
        confused.shutdown(Shutdown::Write).unwrap();
        let replies = rest(&mut confused);
        assert!(replies.starts_with("error: say MILLISECONDS"), "{replies}");
        assert!(replies.ends_with("\ntea\n"), "{replies}");
        assert_eq!(server.outcome(), Ok(2));

        assert_eq!(ask(&mut good, b"0 still here\n", 11), b"still here\n");
        server.stop.stop();
        assert_eq!(rest(&mut good), "", "{engine:?}");
        assert_eq!(server.ended().unwrap(), 0, "{engine:?}");
    }
}

/// On Linux a listening socket that is shut down makes `accept` fail for good.
#[cfg(target_os = "linux")]
#[test]
fn when_accept_fails_for_good_nothing_is_left() {
    for engine in ENGINES {
        let server = Server::start(engine, NEVER);
        let mut client = served(server.address);
        client.write_all(LONG_WORK).unwrap();
        socket2::SockRef::from(&server.listener)
            .shutdown(Shutdown::Both)
            .unwrap();
        let error = server.ended().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{engine:?}");
        assert_eq!(server.outcome(), Err(ErrorKind::TimedOut), "{engine:?}");
        // The reply will not come.
        assert!(!matches!(client.read(&mut [0]), Ok(1..)), "{engine:?}");
        server.stop.stop(); // There is nobody to wake, and no harm in trying.
    }
}

#[test]
fn a_request_is_a_number_and_a_text() {
    let reply = |line: &[u8]| {
        let request = Request::parse(line);
        let pieces: Vec<Vec<u8>> = request.reply().collect();
        (request.work.as_millis(), pieces.concat())
    };
    assert_eq!(reply(b"300 tea for two "), (300, b"tea for two\n".to_vec()));
    assert_eq!(reply(b"10000 "), (MAX_WORK.as_millis(), b"\n".to_vec()));
    assert_eq!(reply(b"0 tea*0"), (0, b"\n".to_vec()));
    assert_eq!(reply(b"0 *9"), (0, b"\n".to_vec()));
    let for_ever = format!("0 *{}", usize::MAX);
    assert_eq!(reply(for_ever.as_bytes()), (0, b"\n".to_vec()));
    let much = [&b"tea*".repeat(100_000)[..], b"\n"].concat();
    assert_eq!(reply(b"0 tea**100000"), (0, much));
    for line in [
        "",
        " ",
        "5",
        "tea",
        "-1 tea",
        "10001 tea",
        "99999999999999999999 tea",
        "1.5 tea",
        "0 tea*",
        "0 tea*-1",
        "0 tea*22369622",
        "0 tea*9223372036854775807",
    ] {
        let (work, text) = reply(line.as_bytes());
        assert!(work == 0 && text.starts_with(b"error: "), "{line:?}");
    }
    assert!(reply(b"0 t\xffa").1.starts_with(b"error: "));
}

#[test]
fn the_clock_begins_with_the_stop() {
    let clock = SinceStop::new();
    assert_eq!(clock.to_string(), "");
    clock.begin();
    let text = clock.to_string();
    assert!(text.starts_with('+') && text.ends_with(" s  "), "{text}");
}

/// Digits differ from run to run.
fn without_numbers(text: &str) -> String {
    let mut lines: Vec<String> = without_ports(text)
        .lines()
        .map(|line| line.replace(|letter: char| letter.is_ascii_digit(), "#"))
        .collect();
    // Two that hear it in the same moment do so in any order.
    lines.dedup();
    lines.join("\n")
}

#[cfg(unix)]
#[test]
fn ctrl_c_drains() {
    for (name, path, _) in SERVERS {
        let mut program = Program::start(path, &[ANY_PORT]);
        let address = program.address();
        let mut browser = connect(address);
        let mut idle = served(address);
        let deaf = deaf(address);
        let mut busy = working(address, b"700 tea\n", b"");
        let clients = [&browser, &idle, &busy, &deaf].map(|client| client.local_addr().unwrap());

        let pressed = Instant::now();
        let ended = thread::spawn(move || program.interrupt());
        assert_eq!(rest(&mut idle), "");
        assert_eq!(rest(&mut browser), "");
        assert_eq!(rest(&mut busy), "tea\n");
        let ended = ended.join().unwrap();
        assert!(ended.status.success(), "{name}: {}", ended.errors);
        let said = String::from_utf8(ended.output).unwrap();
        assert!(pressed.elapsed() >= Limits::USUAL.drain, "{name}: {said}");
        assert!(
            said.ends_with("stopped; 1 conversations were cut off\n"),
            "{said}"
        );
        let [browser, idle, busy, deaf] = clients;
        let session = format!(
            "$ cargo run -q --bin {name}\nlistening on {address}\n\
             ^C{said}\n\
             {browser} had connected, and never sent anything\n\
             {idle} had got a reply, and kept the connection\n\
             {busy} waited for the reply to `700 tea`\n\
             {deaf} did not read the reply to `0 x*{MAX_REPLY}`\n"
        );
        assert_transcript(&format!("{name}.txt"), &session, without_numbers);
    }
}

#[cfg(unix)]
#[test]
fn the_second_ctrl_c_stops_at_once() {
    use std::process::{Command, Stdio};

    for (name, path, _) in SERVERS {
        // `Program` can be interrupted once only.
        let mut child = Command::new(if cfg!(target_os = "linux") {
            "env"
        } else {
            path
        })
        .args(if cfg!(target_os = "linux") {
            vec!["--default-signal=INT", path, ANY_PORT]
        } else {
            vec![ANY_PORT]
        })
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
        let mut output = io::BufReader::new(child.stdout.take().unwrap());
        let mut line = || {
            let mut line = String::new();
            io::BufRead::read_line(&mut output, &mut line).unwrap();
            line
        };
        let interrupt = || {
            let process = child.id().to_string();
            let kill = Command::new("kill").args(["-INT", &process]).status();
            assert!(kill.unwrap().success());
        };
        let address = line().trim().strip_prefix("listening on ").unwrap().parse();
        let _client = working(address.unwrap(), LONG_WORK, b"");
        interrupt();
        let said = line();
        assert!(
            said.ends_with("  stopping: no new clients, no new requests\n"),
            "{said}"
        );
        interrupt();
        let said = line();
        assert!(said.ends_with("  stopped at once\n"), "{name}: {said}");
        assert_eq!(child.wait().unwrap().code(), Some(130), "{name}");
    }
}

#[test]
fn the_programs_help() {
    for (name, path, port) in SERVERS {
        assert_help(
            path,
            &format!("{name} [ADDRESS]"),
            &format!("127.0.0.1:{port}"),
        );
        let taken = TcpListener::bind(ANY_PORT).unwrap();
        assert_port_in_use(path, taken.local_addr().unwrap());
    }
}
