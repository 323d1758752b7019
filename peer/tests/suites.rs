//! The suites let a right server pass, and name what is wrong with a wrong one.
#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what should not happen"
)]

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use peer::{DEADLINE, LONGEST_DEADLINE, Scene, echo, judge};

/// A thread for each client: what the cases demand, without a word about limits.
fn right(listener: &TcpListener) {
    for stream in listener.incoming() {
        thread::spawn(move || {
            let stream = stream.unwrap();
            let _ = io::copy(&mut &stream, &mut &stream);
            stream.shutdown(Shutdown::Write)
        });
    }
}

fn one_at_a_time(listener: &TcpListener) {
    for stream in listener.incoming().flatten() {
        let _ = io::copy(&mut &stream, &mut &stream);
    }
}

fn one_read(listener: &TcpListener) {
    each(listener, |mut stream| {
        let mut buffer = [0; 1024];
        let count = stream.read(&mut buffer)?;
        stream.write_all(&buffer[..count])?;
        thread::park(); // Until an event that does not come.
        Ok(())
    });
}

fn dies_with_one_client(listener: &TcpListener) {
    let (failed, failure) = std::sync::mpsc::channel::<()>();
    let listening = listener.try_clone().unwrap();
    thread::spawn(move || {
        each(&listening, move |stream| {
            let echoed = io::copy(&mut &stream, &mut &stream);
            if echoed.is_err() {
                let _ = failed.send(());
            }
            stream.shutdown(Shutdown::Write)
        });
    });
    // What a process does that ends at its first error: no port, no answers.
    let _ = failure.recv();
    let _ = socket2::SockRef::from(listener).shutdown(Shutdown::Both);
}

fn takes_everything(listener: &TcpListener) {
    each(listener, |mut stream| {
        let (sender, pieces) = std::sync::mpsc::channel::<Vec<u8>>();
        let mut writer = stream.try_clone()?;
        thread::spawn(move || {
            for piece in pieces {
                writer.write_all(&piece)?;
            }
            writer.shutdown(Shutdown::Write)
        });
        let mut buffer = vec![0; 65_536];
        loop {
            let count = stream.read(&mut buffer)?;
            if count == 0 || sender.send(buffer[..count].to_vec()).is_err() {
                return Ok(());
            }
        }
    });
}

fn forgets_the_rest(listener: &TcpListener) {
    each(listener, |mut stream| {
        let mut buffer = vec![0; 65_536];
        loop {
            let count = stream.read(&mut buffer)?;
            if count == 0 {
                return stream.shutdown(Shutdown::Both);
            }
            // A short write, as over a nonblocking socket.
            let part = count.min(16 * 1024);
            stream.write_all(&buffer[..part])?;
        }
    });
}

fn each(
    listener: &TcpListener,
    talk: impl Fn(TcpStream) -> io::Result<()> + Clone + Send + 'static,
) {
    for stream in listener.incoming() {
        let (talk, Ok(stream)) = (talk.clone(), stream) else {
            return;
        };
        thread::spawn(move || talk(stream));
    }
}

fn key_of(
    server: fn(&TcpListener),
    case: fn(&Scene, SocketAddr),
    deadline: Duration,
) -> Option<String> {
    let judged = judge(deadline, |scene| {
        let (listener, address) = scene.listener();
        scene.run("your server", move || server(&listener));
        case(scene, address);
    });
    judged.err().map(|verdict| verdict.key)
}

#[test]
fn a_right_server_passes_every_case() {
    for (name, case) in echo::CASES {
        assert_eq!(key_of(right, *case, LONGEST_DEADLINE), None, "{name}");
    }
}

#[test]
fn a_wrong_server_is_told_what_is_wrong() {
    type Server = fn(&TcpListener);
    type Case = fn(&Scene, SocketAddr);
    let wrong: [(Server, Case, &str); 7] = [
        (
            one_at_a_time,
            echo::serves_while_others_are_silent,
            "one-at-a-time",
        ),
        (
            one_at_a_time,
            echo::waits_for_a_client_that_reads_late,
            "one-at-a-time",
        ),
        (one_read, echo::echoes_all_that_came_at_once, "not-echoed"),
        (
            dies_with_one_client,
            echo::survives_resets,
            "dies-with-one-client",
        ),
        (
            takes_everything,
            echo::waits_for_a_client_that_reads_late,
            "no-back-pressure",
        ),
        (
            forgets_the_rest,
            echo::echoes_the_rest_after_the_end,
            "end-before-the-rest",
        ),
        (
            forgets_the_rest,
            echo::echoes_a_large_exchange,
            "short-write",
        ),
    ];
    for (server, case, key) in wrong {
        assert_eq!(key_of(server, case, DEADLINE).as_deref(), Some(key));
    }
}
