//! The whole server: what is special in this engine. What all echo servers have in common is
//! tested by `peer`.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nonblocking::{HIGH_WATER_MARK, Poll, Wait, Watched, serve_spinning, serve_with};
use threads::{Limits, News, Stop};

use crate::SERVER;
use crate::programs::{
    ANY_PORT, DEADLINE, Program, assert_transcript, connect, reset, without_ports,
};

/// A server in the background that says what it waits for.
struct Running {
    address: SocketAddr,
    stop: Stop,
    news: Receiver<News>,
    server: JoinHandle<io::Result<usize>>,
    /// How often it has waited.
    waits: Arc<AtomicUsize>,
}

struct Counted(Poll, Arc<AtomicUsize>);

impl Wait for Counted {
    fn wait(&mut self, watched: &mut [Watched<'_>], timeout: Option<Duration>) -> io::Result<()> {
        self.1.fetch_add(1, SeqCst);
        self.0.wait(watched, timeout)
    }
}

fn start(limits: Limits) -> Running {
    let listener = TcpListener::bind(ANY_PORT).unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, news) = mpsc::channel();
    let (stop, waits) = (Stop::new(), Arc::new(AtomicUsize::new(0)));
    let wait = Counted(Poll::new(&stop).unwrap(), Arc::clone(&waits));
    let asked = stop.clone();
    let server = thread::spawn(move || {
        serve_with(wait, listener, limits, &asked, move |news| {
            sender.send(news).unwrap();
        })
    });
    Running {
        address,
        stop,
        news,
        server,
        waits,
    }
}

impl Running {
    fn next(&self) -> News {
        self.news.recv_timeout(DEADLINE).unwrap()
    }

    fn stopped(self) -> usize {
        self.stop.stop();
        self.server.join().unwrap().unwrap()
    }
}

/// A client whose echo works.
fn talking(address: SocketAddr) -> TcpStream {
    let mut client = connect(address);
    assert_echo(&mut client);
    client
}

#[track_caller]
fn assert_echo(client: &mut TcpStream) {
    client.write_all(b"hello").unwrap();
    let mut answer = [0; 5];
    client.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"hello");
}

/// Fills all buffers between this client and the server with echo that nobody reads.
fn flood(client: &TcpStream) {
    client
        .set_write_timeout(Some(Duration::from_millis(100)))
        .unwrap();
    while (&mut &*client).write(&[b'x'; 64 * 1024]).is_ok() {}
}

#[test]
fn the_session_is_the_one_in_the_book() {
    let mut server = Program::start(SERVER, &[ANY_PORT]);
    let address = server.address();
    let mut silent = connect(address);
    let mut client = connect(address);
    assert_echo(&mut client);
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
    let first = server.line();
    assert!(first.ends_with(": echoed 5 bytes"), "{first}");
    reset(talking(address));
    let second = server.line();
    assert!(second.contains("reset"), "{second}");

    // Ctrl-C: the silent client gets the end of the stream.
    let ended = server.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.errors);
    assert_eq!(silent.read(&mut [0]).unwrap(), 0);
    let rest = String::from_utf8(ended.output).unwrap();
    let session = format!(
        "$ cargo run -q --bin nonblocking-echo\nlistening on 127.0.0.1:7011\n{first}\n{second}\n\
         (Ctrl-C)\n{rest}"
    );
    assert_transcript("nonblocking-echo.txt", &session, without_ports);
}

#[test]
fn ctrl_c_cuts_off_who_never_reads() {
    let mut server = Program::start(SERVER, &[ANY_PORT]);
    let address = server.address();
    let mut idle = talking(address);
    let greedy = connect(address);
    flood(&greedy);
    let ended = server.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.errors);
    assert_eq!(idle.read(&mut [0]).unwrap(), 0);
    let text = String::from_utf8(ended.output).unwrap();
    assert!(
        text.ends_with("stopped; conversations that were cut off: 1\n"),
        "{text}"
    );
}

