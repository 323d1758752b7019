//! Lesson 09 from the outside: its servers with the clients that networks have, its pool, and what
//! they leave behind.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the verdict")]

#[path = "../../../01-first-socket/tests/lesson/programs.rs"]
#[allow(dead_code, reason = "these servers end well when Ctrl-C asks them to")]
mod programs;

mod policy;
mod pool;
mod sessions;

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use programs::{ANY_PORT, DEADLINE, assert_nobody_listens, connect, reset};
use threads::{Limits, News, Stop};

/// For what will certainly not happen: how long we let it.
const SHORT: Duration = Duration::from_millis(100);
/// Bytes. More than the kernel's buffers hold for one connection, both directions together.
const MORE_THAN_BUFFERS_HOLD: usize = 64 * 1024 * 1024;

/// Bytes that the server's kernel holds for one connection, in each direction.
const BUFFER: usize = 64 * 1024;

/// What no test here should reach.
const GENEROUS: Limits = Limits {
    connections: 64,
    idle: DEADLINE,
    drain: DEADLINE,
};

#[derive(Clone, Copy, Debug)]
enum Engine {
    Threaded,
    Pool,
}

const BOTH: [Engine; 2] = [Engine::Threaded, Engine::Pool];

/// A server that runs in the background.
struct Server {
    address: SocketAddr,
    stop: Stop,
    news: Receiver<News>,
    ended: JoinHandle<io::Result<usize>>,
}

impl Server {
    fn start(engine: Engine, limits: Limits) -> Self {
        let listener = TcpListener::bind(ANY_PORT).unwrap();
        // What accept returns has these buffers too. Left alone, they grow, and for how long a
        // server can write to a client that does not read is anybody's guess.
        let listening = socket2::SockRef::from(&listener);
        listening.set_send_buffer_size(BUFFER).unwrap();
        listening.set_recv_buffer_size(BUFFER).unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Stop::new();
        let asked = stop.clone();
        let (sender, news) = mpsc::channel();
        let report = move |news| {
            let _ = sender.send(news);
        };
        let ended = thread::spawn(move || match engine {
            Engine::Threaded => threads::threaded::serve(listener, limits, &asked, report),
            Engine::Pool => threads::pool::serve(listener, limits, &asked, report),
        });
        Self {
            address,
            stop,
            news,
            ended,
        }
    }

    /// How the next conversation ended.
    fn ended(&self) -> io::Result<u64> {
        match self.news.recv_timeout(DEADLINE).unwrap() {
            News::Ended(_, outcome) => outcome,
            other => panic!("a conversation should have ended, not {other:?}"),
        }
    }

    /// Asks it to stop, and returns how many conversations it cut off.
    fn stop(self) -> usize {
        self.stop.stop();
        self.returned().unwrap()
    }

    fn returned(self) -> io::Result<usize> {
        let started = Instant::now();
        while !self.ended.is_finished() {
            assert!(started.elapsed() < DEADLINE, "serve should have returned");
            thread::sleep(Duration::from_millis(2));
        }
        self.ended.join().unwrap()
    }
}

/// What a good client gets back for `bytes`.
fn echoed(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let stream = connect(address);
    (&stream).write_all(bytes).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    rest(&stream)
}

/// Everything until the end of the stream.
fn rest(mut stream: &TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    bytes
}

/// Says `word` and hears it: from now on, somebody serves this client.
fn greet(mut stream: &TcpStream, word: &[u8]) {
    stream.write_all(word).unwrap();
    let mut answer = vec![0; word.len()];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(answer, word);
}

/// Nothing comes for a while.
fn hears_nothing(mut stream: &TcpStream) {
    stream.set_read_timeout(Some(SHORT)).unwrap();
    let kind = stream.read(&mut [0]).unwrap_err().kind();
    assert!(
        [ErrorKind::WouldBlock, ErrorKind::TimedOut].contains(&kind),
        "{kind:?}"
    );
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
}

#[test]
fn threaded_does_what_every_echo_server_does() {
    peer::echo::conforms(|listener, limits, stop, report| {
        threads::threaded::serve(listener, limits, stop, report)
    });
}

#[test]
fn pool_does_what_every_echo_server_does() {
    peer::echo::conforms(|listener, mut limits, stop, report| {
        // A worker for each of the clients that come, and not 1,000 for every case.
        limits.connections = limits.connections.min(GENEROUS.connections);
        threads::pool::serve(listener, limits, stop, report)
    });
}

#[test]
fn serves_many_while_one_is_idle() {
    for engine in BOTH {
        let server = Server::start(engine, GENEROUS);
        let idle = connect(server.address);
        let clients: Vec<_> = (0..20).map(|_| connect(server.address)).collect();
        for (number, client) in clients.iter().enumerate().rev() {
            greet(client, format!("client {number}").as_bytes());
        }
        drop(clients);
        for _ in 0..20 {
            assert!(server.ended().is_ok());
        }
        greet(&idle, b"still there");
        drop(idle);
        assert_eq!(server.ended().unwrap(), 11);
        assert_eq!(server.stop(), 0);
    }
}

