//! The graders' library, tried on wrong programs: what each one is told, word for word.
//!
//! The verdicts are in `verdicts/`. After a change that is meant, write them anew with
//! `SNAPSHOTS=overwrite cargo test -p peer`, and read them as a student would.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use peer::{Lesson, Scene, Step, Why, judge};
use snapbox::{Assert, Data, Redactions};
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::Duration;

static LESSON: Lesson = Lesson::new(
    "00-sample",
    r#"
    [[exercise]]
    name = "sample"
    [[exercise.hint]]
    key = "sample-key"
    en = ["The nudge for this key.", "concept", "shape"]
    ko = ["이 키의 첫 힌트.", "개념", "모양"]
    "#,
);

/// Long enough to be sure, on a busy machine too, that a silent program is stuck.
const DEADLINE: Duration = Duration::from_millis(3000);

/// Asserts that `test` fails, and that the student is told what the file says.
#[track_caller]
fn told(file: &str, test: impl FnOnce(&Scene)) {
    let verdict = judge(DEADLINE, test).expect_err("a wrong program passed");
    assert!(!verdict.unclear, "{}", verdict.sentence);
    let text = format!("key: {}\n{}", verdict.key, verdict.told(&LESSON, "sample"));
    let widest = text.lines().map(|line| line.chars().count()).max();
    assert!(
        text.lines()
            .filter(|line| line.contains('│'))
            .all(|line| line.chars().count() <= 80),
        "{widest:?}"
    );
    let mut redactions = Redactions::new();
    let seconds = regex::Regex::new(r"for (?<redacted>[0-9]+[.][0-9]) s").unwrap();
    let seed = regex::Regex::new(r"PEER_SEED=(?<redacted>[0-9]+)").unwrap();
    let line = regex::Regex::new(r"wrong_programs[.]rs:(?<redacted>[0-9]+)").unwrap();
    redactions.insert("[SECONDS]", seconds).unwrap();
    redactions.insert("[SEED]", seed).unwrap();
    redactions.insert("[LINE]", line).unwrap();
    let port = regex::Regex::new(r"127[.]0[.]0[.]1:(?<redacted>[0-9]+)").unwrap();
    redactions.insert("[PORT]", port).unwrap();
    let moved = regex::Regex::new(r"(?<redacted>[0-9,]{5,} bytes) (were )?echoed").unwrap();
    redactions.insert("[MANY]", moved).unwrap();
    let path = format!("{}/tests/verdicts/{file}.txt", env!("CARGO_MANIFEST_DIR"));
    Assert::new()
        .action_env("SNAPSHOTS")
        .redact_with(redactions)
        .normalize_paths(false)
        .eq(text, Data::read_from(std::path::Path::new(&path), None));
}

fn key(_: Why) -> &'static str {
    "sample-key"
}

/// One client says hello and expects the same; the wrong program is `serve`.
fn hello(scene: &Scene, serve: impl FnOnce(TcpListener) -> io::Result<()> + Send + 'static) {
    let (listener, address) = scene.listener();
    let server = scene.run("your server", move || serve(listener));
    let mut client = scene.connect("client", address);
    client.send(b"hello, world");
    client.expect(b"hello, world", key);
    client.half_close();
    client.expect_end(key);
    server.join(key).expect("the sample server has no errors");
}

/// What a correct answer to [`hello`] does.
fn echo(mut stream: &TcpStream) -> io::Result<()> {
    let mut buffer = [0; 100];
    let n = stream.read(&mut buffer)?;
    stream.write_all(&buffer[..n])
}

#[test]
fn a_right_program_passes() {
    let verdict = judge(DEADLINE, |scene| {
        hello(scene, |listener| {
            let (stream, _) = listener.accept()?;
            echo(&stream)
        });
    });
    assert_eq!(verdict, Ok(()));
}

#[test]
fn wrong_byte() {
    told("wrong-byte", |scene| {
        hello(scene, |listener| {
            let (mut stream, _) = listener.accept()?;
            let mut buffer = [0; 100];
            let n = stream.read(&mut buffer)?;
            stream.write_all(&buffer[..n].to_ascii_uppercase())
        });
    });
}

#[test]
fn closes_early() {
    told("closes-early", |scene| {
        hello(scene, |listener| {
            let (mut stream, _) = listener.accept()?;
            let mut buffer = [0; 100];
            let n = stream.read(&mut buffer)?;
            stream.write_all(&buffer[..n.min(3)])
        });
    });
}

#[test]
fn resets() {
    told("resets", |scene| {
        // Closing with unread input makes the kernel send a reset instead of FIN.
        hello(scene, |listener| {
            let (stream, _) = listener.accept()?;
            stream.peek(&mut [0])?;
            Ok(())
        });
    });
}

#[test]
fn never_accepts() {
    told("never-accepts", |scene| {
        hello(scene, |listener| {
            let _first = listener.accept()?;
            listener.accept().map(drop)
        });
    });
}

#[test]
fn waits_for_more() {
    told("waits-for-more", |scene| {
        hello(scene, |listener| {
            let (mut stream, _) = listener.accept()?;
            stream.read_exact(&mut [0; 100])
        });
    });
}

