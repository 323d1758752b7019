//! Shows what `accept` does when the process may open no more descriptors.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use threads::{ACCEPT_PAUSE, AfterAccept, after_accept};

const HELP: &str = "
Usage: out-of-descriptors [ADDRESS]

Uses up its descriptors, and counts how often accept fails with a client in the backlog.
ADDRESS is where to listen: 127.0.0.1:0 unless given.
";

/// So many descriptors this process allows itself.
const LIMIT: u64 = 32;
/// How long each loop may try.
const TRIAL: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    program::run(HELP, 0, compare)
}

// ANCHOR: main
fn compare(address: SocketAddr) -> io::Result<()> {
    lower_the_limit()?;
    let listener = TcpListener::bind(address)?;
    let _client = TcpStream::connect_timeout(&listener.local_addr()?, PATIENCE)?;
    let mut used = Vec::new();
    while let Ok(another) = listener.try_clone() {
        used.push(another); // Any descriptor will do.
    }
    println!("{LIMIT} descriptors, all of them in use, and a client in the backlog");

    for pause in [Duration::ZERO, ACCEPT_PAUSE] {
        let mut failures = 0;
        let mut last = String::new();
        let started = Instant::now();
        while started.elapsed() < TRIAL {
            match listener.accept() {
                Ok(_) => return Err(io::Error::other("accept did not fail")),
                Err(error) if after_accept(&error) == AfterAccept::Pause => {
                    failures += 1;
                    last = error.to_string();
                    thread::sleep(pause);
                }
                Err(error) => return Err(error),
            }
        }
        println!("pause of {pause:?}: accept failed {failures} times in {TRIAL:?} ({last})");
    }

    drop(used.pop());
    let (_, address) = listener.accept()?;
    println!("one descriptor is free: accept returned {address}, who was there all the time");
    Ok(())
}
// ANCHOR_END: main

#[cfg(unix)]
fn lower_the_limit() -> io::Result<()> {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = Some(LIMIT);
    Ok(setrlimit(Resource::Nofile, limit)?)
}

#[cfg(not(unix))]
fn lower_the_limit() -> io::Result<()> {
    let sentence = "this system has no limit that a process could lower";
    Err(io::Error::new(io::ErrorKind::Unsupported, sentence))
}
