//! Shows how long a client waits when four others are connected and say nothing.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use threads::{Limits, News, Stop, pool, threaded};

const HELP: &str = "
Usage: fifth-client [ADDRESS]

Four clients connect to a server and are silent. A fifth says something, and waits for its echo.
ADDRESS is where to listen: 127.0.0.1:0 unless given.
";

/// Threads of the pool, and clients that say nothing.
const WORKERS: usize = 4;
/// How long the server bears a client that says nothing.
const IDLE: Duration = Duration::from_secs(1);
/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(10);

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 0, compare)
}

fn compare(address: SocketAddr) -> io::Result<()> {
    let limits = Limits {
        idle: IDLE,
        ..Limits::USUAL
    };
    let few = Limits {
        connections: WORKERS,
        ..limits
    };
    measure("a thread for each", address, |listener, stop| {
        threaded::serve(listener, limits, stop, ignore)
    })?;
    measure("a pool of 4", address, |listener, stop| {
        pool::serve(listener, few, stop, ignore)
    })
}

fn measure(
    name: &str,
    address: SocketAddr,
    serve: impl FnOnce(TcpListener, &Stop) -> io::Result<usize> + Send,
) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    let address = listener.local_addr()?;
    let stop = Stop::new();
    thread::scope(|scope| {
        scope.spawn(|| serve(listener, &stop));
        let waited = wait_behind_silent_clients(address);
        stop.stop();
        let milliseconds = waited?.as_secs_f64() * 1000.0;
        println!("{name:18}the fifth client had its echo after {milliseconds:7.1} ms");
        Ok(())
    })
}

fn wait_behind_silent_clients(address: SocketAddr) -> io::Result<Duration> {
    let connect = || TcpStream::connect_timeout(&address, PATIENCE);
    let silent: Vec<_> = (0..WORKERS).map(|_| connect()).collect();
    let mut fifth = connect()?;
    fifth.set_read_timeout(Some(PATIENCE))?;
    let started = Instant::now();
    fifth.write_all(b"!")?;
    fifth.read_exact(&mut [0])?;
    drop(silent); // They had to stay connected until now.
    Ok(started.elapsed())
}

fn ignore(_: News) {}
// ANCHOR_END: main
