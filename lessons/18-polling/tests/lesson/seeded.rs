//! No event is lost, none comes twice, and all come in order: with connections that break at any byte,
//! clients that lose patience, and servers that are started anew at another port.

use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use polling::{Asked, Backoff, Cursor, Event, Feed, ask};
use socket2::SockRef;

use crate::Server;
use crate::programs::{ANY_PORT, DEADLINE, assert_transcript};
use crate::server::eventually;

const SEED: u64 = 18;
const EVENTS: u64 = 1_000;
const RESTARTS: u64 = 9;
const CLIENTS_OF_EACH: u64 = 8;

/// How long the server holds a long poll here: often, nothing happens for so long.
const HOLD: Duration = Duration::from_millis(12);

/// Events are never so far behind that they are forgotten.
const KEPT: usize = 2 * EVENTS as usize;

/// Stands between clients and server, and cuts connections: one that it likes after any byte, in either
/// direction.
struct Relay {
    address: SocketAddr,
    /// Where the server is now.
    server: Mutex<SocketAddr>,
    cut: AtomicUsize,
    passed: AtomicUsize,
}

impl Relay {
    fn start(server: SocketAddr) -> Arc<Self> {
        let listener = TcpListener::bind(ANY_PORT).unwrap();
        let relay = Arc::new(Self {
            address: listener.local_addr().unwrap(),
            server: Mutex::new(server),
            cut: AtomicUsize::new(0),
            passed: AtomicUsize::new(0),
        });
        let relaying = Arc::clone(&relay);
        // It ends with the process.
        thread::spawn(move || {
            let mut random = fastrand::Rng::with_seed(SEED);
            for client in listener.incoming() {
                let (relay, random) = (Arc::clone(&relaying), random.fork());
                thread::spawn(move || relay.pass(&client?, random));
            }
        });
        relay
    }

    fn pass(&self, client: &TcpStream, mut random: fastrand::Rng) -> io::Result<()> {
        let server = *self.server.lock().unwrap();
        let server = TcpStream::connect_timeout(&server, DEADLINE)?; // Or the client is hung up on.
        // A request has some 80 bytes, and an answer 150 and 40 for each event.
        let (to_server, to_client) = match random.u8(..4) {
            0 => (random.usize(..100), usize::MAX),
            1 => (usize::MAX, random.usize(..200)),
            2 => (usize::MAX, random.usize(..6_000)),
            _ => (usize::MAX, usize::MAX),
        };
        let resets = random.bool();
        let was_cut = thread::scope(|scope| {
            let up = scope.spawn(|| copy(client, &server, to_server, resets));
            let down = copy(&server, client, to_client, resets);
            down || up.join().unwrap()
        });
        match was_cut {
            true => self.cut.fetch_add(1, Relaxed),
            false => self.passed.fetch_add(1, Relaxed),
        };
        Ok(())
    }
}

/// Copies until the end, or until `left` bytes are copied: then both connections are cut, with a reset
/// or without. Says whether they were.
fn copy(mut from: &TcpStream, mut to: &TcpStream, mut left: usize, resets: bool) -> bool {
    let mut buffer = [0; 1024];
    loop {
        if left == 0 {
            for stream in [from, to] {
                let linger = resets.then_some(Duration::ZERO);
                let _ = SockRef::from(stream).set_linger(linger);
                let _ = stream.shutdown(Shutdown::Both);
            }
            return true;
        }
        let some = left.min(buffer.len());
        let count = from.read(&mut buffer[..some]).unwrap_or(0);
        if count == 0 || to.write_all(&buffer[..count]).is_err() {
            let _ = to.shutdown(Shutdown::Write);
            return false;
        }
        left = left.saturating_sub(count);
    }
}

/// What one client met.
#[derive(Default)]
struct Heard {
    events: Vec<Event>,
    answers: usize,
    empty: usize,
    failures: usize,
}

