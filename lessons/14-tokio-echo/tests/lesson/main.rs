//! Lesson 14 from the outside: its programs as a student runs them, and its server with the clients
//! that networks have.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the verdict")]

#[allow(dead_code, reason = "other lessons use the rest of it")]
#[path = "../../../01-first-socket/tests/lesson/programs.rs"]
mod programs;

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use programs::{
    ANY_PORT, DEADLINE, Program, assert_help, assert_nobody_listens, assert_port_in_use,
    assert_transcript, connect, reset, without_ports,
};
use threads::{Limits, News, Stop};
use tokio::net::TcpListener;
use tokio::runtime::{self, Runtime};

const SERVER: &str = env!("CARGO_BIN_EXE_tokio-echo");
const BLOCKED_TASK: &str = env!("CARGO_BIN_EXE_blocked-task");
const TASK_SIZE: &str = env!("CARGO_BIN_EXE_task-size");

/// For peers that will certainly do nothing: how long we let them.
const SHORT: Duration = Duration::from_millis(200);
/// Bytes. More than the kernel's buffers hold for one connection, both directions together.
const MORE_THAN_BUFFERS_HOLD: usize = 64 * 1024 * 1024;
/// No test reaches these.
const AMPLE: Limits = Limits {
    connections: 1_000,
    idle: Duration::from_secs(600),
    drain: Duration::from_secs(600),
};

/// A server that runs on one thread, so that whatever blocks it is seen.
struct Server {
    address: SocketAddr,
    stop: Stop,
    news: Receiver<News>,
    thread: JoinHandle<(io::Result<usize>, usize)>,
}

fn one_thread() -> Runtime {
    runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

impl Server {
    fn start(limits: Limits) -> Self {
        let (tell, news) = mpsc::channel();
        let (bound, address) = mpsc::channel();
        let stop = Stop::new();
        let asked = stop.clone();
        let thread = thread::spawn(move || {
            one_thread().block_on(async {
                let listener = TcpListener::bind(ANY_PORT).await.unwrap();
                bound.send(listener.local_addr().unwrap()).unwrap();
                let report = move |news| drop(tell.send(news));
                let outcome = tokio_echo::serve(listener, limits, &asked, report).await;
                let handle = runtime::Handle::current();
                (outcome, handle.metrics().num_alive_tasks())
            })
        });
        let address = address.recv_timeout(DEADLINE).unwrap();
        Self {
            address,
            stop,
            news,
            thread,
        }
    }

    /// How the next conversation ended.
    fn ended(&self) -> (SocketAddr, io::Result<u64>) {
        match self.news.recv_timeout(DEADLINE).unwrap() {
            News::Ended(address, outcome) => (address, outcome),
            News::AcceptFailed(error) => panic!("accept failed: {error}"),
        }
    }

    /// Asks it to stop, and returns how many conversations it cut off. No task is left.
    fn stop(self) -> usize {
        self.stop.stop();
        let (outcome, tasks) = self.thread.join().unwrap();
        assert_eq!(tasks, 0);
        outcome.unwrap()
    }
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

/// One byte there and back.
fn assert_served(client: &mut TcpStream) {
    client.write_all(b"?").unwrap();
    let mut answer = [0];
    client.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"?");
}

/// A client that has sent more than fits, and reads nothing of it: the server waits in a write.
fn non_reader(address: SocketAddr) -> TcpStream {
    let mut client = connect(address);
    client.set_write_timeout(Some(SHORT)).unwrap();
    let sent = client.write_all(&vec![b'x'; MORE_THAN_BUFFERS_HOLD]);
    assert!(sent.is_err(), "back-pressure should have stopped this");
    client
}

/// The suite that all echo servers of the course pass.
fn conforms(runtime: fn() -> Runtime) {
    peer::echo::conforms(move |listener, limits, stop, report| {
        runtime().block_on(async {
            listener.set_nonblocking(true)?;
            let listener = TcpListener::from_std(listener)?;
            tokio_echo::serve(listener, limits, stop, report).await
        })
    });
}

#[test]
fn conforms_on_one_thread() {
    conforms(one_thread);
}

#[test]
fn conforms_on_a_thread_for_each_core() {
    conforms(|| Runtime::new().unwrap());
}

#[test]
fn the_session_is_the_one_in_the_book() {
    let mut server = Program::start(SERVER, &[ANY_PORT]);
    let address = server.address();
    let mut session = format!("$ cargo run -q --bin tokio-echo\nlistening on {address}\n");
    assert_eq!(echoed(address, "안녕하세요\n".as_bytes()).len(), 16);
    session += &server.line();
    session += "\n";
    let mut idle = connect(address);
    assert_served(&mut idle);
    let stopped = end(server, &mut idle);
    session += &format!("^C\n{stopped}");
    let session = session.replace(&address.to_string(), "127.0.0.1:7014");
    assert_transcript("tokio-echo.txt", &session, without_ports);
}

/// Ctrl-C: the client gets the end of the stream, and the program ends by itself.
fn end(server: Program, client: &mut TcpStream) -> String {
    let ended = server.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.errors);
    assert_eq!(client.read(&mut [0; 8]).unwrap(), 0);
    String::from_utf8(ended.output).unwrap()
}

