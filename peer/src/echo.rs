//! What every echo server of the course does, whatever its engine: bytes come back until the
//! client ends its stream, then the rest of the echo, then the server's end of stream.
//!
//! Each case is a function that talks with a server at an address, so that a grader can use it for
//! a student's server and a lesson for its own. [`conforms`] runs all of them, and those that need
//! to tell the server its limits, or to stop.
//!
//! Hint keys that the cases give: `not-echoed`, `one-at-a-time`, `end-before-the-rest`,
//! `short-write`, `no-back-pressure`, `dies-with-one-client`, `starves-others`, `never-closes`.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use threads::{Limits, Stop};

use crate::engine::{A_WHILE, is_refused, is_timeout, passes, until_refused};
use crate::{LONGEST_DEADLINE, Line, Report, Scene, Why};

/// Bytes of an exchange that no buffer takes at once.
const LARGE: usize = 2 * 1024 * 1024;
/// Bytes of an exchange that the kernel's buffers take, and a program's usually not.
const SOME: usize = 65_536;
/// Clients at the same time.
const MANY: usize = 50;
/// Clients that never read, when the server is asked to stop.
const STUCK: usize = 6;
/// What a server may take from a client that does not read. The kernels' buffers take some; what
/// is more is in the server's memory.
const TOO_MUCH: usize = 64 * 1024 * 1024;

fn not_echoed(_: Why) -> &'static str {
    "not-echoed"
}

/// One exchange and the end.
fn talks(scene: &Scene, line: &mut Line, key: &'static str) {
    let words = scene.random_letters(12);
    line.send(words.as_bytes());
    line.expect(words.as_bytes(), |_| key);
}

fn ends(line: &mut Line) {
    line.half_close();
    line.expect_end(|_| "never-closes");
}

/// What comes is sent back at once, and the end of the stream is answered with the end.
pub fn echoes_at_once(scene: &Scene, address: SocketAddr) {
    let mut client = scene.connect("client", address);
    talks(scene, &mut client, "not-echoed");
    talks(scene, &mut client, "not-echoed");
    ends(&mut client);
}

/// Bytes that come one by one.
pub fn echoes_single_bytes(scene: &Scene, address: SocketAddr) {
    let mut client = scene.connect("client", address);
    let words = format!("안녕 {}", scene.random_letters(3));
    client.send_byte_by_byte(words.as_bytes());
    client.expect(words.as_bytes(), not_echoed);
    ends(&mut client);
}

/// More bytes at once than a buffer has room for, and nothing after them that could wake the
/// server again.
pub fn echoes_all_that_came_at_once(scene: &Scene, address: SocketAddr) {
    let mut client = scene.connect("client", address);
    let bytes = scene.random_bytes(SOME);
    client.send(&bytes);
    client.expect(&bytes, not_echoed);
    ends(&mut client);
}

/// Both directions are full at the same time.
pub fn echoes_a_large_exchange(scene: &Scene, address: SocketAddr) {
    let mut client = scene.connect("client", address);
    let bytes = scene.random_bytes(LARGE);
    client.send_while_expecting(&bytes, |why| match why {
        Why::Different => "short-write",
        _ => "not-echoed",
    });
    ends(&mut client);
}

/// The client's end of stream comes before it has read anything.
pub fn echoes_the_rest_after_the_end(scene: &Scene, address: SocketAddr) {
    let mut client = scene.connect("client", address);
    let bytes = scene.random_bytes(SOME);
    client.send(&bytes);
    client.half_close();
    client.expect(&bytes, |_| "end-before-the-rest");
    client.expect_end(|_| "never-closes");
}

/// Clients that have connected before and say nothing; they get their answers in the end, the last
/// one first.
pub fn serves_while_others_are_silent(scene: &Scene, address: SocketAddr) {
    let mut silent: Vec<Line> = (1..=3)
        .map(|number| scene.connect(&format!("silent {number}"), address))
        .collect();
    let mut client = scene.connect("client", address);
    talks(scene, &mut client, "one-at-a-time");
    for line in silent.iter_mut().rev() {
        talks(scene, line, "one-at-a-time");
        ends(line);
    }
    ends(&mut client);
}

/// Many clients at the same time; the last one reads first.
pub fn serves_many(scene: &Scene, address: SocketAddr) {
    let mut clients: Vec<(String, Line)> = (1..=MANY)
        .map(|number| {
            let mut line = scene.connect(&format!("client {number}"), address);
            let words = scene.random_letters(8);
            line.send(words.as_bytes());
            (words, line)
        })
        .collect();
    for (words, line) in clients.iter_mut().rev() {
        line.expect(words.as_bytes(), |_| "one-at-a-time");
    }
    for (_, line) in &mut clients {
        ends(line);
    }
}