#[test]
fn a_failed_client_harms_nobody() {
    for engine in BOTH {
        let server = Server::start(engine, GENEROUS);
        let good = connect(server.address);
        greet(&good, b"before");
        let leaving = connect(server.address);
        greet(&leaving, b"one");
        reset(leaving);
        let error = server.ended().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        greet(&good, b"after");
        assert_eq!(echoed(server.address, b"new"), b"new");
        assert_eq!(server.ended().unwrap(), 3);
        drop(good);
        assert_eq!(server.ended().unwrap(), 11);
        assert_eq!(server.stop(), 0);
    }
}

#[test]
fn at_the_cap_the_next_client_waits_for_a_place() {
    for engine in BOTH {
        let limits = Limits {
            connections: 2,
            ..GENEROUS
        };
        let server = Server::start(engine, limits);
        let first = connect(server.address);
        greet(&first, b"1");
        let second = connect(server.address);
        greet(&second, b"2");
        let mut third = connect(server.address); // It is in the backlog.
        third.write_all(b"3").unwrap();
        hears_nothing(&third);
        drop(first);
        let mut answer = [0];
        third.read_exact(&mut answer).unwrap();
        assert_eq!(answer, *b"3");
        // A client that is reset gives its place back, too.
        let mut fourth = connect(server.address);
        fourth.write_all(b"4").unwrap();
        hears_nothing(&fourth);
        reset(second);
        fourth.read_exact(&mut answer).unwrap();
        assert_eq!(answer, *b"4");
        assert_eq!(server.stop(), 0);
    }
}

#[test]
fn gives_up_who_never_writes_and_who_never_reads() {
    for engine in BOTH {
        let limits = Limits {
            idle: SHORT,
            ..GENEROUS
        };
        let server = Server::start(engine, limits);
        let silent = connect(server.address);
        let error = server.ended().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert_eq!(error.to_string(), "nothing moved for 100ms");
        drop(silent);

        let mut greedy = connect(server.address);
        // Its write ends with an error as soon as the server has given it up.
        let written = greedy.write_all(&vec![b'x'; MORE_THAN_BUFFERS_HOLD]);
        assert!(written.is_err());
        assert_eq!(server.ended().unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(server.stop(), 0);
    }
}

#[test]
fn stop_ends_idle_clients_at_once_and_politely() {
    for engine in BOTH {
        let server = Server::start(engine, GENEROUS);
        let silent = connect(server.address);
        let talker = connect(server.address);
        greet(&talker, b"hello");
        greet(&silent, b"!");
        let address = server.address;
        assert_eq!(server.stop(), 0);
        assert_eq!(rest(&silent), b"");
        assert_eq!(rest(&talker), b"");
        assert_nobody_listens(address);
    }
}

#[test]
fn stop_wakes_a_server_wherever_it_waits() {
    for engine in BOTH {
        // In accept.
        let server = Server::start(engine, GENEROUS);
        assert_eq!(echoed(server.address, b"x"), b"x");
        assert_eq!(server.stop(), 0);
        // Before it has begun.
        let server = Server::start(engine, GENEROUS);
        assert_eq!(server.stop(), 0);
        // At the cap, and with others in the backlog.
        let limits = Limits {
            connections: 1,
            ..GENEROUS
        };
        let server = Server::start(engine, limits);
        let first = connect(server.address);
        greet(&first, b"1");
        let waiting = connect(server.address);
        assert_eq!(server.stop(), 0);
        assert_eq!(rest(&first), b"");
        let end = (&waiting).read(&mut [0]).unwrap_err();
        assert_eq!(end.kind(), ErrorKind::ConnectionReset);
    }
}

#[test]
fn stop_wakes_a_server_on_every_address() {
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let stop = Stop::new();
    let asked = stop.clone();
    let ended = thread::spawn(move || threads::threaded::serve(listener, GENEROUS, &asked, |_| ()));
    stop.stop();
    assert_eq!(ended.join().unwrap().unwrap(), 0);
}

#[test]
fn a_listener_that_fails_for_good_ends_the_server() {
    for engine in BOTH {
        let listener = TcpListener::bind(ANY_PORT).unwrap();
        // Nobody waits for a connection here: the error is one that will not pass.
        listener.set_nonblocking(true).unwrap();
        let (stop, report) = (Stop::new(), |_| ());
        let outcome = match engine {
            Engine::Threaded => threads::threaded::serve(listener, GENEROUS, &stop, report),
            Engine::Pool => threads::pool::serve(listener, GENEROUS, &stop, report),
        };
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::WouldBlock);
    }
}