#[test]
fn a_blocking_call_stops_the_neighbours() {
    let run = Program::start(BLOCKED_TASK, &[]).finish();
    assert!(run.status.success(), "{}", run.errors);
    let text = String::from_utf8(run.output).unwrap();
    let blocked = text.lines().nth(2).unwrap();
    let wait = blocked.split_whitespace().next().unwrap();
    // What is certain: the others wait less, unless the machine is busy.
    assert!(wait.parse::<u32>().unwrap() >= 290, "{text}");
    let session = format!("$ cargo run -q --bin blocked-task\n{text}");
    assert_transcript("blocked-task.txt", &session, without_figures);
}

#[test]
fn a_conversation_weighs_less_than_a_kibibyte() {
    let run = Program::start(TASK_SIZE, &[]).finish();
    assert!(run.status.success(), "{}", run.errors);
    let text = String::from_utf8(run.output).unwrap();
    let sizes: Vec<usize> = text
        .lines()
        .map(|line| line.split_once(':').unwrap().1)
        .map(|after| after.split_whitespace().next().unwrap().parse().unwrap())
        .collect();
    assert!(sizes[0] > 64 * 1024, "{text}");
    assert!(sizes[1] < 1024, "{text}");
    assert!(sizes[2] < 1024, "{text}");
    let session = format!("$ cargo run -q --bin task-size\n{text}");
    assert_transcript("task-size.txt", &session, without_figures);
}

/// Figures that differ from run to run, or from compiler to compiler, with the blanks before them.
fn without_figures(text: &str) -> String {
    let mut masked = String::new();
    for letter in text.chars() {
        match letter.is_ascii_digit() {
            true if masked.ends_with('#') => {}
            true => masked.push('#'),
            false if letter == ' ' && masked.ends_with(' ') => {}
            false => masked.push(letter),
        }
    }
    masked
}

#[test]
fn at_the_cap_clients_wait_in_the_backlog() {
    let server = Server::start(Limits {
        connections: 2,
        ..AMPLE
    });
    let mut first = connect(server.address);
    let mut second = connect(server.address);
    assert_served(&mut first);
    assert_served(&mut second);
    let mut third = connect(server.address);
    third.write_all(b"?").unwrap();
    third.set_read_timeout(Some(SHORT)).unwrap();
    assert!(third.read(&mut [0]).is_err(), "there was no place for it");
    drop(first);
    third.set_read_timeout(Some(DEADLINE)).unwrap();
    assert_eq!(third.read(&mut [0]).unwrap(), 1);
    // A reset frees a place as well.
    reset(second);
    assert_served(&mut connect(server.address));
    assert_eq!(server.stop(), 0);
}

#[test]
fn a_client_that_never_reads_is_given_up() {
    let server = Server::start(Limits {
        idle: 2 * SHORT,
        ..AMPLE
    });
    let greedy = non_reader(server.address);
    assert_eq!(server.ended().1.unwrap_err().kind(), ErrorKind::TimedOut);
    drop(greedy);
    assert_eq!(server.stop(), 0);
}

#[test]
fn a_reset_is_reported_and_harms_nobody() {
    let server = Server::start(AMPLE);
    let mut good = connect(server.address);
    assert_served(&mut good);
    let mut bad = connect(server.address);
    assert_served(&mut bad);
    let name = bad.local_addr().unwrap();
    reset(bad);
    let (address, outcome) = server.ended();
    assert_eq!(address, name);
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_served(&mut good);
    drop(good);
    assert_eq!(server.stop(), 0);
}

