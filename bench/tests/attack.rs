//! Attacks every server in every way that a network allows, and looks whether it still serves afterwards, with as many
//! descriptors and as much memory as before.
//!
//! The servers of Part I talk with one client at a time, so a client that says nothing holds up the others until the
//! server gives it up. In the programs that takes seconds; here the servers get a shorter patience.
//!
//! Those of Part II have many conversations, so honest clients are served all the time: a witness talks with them while
//! they are attacked. In the end they are asked to stop, and leave no thread.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may stop at what should not happen"
)]

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use bench::servers::{self, Protocol, Server};
use socket2::SockRef;
use threads::{Limits, Stop};

/// What the servers bear of a silent client.
const IDLE: Duration = Duration::from_millis(20);
/// How long an honest client waits for its turn: all that waited before it must be given up first.
const PATIENCE: Duration = Duration::from_secs(30);

const CONNECTS: usize = 5_000;
/// How long they go on at most: while the backlog is full, a kernel asks again only after a second.
const CONNECTING: Duration = Duration::from_secs(3);
const RESETS: usize = 100;
const IDLERS: usize = 300;
/// Before a server that talks with one client at a time: fewer than its backlog (128), or the attack
/// tests for how long a kernel waits before it asks for a connection again.
const IDLERS_IN_LINE: usize = 100;
/// Clients that do not read, all at once.
const NON_READERS: usize = 10;
const GARBAGE: usize = 64 * 1024;
/// Bytes; more than kernels hold.
const FLOOD: usize = 64 * 1024 * 1024;
/// How long a trickler goes on, a byte at a time.
const TRICKLE: Duration = Duration::from_secs(1);

/// Descriptors that a server of many conversations may need besides them: for its loop and what wakes it.
const OWN_DESCRIPTORS: usize = 32;

/// Bytes of resident memory that may stay with the allocator and with idle threads.
const MEMORY_SLACK: usize = 8 * 1024 * 1024;

/// A server under attack, and how an honest client talks with it.
struct Target {
    name: &'static str,
    /// Something that a client may say; it is said without end by one that never reads. It is long enough
    /// that kernels' buffers are full soon: a server of one client at a time works through all ten of them
    /// before it is an honest client's turn.
    word: &'static [u8],
    serve: Serve,
    /// One whole conversation; an error when the server does not keep its side.
    talk: fn(TcpStream) -> io::Result<()>,
}

impl Target {
    fn is_chat(&self) -> bool {
        matches!(self.serve, Serve::Many(server) if server.protocol == Protocol::Chat)
    }
}

