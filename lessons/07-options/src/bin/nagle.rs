//! Measures what Nagle's algorithm and delayed acknowledgements do to a request in two writes.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

const HELP: &str = "
Usage: nagle [ADDRESS]

Sends requests in two writes and in one, and shows how long the answers took.
ADDRESS is where to listen: 127.0.0.1:0 unless given.
";

/// Requests on each connection.
const ROUNDS: usize = 21;
/// How long we wait for one answer.
const PATIENCE: Duration = Duration::from_secs(5);
const HEAD: &[u8] = b"head of it";
const BODY: &[u8] = b"and a body";
const ANSWER: &[u8] = b"ok";

/// How a request leaves the client.
#[derive(Clone, Copy)]
struct Style {
    nodelay: bool,
    writes: usize,
}

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 0, compare)
}

fn compare(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    println!("TCP_NODELAY  writes  first answer  median of {ROUNDS}");
    for (nodelay, writes) in [(false, 2), (true, 2), (false, 1)] {
        let (first, median) = measure(&listener, Style { nodelay, writes })?;
        let option = if nodelay { "on" } else { "off" };
        println!(
            "{option:<12} {writes:<7} {:<13} {}",
            shown(first),
            shown(median)
        );
    }
    Ok(())
}

/// The time from the first write to the answer: for the first request, and the median.
fn measure(listener: &TcpListener, style: Style) -> io::Result<(Duration, Duration)> {
    let mut client = TcpStream::connect_timeout(&listener.local_addr()?, PATIENCE)?;
    client.set_read_timeout(Some(PATIENCE))?;
    client.set_nodelay(style.nodelay)?;
    let (server, _) = listener.accept()?;
    let answering = thread::spawn(move || answer(server));

    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let started = Instant::now();
        match style.writes {
            1 => client.write_all(&[HEAD, BODY].concat())?,
            _ => {
                client.write_all(HEAD)?;
                // Nagle: the head is not acknowledged yet, so this waits in the kernel. And the
                // server's kernel delays the acknowledgement, hoping to send it with an answer.
                client.write_all(BODY)?;
            }
        }
        client.read_exact(&mut [0; ANSWER.len()])?;
        times.push(started.elapsed());
    }
    drop(client);
    answering
        .join()
        .unwrap_or_else(|_| Err(io::Error::other("the answering thread panicked")))?;

    let first = times[0];
    times.sort_unstable();
    Ok((first, times[ROUNDS / 2]))
}
// ANCHOR_END: main

/// Answers each request when all of it is there, until the client ends.
fn answer(mut server: TcpStream) -> io::Result<()> {
    server.set_read_timeout(Some(PATIENCE))?;
    let mut request = [0; HEAD.len() + BODY.len()];
    loop {
        match server.read_exact(&mut request) {
            Ok(()) => server.write_all(ANSWER)?,
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

fn shown(time: Duration) -> String {
    match time.as_micros() {
        micros @ 0..10_000 => format!("{micros} µs"),
        micros => format!("{} ms", micros / 1_000),
    }
}