#[test]
fn waits_for_a_message_of_its_own() {
    told("waits-for-a-channel", |scene| {
        hello(scene, |listener| {
            let _stream = listener.accept()?;
            let (_keep, never) = mpsc::channel::<()>();
            never.recv().map_err(io::Error::other)
        });
    });
}

#[test]
fn spins() {
    told("spins", |scene| {
        hello(scene, |listener| {
            let (stream, _) = listener.accept()?;
            stream.set_nonblocking(true)?;
            loop {
                std::hint::spin_loop();
            }
        });
    });
}

#[test]
fn panics() {
    told("panics", |scene| {
        hello(scene, |listener| {
            let (mut stream, _) = listener.accept()?;
            let mut buffer = [0; 4];
            let n = stream.read(&mut buffer)? + 1;
            stream.write_all(&buffer[..n])
        });
    });
}

#[test]
fn not_written_yet() {
    told("not-started", |scene| {
        hello(scene, |_| todo!("accept one client, and echo"))
    });
}

#[test]
fn says_too_much() {
    told("says-too-much", |scene| {
        hello(scene, |listener| {
            let (mut stream, _) = listener.accept()?;
            echo(&stream)?;
            stream.write_all("안녕히 가세요\n".as_bytes())
        });
    });
}

#[test]
fn never_closes() {
    told("never-closes", |scene| {
        hello(scene, |listener| {
            let (stream, _) = listener.accept()?;
            echo(&stream)?;
            listener.accept().map(drop)
        });
    });
}

#[test]
fn closes_and_does_not_return() {
    told("never-returns", |scene| {
        hello(scene, |listener| {
            let (stream, _) = listener.accept()?;
            echo(&stream)?;
            drop(stream);
            listener.accept().map(drop)
        });
    });
}

#[test]
fn stops_listening() {
    told("stops-listening", |scene| {
        let (listener, address) = scene.listener();
        scene.run("your server", move || drop(listener)).join(key);
        scene.connect("client", address).expect_end(key);
    });
}

#[test]
fn forgets_short_writes() {
    told("short-write", |scene| {
        let mut stream = scene.script([]).write_at_most(4);
        let seen = stream.clone();
        let code = move || stream.write(b"hello, world");
        scene
            .run("your function", code)
            .join(key)
            .expect("a script takes every write");
        scene.compare(
            b"hello, world",
            &seen.written(),
            "sample-key",
            "Not all of it was written.",
        );
    });
}

#[test]
fn reads_past_the_end() {
    told("reads-past-the-end", |scene| {
        let mut stream = scene.script([Step::data("ab"), Step::Interrupted]);
        let code = move || {
            loop {
                let _ = stream.read(&mut [0; 10]);
            }
        };
        scene.run::<(), _>("your function", code).join(key);
    });
}

#[test]
fn client_never_connects() {
    told("never-connects", |scene| {
        let host = scene.host();
        scene.run("your client", || {
            std::thread::sleep(Duration::from_secs(10))
        });
        host.accept(key);
    });
}

#[test]
fn client_never_says_end() {
    told("never-half-closes", |scene| {
        let host = scene.host();
        let address = host.address();
        scene.run("your client", move || {
            let mut stream = TcpStream::connect(address)?;
            stream.write_all(b"hello")?;
            stream.read_to_end(&mut Vec::new())
        });
        host.accept(key).echo_until_end(key);
    });
}

#[test]
fn client_writes_all_before_it_reads() {
    told("deadlock", |scene| {
        let host = scene.host();
        let address = host.address();
        scene.run("your client", move || {
            let mut stream = TcpStream::connect(address)?;
            // More than both ends' kernels can hold in both directions.
            stream.write_all(&vec![b'x'; 64 << 20])?;
            stream.shutdown(Shutdown::Write)?;
            stream.read_to_end(&mut Vec::new())
        });
        host.accept(key).echo_until_end(key);
    });
}

/// Not a wrong program but the promise behind `send_byte_by_byte`: no two bytes meet.
#[test]
#[cfg(target_os = "linux")]
fn byte_by_byte_means_a_read_for_each_byte() {
    let verdict = judge(DEADLINE, |scene| {
        let (listener, address) = scene.listener();
        let server = scene.run("your server", move || {
            let (mut stream, _) = listener.accept()?;
            let mut reads = 0;
            while stream.read(&mut [0; 100])? > 0 {
                reads += 1;
            }
            Ok::<usize, io::Error>(reads)
        });
        let mut client = scene.connect("client", address);
        client.send_byte_by_byte(b"twenty-three bytes long");
        client.half_close();
        let reads = server.join(key).expect("nobody resets here");
        scene.check(reads == 23, "sample-key", || format!("{reads} reads"));
    });
    assert_eq!(verdict, Ok(()));
}

#[test]
fn a_reset_is_seen_as_a_reset() {
    let verdict = judge(DEADLINE, |scene| {
        let (listener, address) = scene.listener();
        let server = scene.run("your server", move || {
            let (mut stream, _) = listener.accept().expect("a client comes");
            stream.read(&mut [0; 100]).map_err(|error| error.kind())
        });
        scene.connect("client", address).reset();
        let read = server.join(key);
        let reset = read == Err(io::ErrorKind::ConnectionReset);
        scene.check(reset, "sample-key", || format!("{read:?}"));
    });
    assert_eq!(verdict, Ok(()));
}
