//! Measures what it costs to ask instead of waiting.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use nonblocking::{Poll, Spin, Wait, Watched};
use threads::{Limits, Stop};

const HELP: &str = "
Usage: spinning [ADDRESS]

Serves idle clients in three ways, and shows for each what a second of doing nothing costs.
ADDRESS is where to listen: 127.0.0.1:0 unless given.
";

/// Clients that say nothing.
const CLIENTS: usize = 100;
/// How long nothing happens.
const STILL: Duration = Duration::from_secs(1);
/// How long the server that naps does so.
const NAP: Duration = Duration::from_millis(1);
/// Echoes that are timed afterwards; their median is shown.
const ECHOES: usize = 101;
/// Between two of them, so that the server has gone back to what it does when nothing happens.
const PAUSE: Duration = Duration::from_millis(3);
/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    program::run(HELP, 0, compare)
}

// ANCHOR: compare
fn compare(address: SocketAddr) -> io::Result<()> {
    println!("{CLIENTS} clients are idle for {STILL:?}. Then one of them asks for an echo.");
    println!("              rounds  WouldBlock  processor time  an echo takes");
    measure("spin", address, |_| Ok(Spin))?;
    measure("nap for 1 ms", address, |_| Ok(Nap))?;
    measure("poll", address, Poll::new)
}

/// What people do when they see the processor at 100 %.
struct Nap;

impl Wait for Nap {
    fn wait(&mut self, watched: &mut [Watched<'_>], timeout: Option<Duration>) -> io::Result<()> {
        thread::sleep(NAP);
        Spin.wait(watched, timeout)
    }
}
// ANCHOR_END: compare

/// Waits as `inner` does, and counts.
struct Counted<W> {
    inner: W,
    count: Arc<Count>,
}

#[derive(Default)]
struct Count {
    /// Times that the loop went round.
    rounds: AtomicU64,
    /// Sockets that were taken for ready: while nothing happens, each of them answers WouldBlock.
    asked: AtomicU64,
}

impl<W: Wait> Wait for Counted<W> {
    fn wait(&mut self, watched: &mut [Watched<'_>], timeout: Option<Duration>) -> io::Result<()> {
        self.inner.wait(watched, timeout)?;
        let ready = watched.iter().filter(|socket| socket.ready).count();
        self.count.rounds.fetch_add(1, Relaxed);
        self.count.asked.fetch_add(ready as u64, Relaxed);
        Ok(())
    }
}

fn measure<W: Wait + Send + 'static>(
    name: &str,
    address: SocketAddr,
    wait: impl FnOnce(&Stop) -> io::Result<W>,
) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    let address = listener.local_addr()?;
    let (stop, count) = (Stop::new(), Arc::new(Count::default()));
    let inner = wait(&stop)?;
    let (asked, counted) = (stop.clone(), Arc::clone(&count));
    let server = thread::spawn(move || {
        let wait = Counted {
            inner,
            count: counted,
        };
        nonblocking::serve_with(wait, listener, Limits::USUAL, &asked, |_| {})
    });

    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let mut client = TcpStream::connect_timeout(&address, PATIENCE)?;
        client.set_read_timeout(Some(PATIENCE))?;
        echo(&mut client)?; // Now the server has accepted it.
        clients.push(client);
    }
    let look = || (count.rounds.load(Relaxed), count.asked.load(Relaxed));
    let ((rounds, would_block), used) = (look(), processor_time()?);
    thread::sleep(STILL);
    let (after, used) = (look(), processor_time()? - used);
    let (rounds, would_block) = (after.0 - rounds, after.1 - would_block);

    let mut took = Vec::new();
    for _ in 0..ECHOES {
        thread::sleep(PAUSE);
        took.push(echo(&mut clients[0])?);
    }
    took.sort();
    let (used, took) = (used.as_secs_f64(), took[ECHOES / 2].as_micros());
    println!("{name:<12}  {rounds:>6}  {would_block:>10}  {used:>12.2} s  {took:>10} µs");

    stop.stop();
    let ended = server.join();
    ended.unwrap_or_else(|_| Err(io::Error::other("the server panicked")))?;
    Ok(())
}

/// Sends a byte, and says how long it took to come back.
fn echo(client: &mut TcpStream) -> io::Result<Duration> {
    let started = Instant::now();
    client.write_all(b"x")?;
    client.read_exact(&mut [0])?;
    Ok(started.elapsed())
}

/// What this process has used until now.
#[cfg(unix)]
fn processor_time() -> io::Result<Duration> {
    use rustix::time::{ClockId, clock_gettime};
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).map_err(io::Error::other)
}

#[cfg(not(unix))]
fn processor_time() -> io::Result<Duration> {
    Err(io::ErrorKind::Unsupported.into())
}