#[test]
fn a_stop_ends_streams_and_resets_none() {
    let server = Server::start(AMPLE);
    let mut idle = connect(server.address);
    assert_served(&mut idle);
    let mut sending = connect(server.address);
    assert_served(&mut sending);
    let address = server.address;
    let writer = thread::spawn(move || {
        // What it still sends is thrown away; it must not destroy what was sent to it.
        sending.write_all(&[b'x'; 4096]).unwrap();
        sending
    });
    let mut sending = writer.join().unwrap();
    assert_eq!(server.stop(), 0);
    assert_eq!(idle.read(&mut [0]).unwrap(), 0);
    let mut rest = Vec::new();
    sending.read_to_end(&mut rest).unwrap();
    assert!(rest.len() <= 4096);
    assert_nobody_listens(address);
}

#[test]
fn a_stop_before_the_start_counts() {
    let stop = Stop::new();
    stop.stop();
    let outcome = one_thread().block_on(async {
        let listener = TcpListener::bind(ANY_PORT).await.unwrap();
        tokio_echo::serve(listener, AMPLE, &stop, |_| {}).await
    });
    assert_eq!(outcome.unwrap(), 0);
}

#[test]
fn who_does_not_read_is_cut_off_and_told() {
    let server = Server::start(Limits {
        drain: SHORT,
        ..AMPLE
    });
    let greedy = non_reader(server.address);
    let name = greedy.local_addr().unwrap();
    server.stop.stop();
    let (address, outcome) = server.ended();
    assert_eq!(address, name);
    assert_eq!(outcome.unwrap_err().to_string(), "cut off");
    assert_eq!(server.stop(), 1);
}

#[test]
fn a_server_that_is_dropped_takes_its_tasks_along() {
    let (address, mut client, tasks) = one_thread().block_on(async {
        let listener = TcpListener::bind(ANY_PORT).await.unwrap();
        let address = listener.local_addr().unwrap();
        let client = tokio::task::spawn_blocking(move || {
            let mut client = connect(address);
            assert_served(&mut client);
            client
        });
        let stop = Stop::new();
        let client = tokio::select! {
            outcome = tokio_echo::serve(listener, AMPLE, &stop, |_| {}) => panic!("{outcome:?}"),
            client = client => client.unwrap(),
        };
        let handle = runtime::Handle::current();
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        (address, client, handle.metrics().num_alive_tasks())
    });
    assert_eq!(tasks, 0);
    assert!(matches!(client.read(&mut [0]), Ok(0)));
    assert_nobody_listens(address);
}

/// A program that may have so few descriptors, and as many clients.
#[cfg(target_os = "linux")]
fn exhausted() -> (Program, Vec<TcpStream>) {
    const DESCRIPTORS: usize = 40;
    let limited = format!("ulimit -n {DESCRIPTORS}; exec {SERVER} {ANY_PORT}");
    let mut server = Program::start("sh", &["-c", &limited]);
    let address = server.address();
    let mut clients: Vec<TcpStream> = (0..DESCRIPTORS).map(|_| connect(address)).collect();
    assert_served(&mut clients[0]);
    let line = server.line();
    assert!(
        line.starts_with("cannot accept: Too many open files"),
        "{line}"
    );
    (server, clients)
}

/// A server that may have so few descriptors accepts some clients, says why it cannot accept more,
/// does not spin meanwhile, and accepts the others when there are descriptors again.
#[cfg(target_os = "linux")]
#[test]
fn without_descriptors_it_pauses_and_goes_on() {
    let (server, mut clients) = exhausted();
    // The first is served all the while, and the last one when others have gone.
    assert_served(&mut clients[0]);
    let mut last = clients.pop().unwrap();
    clients.truncate(1);
    assert_served(&mut last);
    assert_served(&mut clients[0]);
    let ended = server.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.errors);
}

#[cfg(target_os = "linux")]
#[test]
fn a_stop_during_the_pause_counts() {
    let (server, mut clients) = exhausted();
    end(server, &mut clients[0]);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_server_that_has_a_non_reader() {
    let mut server = Program::start(SERVER, &[ANY_PORT]);
    let address = server.address();
    let greedy = non_reader(address);
    let mut idle = connect(address);
    assert_served(&mut idle);
    let output = end(server, &mut idle);
    assert!(
        output.ends_with("stopped; 1 conversations were cut off\n"),
        "{output}"
    );
    drop(greedy);
}

#[test]
fn a_port_in_use_is_a_sentence() {
    let mut first = Program::start(SERVER, &[ANY_PORT]);
    assert_port_in_use(SERVER, first.address());
}

#[test]
fn help_names_the_program_and_its_address() {
    assert_help(SERVER, "tokio-echo [ADDRESS]", "127.0.0.1:7014");
    assert_help(BLOCKED_TASK, "blocked-task [ADDRESS]", ANY_PORT);
    assert_help(TASK_SIZE, "task-size [ADDRESS]", ANY_PORT);
}
