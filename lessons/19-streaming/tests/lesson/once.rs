//! A thousand events, connections that break anywhere, a server that comes and goes: each subscriber has
//! each event once, and in order.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use polling::Feed;
use streaming::{Follower, MISSED, subscribe_with};

use crate::programs::{ANY_PORT, DEADLINE};
use crate::server::Server;
use crate::serving;

const EVENTS: u64 = 1_000;
const SUBSCRIBERS: u64 = 6;

/// After how many events the server ends, and another one goes on.
const RESTART_EVERY: u64 = 220;

/// Bytes that a connection carries at most, in both directions, before it breaks. Fewer than a head has, and
/// enough for a hundred events.
const MOST_CARRIED: usize = 6_000;

/// A connection that is silent for so long is given up. The server breaks the silence far sooner.
const SILENCE: Duration = Duration::from_millis(400);
const HEARTBEAT: Duration = Duration::from_millis(50);

/// For the whole test. It takes two seconds, unless the machine is busy.
const ALL: Duration = Duration::from_secs(90);

/// Sends on what comes, to wherever the server is now, and breaks every connection: with an end, with a
/// reset, or with silence.
struct Relay {
    address: SocketAddr,
    server: Arc<Mutex<SocketAddr>>,
    broken: Arc<AtomicUsize>,
}

impl Relay {
    fn start(seed: u64, server: SocketAddr) -> Self {
        let listener = TcpListener::bind(ANY_PORT).unwrap();
        let relay = Self {
            address: listener.local_addr().unwrap(),
            server: Arc::new(Mutex::new(server)),
            broken: Arc::default(),
        };
        let (server, broken) = (Arc::clone(&relay.server), Arc::clone(&relay.broken));
        let mut random = fastrand::Rng::with_seed(seed);
        // It ends with the process: nobody tells it how many connections there will be.
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let address = *server.lock().unwrap();
                let carries = random.usize(..MOST_CARRIED);
                let how = random.u8(..5);
                let broken = Arc::clone(&broken);
                thread::spawn(move || {
                    // Nobody is there? Then this client has bad luck, as with a server that restarts.
                    if let Ok(server) = TcpStream::connect_timeout(&address, DEADLINE) {
                        broken.fetch_add(usize::from(carry(client, server, carries, how)), Relaxed);
                    }
                });
            }
        });
        relay
    }
}

/// Carries so many bytes, and says whether it was this that broke the connection.
fn carry(client: TcpStream, server: TcpStream, carries: usize, how: u8) -> bool {
    let left = AtomicUsize::new(carries);
    thread::scope(|scope| {
        scope.spawn(|| copy(&client, &server, &left));
        copy(&server, &client, &left);
        // One direction is over: so is the other.
        if how == 0 && left.load(Relaxed) == 0 {
            // Silence, until the client has enough of it. The server notices nothing at all.
            let _ = client.set_read_timeout(Some(DEADLINE));
            let _ = (&client).read(&mut [0]);
        }
        let _ = server.shutdown(Shutdown::Both);
        let _ = match how {
            // To close with this is a reset. First whoever reads must let go.
            1 => socket2::SockRef::from(&client)
                .set_linger(Some(Duration::ZERO))
                .and_then(|()| client.shutdown(Shutdown::Read)),
            _ => client.shutdown(Shutdown::Both),
        };
    });
    left.into_inner() == 0
}

fn copy(mut from: &TcpStream, mut to: &TcpStream, left: &AtomicUsize) {
    let mut buffer = [0; 512];
    loop {
        let count = match from.read(&mut buffer) {
            Ok(count @ 1..) => count,
            _ => return,
        };
        let before = left.fetch_update(Relaxed, Relaxed, |left| Some(left.saturating_sub(count)));
        let carried = count.min(before.unwrap_or(0));
        if to.write_all(&buffer[..carried]).is_err() || carried < count {
            return;
        }
    }
}

/// One life of the server.
fn serve(journal: &Path) -> (Feed, Server) {
    let feed = Feed::open(journal, EVENTS as usize).unwrap();
    let asked = feed.clone();
    let server = serving(move |request, _, _| subscribe_with(&asked, request, HEARTBEAT));
    (feed, server)
}

/// Follows until it has all events, each once and in order. Returns how often it connected.
fn follow(relay: SocketAddr, seed: u64) -> usize {
    let began = Instant::now();
    let mut follower = Follower::new("");
    let mut pauses = fastrand::Rng::with_seed(seed);
    let mut taken = 0;
    let mut connections = 0;
    while taken < EVENTS {
        assert!(began.elapsed() < ALL, "after {taken} events");
        connections += 1;
        let outcome = follower.follow(relay, "/events?since=0", SILENCE, |message| {
            assert_ne!(message.name, MISSED);
            let next = taken + 1;
            assert_eq!(message.id, next.to_string(), "seed {seed}");
            assert_eq!(message.data, format!("event {next}\nof {EVENTS}"));
            taken = next;
            match taken < EVENTS {
                true => Ok(()),
                false => Err(ErrorKind::Interrupted.into()),
            }
        });
        let hopeless = matches!(&outcome, Err(error) if error.kind() == ErrorKind::InvalidInput);
        assert!(!hopeless, "{outcome:?}");
        thread::sleep(Duration::from_millis(pauses.u64(..10)));
    }
    connections
}

fn each_event_once_and_in_order(seed: u64) {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("events");
    let (mut feed, mut server) = serve(&journal);
    let relay = Relay::start(seed, server.address);
    let mut random = fastrand::Rng::with_seed(seed);
    let subscribers: Vec<_> = (0..SUBSCRIBERS)
        .map(|number| {
            let address = relay.address;
            thread::spawn(move || follow(address, seed + number))
        })
        .collect();
    for id in 1..=EVENTS {
        if id % RESTART_EVERY == 0 {
            feed.close();
            server.stop();
            drop(feed);
            // The next one has another port, and all that the one before knew.
            (feed, server) = serve(&journal);
            *relay.server.lock().unwrap() = server.address;
            assert_eq!(feed.last(), id - 1);
        }
        assert_eq!(
            feed.publish(&format!("event {id}\nof {EVENTS}")).unwrap(),
            id
        );
        if random.u8(..4) == 0 {
            thread::sleep(Duration::from_micros(random.u64(..4_000)));
        }
    }
    for subscriber in subscribers {
        let connections = subscriber.join().unwrap();
        assert!(connections > 3, "nothing broke");
    }
    assert!(
        relay.broken.load(Relaxed) > 20,
        "the relay should break connections"
    );
    feed.close();
    server.stop();
    assert_eq!(feed.seated(), 0);
    assert!(fs::metadata(&journal).unwrap().len() > 0);
}

#[test]
fn seed_1() {
    each_event_once_and_in_order(1);
}

#[test]
fn seed_2() {
    each_event_once_and_in_order(2);
}