/// A client as the programs are, that waits for no longer than some milliseconds for anything.
fn follow(address: SocketAddr, path: &str, seed: u64) -> Heard {
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut cursor, mut backoff) = (Cursor::default(), Backoff::new(seed));
    let (mut heard, began) = (Heard::default(), Instant::now());
    while cursor.last() < EVENTS {
        assert!(began.elapsed() < 3 * DEADLINE, "{path} is at {cursor:?}");
        // Now and then it loses patience before the server does.
        let patience = match random.u8(..8) {
            0 => Duration::from_millis(random.u64(1..15)),
            _ => DEADLINE,
        };
        let wait = match ask(address, path, cursor, patience) {
            Ok(Asked::Batch(batch)) => {
                backoff.succeeded();
                heard.answers += 1;
                let new = cursor.take(batch);
                heard.empty += usize::from(new.is_empty());
                heard.events.extend(new);
                backoff.jittered(Duration::from_millis(3))
            }
            Ok(Asked::Missed(last)) => panic!("{path}: nothing is forgotten, but missed {last}"),
            Err(_) => {
                heard.failures += 1;
                backoff.failed() / 20
            }
        };
        // Now and then it is away for so long that more has happened than one answer brings.
        let away = random.u8(..) == 0;
        thread::sleep(wait + Duration::from_millis(if away { 400 } else { 0 }));
    }
    heard
}

#[test]
fn each_client_has_each_event_once_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events");
    let start = || Server::start(Feed::open(&path, KEPT).unwrap(), HOLD);
    let mut server = start();
    let relay = Relay::start(server.address);
    let mut random = fastrand::Rng::with_seed(SEED);

    let mut table = format!("{EVENTS} events, {RESTARTS} new servers from the same journal\n\n");
    table +=
        "               clients  answers  of them empty  failures  each event once, in order\n";
    let server = thread::scope(|scope| {
        let ways = [("/poll", "polling"), ("/longpoll", "long polling")].map(|(path, name)| {
            let clients: Vec<_> = (0..CLIENTS_OF_EACH)
                .map(|client| {
                    let address = relay.address;
                    let seed = SEED + client;
                    scope.spawn(move || follow(address, path, seed))
                })
                .collect();
            (name, clients)
        });
        for number in 1..=EVENTS {
            assert_eq!(server.feed.publish(&text(number)).unwrap(), number);
            if number % (EVENTS / (RESTARTS + 1)) == 0 && number < EVENTS {
                server.stop();
                // The port stays refused for a while.
                thread::sleep(Duration::from_millis(random.u64(..20)));
                server = start();
                assert_eq!(server.feed.last(), number);
                *relay.server.lock().unwrap() = server.address;
            }
            // Some at once, and now and then nothing for longer than a long poll is held.
            match random.u8(..20) {
                0 => thread::sleep(2 * HOLD),
                1..8 => thread::sleep(Duration::from_millis(1)),
                _ => {}
            }
        }
        for (name, clients) in ways {
            let count = clients.len();
            let mut all = Heard::default();
            for client in clients {
                let heard = client.join().unwrap();
                let expected = (1..=EVENTS).map(|id| (id, text(id)));
                let events = heard.events.iter();
                assert!(
                    events
                        .map(|event| (event.id, event.text.to_string()))
                        .eq(expected)
                );
                all.answers += heard.answers;
                all.empty += heard.empty;
                all.failures += heard.failures;
            }
            // Otherwise nothing was tested.
            assert!(all.failures > 50 && all.answers > 50 && all.empty > 0);
            let Heard {
                answers,
                empty,
                failures,
                ..
            } = all;
            writeln!(
                table,
                "{name:12}  {count:8}  {answers:7}  {empty:13}  {failures:8}  yes"
            )
            .unwrap();
        }
        server
    });
    eventually("all seats should be free", || server.feed.seated() == 0);
    server.stop();
    let cut = relay.cut.load(Relaxed);
    assert!(cut > 100, "{cut}");
    table += &format!("\n{cut} connections were cut in the middle\n");
    assert_transcript("each-event-once.txt", &table, |text| {
        let text = text.replace(|letter: char| letter.is_ascii_digit(), "");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    });
}

fn text(number: u64) -> String {
    format!("event {number}, 이벤트")
}