/// A client that sends and does not read: the server must stop reading from it, serve the others
/// meanwhile, and lose nothing when it reads at last.
pub fn waits_for_a_client_that_reads_late(scene: &Scene, address: SocketAddr) {
    let mut late = scene.connect("late", address);
    let piece = scene.random_bytes(65_521);
    let sent = late.flood(&piece, TOO_MUCH);
    scene.check(sent < TOO_MUCH, "no-back-pressure", || {
        format!("Your server took {sent} bytes from a client that does not read its echo: so many are in memory now.")
    });
    let mut other = scene.connect("other", address);
    talks(scene, &mut other, "one-at-a-time");
    late.half_close_while_expecting(&piece, sent, |why| match why {
        Why::Different | Why::Ended => "short-write",
        _ => "not-echoed",
    });
    late.expect_end(|_| "never-closes");
    ends(&mut other);
}

/// Clients that reset their connections at every step harm nobody.
pub fn survives_resets(scene: &Scene, address: SocketAddr) {
    let mut witness = scene.connect("witness", address);
    talks(scene, &mut witness, "one-at-a-time");
    for _ in 0..3 {
        let again = |name: &str| scene.connect_or(name, address, "dies-with-one-client");
        again("stranger").reset();

        let mut unread = again("unread");
        unread.send(&scene.random_bytes(SOME));
        unread.reset();

        let mut ended = again("ended");
        talks(scene, &mut ended, "dies-with-one-client");
        ended.half_close();
        ended.reset();

        talks(scene, &mut witness, "dies-with-one-client");
    }
    let mut newcomer = scene.connect_or("newcomer", address, "dies-with-one-client");
    talks(scene, &mut newcomer, "dies-with-one-client");
    ends(&mut witness);
    ends(&mut newcomer);
}

/// A client that sends and reads as fast as it can does not keep the others waiting for ever.
pub fn is_fair(scene: &Scene, address: SocketAddr) {
    let busy = scene.connect("busy", address);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let never_idle = busy.keep_busy(&done);
        scope.spawn(never_idle);
        // Whatever happens next, the busy client must end, or the scope would wait for it.
        let _end = OnDrop(&done);
        let mut client = scene.connect("client", address);
        for _ in 0..20 {
            talks(scene, &mut client, "starves-others");
        }
        ends(&mut client);
    });
}

struct OnDrop<'a>(&'a AtomicBool);

impl Drop for OnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

type Case = fn(&Scene, SocketAddr);

/// All cases that need nothing but an address, under their names.
pub const CASES: &[(&str, Case)] = &[
    ("echoes at once", echoes_at_once),
    ("echoes single bytes", echoes_single_bytes),
    ("echoes all that came at once", echoes_all_that_came_at_once),
    ("echoes a large exchange", echoes_a_large_exchange),
    (
        "echoes the rest after the end",
        echoes_the_rest_after_the_end,
    ),
    (
        "serves while others are silent",
        serves_while_others_are_silent,
    ),
    ("serves many", serves_many),
    (
        "waits for a client that reads late",
        waits_for_a_client_that_reads_late,
    ),
    ("survives resets", survives_resets),
    ("is fair", is_fair),
];

/// For clients that are given up while the test waits.
const SHORT: Duration = Duration::from_millis(400);
/// Between two words of a client that must not be given up.
const PACE: Duration = Duration::from_millis(20);