#[derive(Clone, Copy)]
enum Serve {
    /// One client at a time, for ever.
    OneByOne(fn(TcpListener) -> io::Result<()>),
    /// Many at a time, until it is asked to stop.
    Many(&'static Server),
}

/// What servers of many clients bear here: more clients than an attack has, and all the time that it takes.
const LIMITS: Limits = Limits {
    connections: 500,
    idle: PATIENCE,
    drain: PATIENCE,
};

/// Every server of Part II.
fn many() -> impl Iterator<Item = Target> {
    servers::ALL.iter().map(|server| Target {
        name: server.name,
        word: match server.protocol {
            Protocol::Echo => LINE,
            Protocol::Chat => b"\0\0\0\x01x",
        },
        serve: Serve::Many(server),
        talk: match server.protocol {
            Protocol::Echo => echoes,
            Protocol::Chat => chats,
        },
    })
}

/// 64 bytes.
const LINE: &[u8] = b"...............................................................\n";

/// Every server of Part I.
const ONE_BY_ONE: &[Target] = &[
    Target {
        name: "hello-server",
        word: LINE,
        serve: Serve::OneByOne(|listener| {
            first_socket::serve(&listener, IDLE, |_, _| ControlFlow::Continue(()))
        }),
        talk: |mut stream| {
            let mut greeting = String::new();
            stream.read_to_string(&mut greeting)?;
            right(greeting == format!("hello, {}\n", stream.local_addr()?))
        },
    },
    Target {
        name: "echo-server",
        word: LINE,
        serve: Serve::OneByOne(|listener| {
            tcp_echo::serve(&listener, IDLE, |_, _| ControlFlow::Continue(()))
        }),
        talk: echoes,
    },
    Target {
        name: "frame-server",
        word: b"\0\0\0\x40................................................................",
        serve: Serve::OneByOne(|listener| {
            framing::serve(&listener, IDLE, |_, _| ControlFlow::Continue(()))
        }),
        talk: |mut stream| {
            let mut frames = framing::Frames::new(framing::MAX_FRAME);
            let answer = framing::ask(&mut stream, &mut frames, "안녕하세요".as_bytes())?;
            right(answer == "안녕하세요".as_bytes())
        },
    },
    Target {
        name: "upload-server",
        word: LINE,
        serve: Serve::OneByOne(|listener| {
            closing::serve(&listener, IDLE, |_, _| ControlFlow::Continue(()))
        }),
        talk: |mut stream| {
            let mut reply = String::new();
            stream.write_all("안녕하세요".as_bytes())?;
            stream.shutdown(Shutdown::Write)?;
            stream.read_to_string(&mut reply)?;
            right(reply == "received 15 bytes\n")
        },
    },
    Target {
        name: "liveness",
        word: LINE,
        serve: Serve::OneByOne(|listener| {
            let limits = timeouts::Limits {
                interval: IDLE / 2,
                patience: IDLE,
                line: IDLE,
                reply: IDLE,
            };
            timeouts::serve(&listener, limits, |_, _| ControlFlow::Continue(()))
        }),
        talk: |mut stream| {
            // The server may ask whether we are there before it has read our line.
            let mut reply = String::new();
            stream.write_all("안녕하세요\n".as_bytes())?;
            stream.shutdown(Shutdown::Write)?;
            stream.read_to_string(&mut reply)?;
            right(
                reply
                    .lines()
                    .filter(|line| *line != "ping")
                    .eq(["안녕하세요"]),
            )
        },
    },
];

fn echoes(mut stream: TcpStream) -> io::Result<()> {
    let mut echo = String::new();
    stream.write_all("안녕하세요".as_bytes())?;
    stream.shutdown(Shutdown::Write)?;
    stream.read_to_string(&mut echo)?;
    right(echo == "안녕하세요")
}

/// Comes into the room under a name that nobody has, says something and hears it among all the rest.
fn chats(mut stream: TcpStream) -> io::Result<()> {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let name = format!("honest{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let mut frames = framing::Frames::new(framing::MAX_FRAME);
    let welcome = framing::ask(&mut stream, &mut frames, name.as_bytes())?;
    right(welcome.starts_with(b"welcome"))?;
    let said = format!("said {name} 안녕하세요");
    let mut heard = framing::ask(&mut stream, &mut frames, "안녕하세요".as_bytes())?;
    while heard != said.as_bytes() {
        // What is empty is no message: it only waits for the next one.
        heard = framing::ask(&mut stream, &mut frames, b"")?;
    }
    Ok(())
}

fn right(answer: bool) -> io::Result<()> {
    if answer {
        Ok(())
    } else {
        Err(io::Error::new(
            ErrorKind::InvalidData,
            "not the right answer",
        ))
    }
}

/// One test, so that nothing else in this process opens descriptors meanwhile.
#[test]
fn every_server_survives_every_attack() {
    datagrams_do_not_hurt();
    for target in ONE_BY_ONE {
        survives(target);
    }
    for target in many() {
        survives(&target);
    }
}

fn survives(target: &Target) {
    let empty = Resources::now();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (serve, stop) = (target.serve, Stop::new());
    let (asked, before) = (stop.clone(), Resources::now());
    let server = thread::Builder::new()
        .name(target.name.to_owned())
        .spawn(move || match serve {
            Serve::OneByOne(serve) => serve(listener).map(|()| 0),
            Serve::Many(server) => (server.serve)(listener, LIMITS, &asked, Box::new(drop)),
        })
        .unwrap();
    let served = |after: &str| {
        let talked = connect(address).and_then(target.talk);
        assert!(
            talked.is_ok() && !server.is_finished(),
            "{} after {after}: {talked:?}",
            target.name
        );
    };
    served("nothing at all");
    let mut memory = None;
    for (attack, name) in ATTACKS {
        let started = Instant::now();
        let (done, others) = (AtomicBool::new(false), AtomicUsize::new(0));
        thread::scope(|scope| {
            let _done = SetOnDrop(&done);
            // In the crowd there is so much to hear that a chat rightly puts out who does not keep up.
            let is_too_loud = target.is_chat() && *name == CROWD;
            if matches!(target.serve, Serve::Many(_)) && !is_too_loud {
                scope.spawn(|| {
                    while !done.load(Ordering::Relaxed) {
                        served(name);
                        others.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            // What the attack holds open stays open while an honest client waits for its turn.
            let held = attack(address, target);
            served(name);
            drop(held);
        });
        println!(
            "{:<17}{name:<34}{:>6.2} s, and {} conversations meanwhile",
            target.name,
            started.elapsed().as_secs_f64(),
            others.into_inner()
        );
        // After thousands of clients, what the server needs anyway (each thread's stack) is there already.
        memory.get_or_insert(Resources::now().memory);
    }
    let memory = memory.unwrap_or_default();
    let own = match target.serve {
        Serve::OneByOne(_) => 0,
        Serve::Many(_) => OWN_DESCRIPTORS,
    };
    let after = Resources::settled(before.descriptors + own);
    println!("{:<17}{before:?} -> {after:?}", target.name);
    assert!(
        after.descriptors <= before.descriptors + own,
        "{} leaks descriptors",
        target.name
    );
    assert!(
        after.memory <= memory + MEMORY_SLACK,
        "{} keeps memory: {memory} bytes, then {after:?}",
        target.name
    );
    if let Serve::Many(_) = target.serve {
        stop.stop();
        let cut = server.join().unwrap().unwrap();
        assert_eq!(cut, 0, "{}: nobody was there", target.name);
        let end = Resources::now();
        assert_eq!(
            (end.descriptors, end.threads),
            (empty.descriptors, empty.threads),
            "{} leaves something behind",
            target.name
        );
    }
}

/// Ends the witness, also when the attack has failed.
struct SetOnDrop<'a>(&'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The server of lesson 05 has no connections, so it is attacked by what it can get: datagrams.
fn datagrams_do_not_hurt() {
    let descriptors = Resources::now().descriptors;
    let attacker = UdpSocket::bind("127.0.0.1:0").unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let server = thread::spawn(move || {
        udp::serve(&socket, |_, answered| match answered {
            Ok(count) if count == LAST.len() => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        })
    });
    let served = |after: &str| {
        let client = UdpSocket::bind("127.0.0.1:0").unwrap();
        client.connect(address).unwrap();
        let mut buffer = [0; 2048];
        let end = Instant::now() + PATIENCE;
        // A question may be lost, in a full queue above all: the client of UDP asks again.
        while Instant::now() < end {
            match udp::ask(&client, "안녕".as_bytes(), &mut buffer, ASK_AGAIN) {
                Ok(answer) => return assert_eq!(answer, "안녕".as_bytes(), "after {after}"),
                Err(error) => assert_eq!(error.kind(), ErrorKind::TimedOut, "after {after}"),
            }
        }
        assert!(
            Instant::now() < end,
            "udp-echo does not answer after {after}"
        );
    };
    served("nothing at all");
    let before = Resources::now();
    let mut random = fastrand::Rng::with_seed(GARBAGE as u64);
    for length in [0, 1, 1_200, 1_201, udp::LARGEST_PAYLOAD] {
        let mut bytes = vec![0; length];
        random.fill(&mut bytes);
        for _ in 0..CONNECTS {
            // The answers are never read, so they fill this socket's queue and are dropped.
            attacker.send_to(&bytes, address).unwrap();
        }
        served(&format!("{CONNECTS} datagrams of {length} bytes"));
    }
    // Clients that are gone when their answer comes: their ports are closed.
    for _ in 0..IDLERS {
        let gone = UdpSocket::bind("127.0.0.1:0").unwrap();
        gone.send_to(b"are you there?", address).unwrap();
    }
    served("300 clients that left");
    let after = Resources::now();
    println!("{:<17}{before:?} -> {after:?}", "udp-echo");
    assert_eq!(
        after.descriptors, before.descriptors,
        "udp-echo leaks descriptors"
    );
    assert!(
        after.memory <= before.memory + MEMORY_SLACK,
        "udp-echo keeps memory"
    );

    attacker.send_to(LAST, address).unwrap();
    let end = Instant::now() + PATIENCE;
    while !server.is_finished() && Instant::now() < end {
        attacker.send_to(LAST, address).unwrap();
        thread::sleep(IDLE);
    }
    server.join().unwrap().unwrap();
    drop(attacker);
    assert_eq!(
        Resources::now().descriptors,
        descriptors,
        "a socket was left behind"
    );
}

/// Ends the server of [`datagrams_do_not_hurt`], by its length.
const LAST: &[u8] = &[b'.'; 777];

/// How long a client of UDP waits for an answer before it asks again.
const ASK_AGAIN: Duration = Duration::from_millis(200);

/// An honest client's connection, with a deadline on everything.
fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

fn attacker(address: SocketAddr) -> TcpStream {
    connect(address).expect("the server still lets clients connect")
}

/// Ends the connection with a reset: socket(7), SO_LINGER.
fn reset(stream: TcpStream) {
    SockRef::from(&stream)
        .set_linger(Some(Duration::ZERO))
        .unwrap();
}

/// What it returns is held open.
type Attack = fn(SocketAddr, &Target) -> Vec<TcpStream>;

const CROWD: &str = "10 that never read";

const ATTACKS: &[(Attack, &str)] = &[
    (connects_and_closes, "up to 5,000 connects and closes"),
    (resets_at_every_step, "400 resets, at every step"),
    (idles, "idle clients"),
    (trickles, "a trickler"),
    (never_reads, "a client that never reads"),
    (crowds, CROWD),
    (talks_garbage, "garbage"),
    (claims_too_much, "lengths that are lies"),
];

fn connects_and_closes(address: SocketAddr, _: &Target) -> Vec<TcpStream> {
    let end = Instant::now() + CONNECTING;
    (0..CONNECTS)
        .take_while(|_| Instant::now() < end)
        .for_each(|_| drop(attacker(address)));
    Vec::new()
}

fn resets_at_every_step(address: SocketAddr, _: &Target) -> Vec<TcpStream> {
    for _ in 0..RESETS {
        reset(attacker(address));

        let mut in_the_middle = attacker(address);
        // The server may have reset the connection first; then this attack is over already.
        let _ = in_the_middle.write_all(b"he");
        reset(in_the_middle);

        let mut unread = attacker(address);
        let _ = unread.write_all(&[b'x'; 4096]);
        let _ = unread.read(&mut [0; 1]);
        reset(unread);

        let ended = attacker(address);
        let _ = ended.shutdown(Shutdown::Write);
        reset(ended);
    }
    Vec::new()
}

fn idles(address: SocketAddr, target: &Target) -> Vec<TcpStream> {
    let idlers = match target.serve {
        Serve::OneByOne(_) => IDLERS_IN_LINE,
        Serve::Many(_) => IDLERS,
    };
    (0..idlers).map(|_| attacker(address)).collect()
}

fn trickles(address: SocketAddr, _: &Target) -> Vec<TcpStream> {
    let mut stream = attacker(address);
    let end = Instant::now() + TRICKLE;
    while Instant::now() < end && stream.write_all(b"x").is_ok() {
        // Not for luck: this is the attack, a byte just before the server loses its patience.
        thread::sleep(IDLE / 2);
    }
    vec![stream]
}

fn never_reads(address: SocketAddr, target: &Target) -> Vec<TcpStream> {
    let mut stream = attacker(address);
    stream.set_write_timeout(Some(IDLE)).unwrap();
    // Until the kernels' buffers are full, or the server gives up.
    let piece = target.word.repeat(1024);
    let _ = (0..FLOOD / piece.len()).try_for_each(|_| stream.write_all(&piece));
    vec![stream]
}

/// Clients that do not read. In a chat they are members, and there is much that they do not hear.
fn crowds(address: SocketAddr, target: &Target) -> Vec<TcpStream> {
    if !target.is_chat() {
        return (0..NON_READERS)
            .flat_map(|_| never_reads(address, target))
            .collect();
    }
    let deaf = (0..NON_READERS).map(|number| {
        let mut stream = attacker(address);
        let _ = stream.write_all(&frame(format!("deaf{number}").as_bytes()));
        stream
    });
    let deaf: Vec<TcpStream> = deaf.collect();
    // One talks, and does not go on before it has heard itself and another one has heard it too. So
    // both keep up, whatever the machine does, and must hear everything until the end.
    let [mut loud, mut ear] = [b"loud", b"ear!"].map(|name| {
        let (mut stream, mut frames) =
            (attacker(address), framing::Frames::new(framing::MAX_FRAME));
        let welcome = framing::ask(&mut stream, &mut frames, name).unwrap();
        assert!(welcome.starts_with(b"welcome"));
        (stream, frames)
    });
    let text = [b'x'; 4096];
    for _ in 0..FLOOD / 8 / text.len() {
        let mut question = &text[..];
        for (stream, frames) in [&mut loud, &mut ear] {
            // What is empty is no message: it only waits for the next one.
            while !framing::ask(stream, frames, question)
                .unwrap()
                .ends_with(&text)
            {
                question = b"";
            }
            question = b"";
        }
    }
    deaf
}

fn frame(payload: &[u8]) -> Vec<u8> {
    let mut frames = framing::Frames::new(framing::MAX_FRAME);
    frames.send_frame(payload).unwrap();
    frames.data_to_send().to_vec()
}

fn talks_garbage(address: SocketAddr, _: &Target) -> Vec<TcpStream> {
    let mut random = fastrand::Rng::with_seed(GARBAGE as u64);
    for length in [1, 100, GARBAGE] {
        let mut bytes = vec![0; length];
        random.fill(&mut bytes);
        let mut stream = attacker(address);
        stream.set_write_timeout(Some(IDLE)).unwrap();
        let _ = stream.write_all(&bytes);
    }
    Vec::new()
}

/// The largest numbers that a length prefix can hold, and texts that never end.
fn claims_too_much(address: SocketAddr, _: &Target) -> Vec<TcpStream> {
    for claim in [
        &[0xff; 4][..],
        &[0x7f, 0xff, 0xff, 0xff],
        &[0xff; 16],
        &[b'9'; 4096],
    ] {
        let mut stream = attacker(address);
        let _ = stream.write_all(claim);
        let _ = stream.shutdown(Shutdown::Write);
        let _ = stream.set_read_timeout(Some(IDLE * 10));
        let _ = stream.read(&mut [0; 64]);
    }
    Vec::new()
}

#[derive(Debug)]
struct Resources {
    descriptors: usize,
    threads: usize,
    /// Bytes.
    memory: usize,
}

impl Resources {
    /// Source: proc_pid_fd(5), proc_pid_status(5). Elsewhere than on Linux nothing is counted.
    fn now() -> Resources {
        let descriptors = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let kilobytes = status.lines().find_map(|line| {
            line.strip_prefix("VmRSS:")?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        });
        Resources {
            descriptors,
            threads: std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count),
            memory: kilobytes.unwrap_or(0) * 1024,
        }
    }

    /// Waits until the server has closed what the attacks left, with a deadline.
    fn settled(descriptors: usize) -> Resources {
        let end = Instant::now() + PATIENCE;
        loop {
            let now = Resources::now();
            if now.descriptors <= descriptors || Instant::now() > end {
                return now;
            }
            thread::sleep(IDLE);
        }
    }
}