#[test]
fn it_does_not_wake_up_while_nothing_happens() {
    let server = start(Limits::USUAL);
    let mut clients: Vec<TcpStream> = (0..20).map(|_| talking(server.address)).collect();
    // One of them does not read its echo, so the server waits for it to become writable.
    flood(&clients[0]);
    assert_echo(&mut clients[1]);
    let mut before = server.waits.load(SeqCst);
    // It may still have had something to do for the last one.
    loop {
        thread::sleep(Duration::from_millis(200));
        let after = server.waits.load(SeqCst);
        if after == before {
            break;
        }
        assert!(after - before < 100, "it spins");
        before = after;
    }
    drop(clients);
    server.stopped();
}

#[test]
fn at_the_cap_it_does_not_even_look_at_the_backlog() {
    let server = start(Limits {
        connections: 1,
        ..Limits::USUAL
    });
    let first = talking(server.address);
    let mut second = connect(server.address);
    second.write_all(b"hello").unwrap();
    let before = server.waits.load(SeqCst);
    thread::sleep(Duration::from_millis(100));
    // With the listener among the watched, poll(2) would return at once, again and again.
    assert!(server.waits.load(SeqCst) <= before + 1);
    drop(first);
    let mut answer = [0; 5];
    second.read_exact(&mut answer).unwrap();
    assert!(matches!(server.next(), News::Ended(_, Ok(5))));
    server.stopped();
}

#[test]
fn a_client_that_does_not_read_costs_no_more_than_the_mark() {
    let server = start(Limits::USUAL);
    let mut greedy = talking(server.address);
    flood(&greedy);
    // What the kernels hold, and one mark. Then all of it comes back.
    let mut other = talking(server.address);
    greedy.shutdown(Shutdown::Write).unwrap();
    let echoed = io::copy(&mut greedy, &mut io::sink()).unwrap();
    assert!(echoed > HIGH_WATER_MARK as u64);
    let News::Ended(_, Ok(count)) = server.next() else {
        panic!("it should have ended well");
    };
    assert_eq!(count, echoed + 5);
    assert_echo(&mut other);
    assert_eq!(server.stopped(), 0);
}

/// A server that may open few descriptors, and has more clients than that.
#[test]
#[cfg(unix)]
fn without_descriptors_it_pauses_and_serves_the_others() {
    let script = format!("ulimit -n 16; exec {SERVER} {ANY_PORT}");
    let mut server = Program::start("sh", &["-c", &script]);
    let address = server.address();
    let mut clients: Vec<TcpStream> = (0..32).map(|_| connect(address)).collect();
    assert_echo(&mut clients[0]);
    let sentence = "cannot accept, will try again: ";
    for _ in 0..3 {
        let line = server.line();
        assert!(line.starts_with(sentence), "{line}");
        assert_echo(&mut clients[0]); // Those who are in are served all the while.
    }
    // Everybody comes in when others leave.
    for mut client in clients {
        assert_echo(&mut client);
    }
    let ended = server.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.errors);
}

#[test]
fn a_stop_from_before_the_start_counts() {
    let stop = Stop::new();
    stop.stop();
    let listener = TcpListener::bind(ANY_PORT).unwrap();
    let cut_off = nonblocking::serve(listener, Limits::USUAL, &stop, |_| {});
    assert_eq!(cut_off.unwrap(), 0);
}

#[test]
fn it_does_what_every_echo_server_of_the_course_does() {
    peer::echo::conforms(nonblocking::serve);
}

/// Wakes up when something happens, and then takes everybody for ready.
struct FalseAlarms(Poll);

impl Wait for FalseAlarms {
    fn wait(&mut self, watched: &mut [Watched<'_>], timeout: Option<Duration>) -> io::Result<()> {
        self.0.wait(watched, timeout)?;
        watched.iter_mut().for_each(|socket| socket.ready = true);
        Ok(())
    }
}

#[test]
fn false_alarms_do_no_harm() {
    peer::echo::conforms(|listener, limits, stop: &Stop, report| {
        serve_with(
            FalseAlarms(Poll::new(stop)?),
            listener,
            limits,
            stop,
            report,
        )
    });
}

#[test]
fn the_one_that_spins_echoes_too() {
    let listener = TcpListener::bind(ANY_PORT).unwrap();
    let address = listener.local_addr().unwrap();
    let stop = Stop::new();
    let asked = stop.clone();
    let server = thread::spawn(move || serve_spinning(listener, Limits::USUAL, &asked, |_| {}));
    let mut client = talking(address);
    stop.stop();
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
    assert_eq!(server.join().unwrap().unwrap(), 0);
}