/// Runs every case against `serve`, a server with the signature that all servers with many
/// conversations have.
///
/// # Panics
/// When the server does something else; the message is the verdict.
pub fn conforms(
    serve: impl Fn(TcpListener, Limits, &Stop, Report) -> io::Result<usize> + Send + Sync + 'static,
) {
    let serve = Arc::new(serve);
    for (name, case) in CASES {
        passes(name, Limits::USUAL, &serve, |scene, server| {
            case(scene, server.address);
            server.stop();
            let cut = server.returned();
            scene.check(cut == 0, "stop", || {
                format!("Every client had left, and {cut} conversations were cut off.")
            });
        });
    }
    passes(
        "gives up the silent",
        short_idle(),
        &serve,
        |scene, server| {
            let mut silent = scene.connect("silent", server.address);
            silent.expect_gone("idle");
            let told = server.told_of(&silent);
            scene.check(is_timeout(&told), "idle", || {
                format!("A silent client was given up, and the server reported {told:?}.")
            });
        },
    );
    passes("keeps the slow", short_idle(), &serve, |scene, server| {
        // Only an attempt without a pause of this machine's own tells anything.
        loop {
            let mut slow = scene.connect("slow", server.address);
            let (started, mut last, mut longest) = (Instant::now(), Instant::now(), Duration::ZERO);
            let mut lost = false;
            while started.elapsed() < SHORT * 2 && !lost {
                lost = slow.try_exchange(b"x").is_err();
                longest = longest.max(last.elapsed());
                last = Instant::now();
                thread::sleep(PACE);
            }
            if longest < SHORT / 2 || scene.left() < SHORT * 3 {
                scene.check(!lost || longest >= SHORT / 2, "idle", || {
                    format!("A client said something every {longest:?} at most and was given up after {:?}; idle is {SHORT:?}.", started.elapsed())
                });
                return;
            }
        }
    });
    let two = Limits {
        connections: 2,
        ..Limits::USUAL
    };
    passes(
        "lets no more in than it may",
        two,
        &serve,
        |scene, server| {
            let mut first = scene.connect("first", server.address);
            talks(scene, &mut first, "cap");
            let mut second = scene.connect("second", server.address);
            talks(scene, &mut second, "cap");
            let mut third = scene.connect("third", server.address);
            third.send(b"patience");
            scene.check(third.is_silent(A_WHILE), "cap", || {
                "Two conversations are allowed, and a third client was served.".to_string()
            });
            ends(&mut first);
            third.expect(b"patience", |_| "cap");
            ends(&mut third);
            ends(&mut second);
        },
    );
    passes(
        "stops while clients are silent",
        Limits::USUAL,
        &serve,
        |scene, server| {
            let mut never_spoke = scene.connect("never spoke", server.address);
            let mut spoke = scene.connect("spoke", server.address);
            talks(scene, &mut spoke, "stop");
            talks(scene, &mut never_spoke, "stop");
            server.stop();
            spoke.expect_end(|_| "stop");
            never_spoke.expect_end(|_| "stop");
            let cut = server.returned();
            scene.check(cut == 0, "stop", || {
                format!("Two clients said nothing, and {cut} conversations were cut off.")
            });
            scene.check(is_refused(server.address), "stop", || {
                "The server has returned, and its port still takes connections.".to_string()
            });
        },
    );
    let brief = Limits {
        drain: SHORT,
        ..Limits::USUAL
    };
    passes(
        "cuts off who never reads",
        brief,
        &serve,
        |scene, server| {
            // What is left of one may be so little that a kernel's buffer takes it in the end; what is
            // left of all of them is not.
            let piece = scene.random_bytes(65_521);
            let stuck: Vec<Line> = (1..=STUCK)
                .map(|number| {
                    let mut line = scene.connect(&format!("stuck {number}"), server.address);
                    line.flood(&piece, TOO_MUCH);
                    line
                })
                .collect();
            let mut idle = scene.connect("idle", server.address);
            talks(scene, &mut idle, "stop");
            let asked = Instant::now();
            server.stop();
            idle.expect_end(|_| "stop");
            let cut = server.returned();
            scene.check((1..=STUCK).contains(&cut), "stop", || {
                format!("{STUCK} clients never read, and {cut} conversations were cut off.")
            });
            scene.check(asked.elapsed() >= SHORT, "stop", || {
                format!(
                    "Cut off after {:?}; {SHORT:?} were allowed.",
                    asked.elapsed()
                )
            });
            drop(stuck);
        },
    );
    let patient = Limits {
        drain: LONGEST_DEADLINE,
        ..Limits::USUAL
    };
    passes(
        "finishes what is in flight",
        patient,
        &serve,
        |scene, server| {
            let mut late = scene.connect("late", server.address);
            let piece = scene.random_bytes(65_521);
            let sent = late.flood(&piece, TOO_MUCH);
            server.stop();
            until_refused(scene, server.address);
            // What the server had not read is lost, and may end in a reset: that is the client's risk.
            let got = late.read_while_right(&piece, "stop");
            let cut = server.returned();
            let told = server.told_of(&late);
            scene.check(cut == 0 && got <= sent && told.as_ref().is_ok_and(|count| *count == got as u64), "stop", || {
            format!("Of {sent} bytes the client read {got} back; the server counted {told:?}, and cut off {cut}.")
        });
        },
    );
}

fn short_idle() -> Limits {
    Limits {
        idle: SHORT,
        ..Limits::USUAL
    }
}
