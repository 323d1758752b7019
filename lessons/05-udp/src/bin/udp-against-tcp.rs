//! Moves the same bytes over UDP and over TCP, as fast as each will go, and counts what arrives.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const HELP: &str = "
Usage: udp-against-tcp [ADDRESS]

Sends 48 MB over UDP and over TCP, in pieces of 1200 bytes and larger, and compares.
ADDRESS is where to receive: 127.0.0.1:0 unless given.
";

/// Bytes: 40,000 datagrams of [`udp::MAX_PAYLOAD`].
const TOTAL: usize = 40_000 * udp::MAX_PAYLOAD;
/// Bytes in a large write.
const LARGE: usize = 60_000;
/// A UDP reader cannot know that a datagram was the last one: it can only stop waiting.
const SILENCE: Duration = Duration::from_millis(300);
/// How long a TCP connection may stand still.
const PATIENCE: Duration = Duration::from_secs(5);

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 0, compare)
}

fn compare(address: SocketAddr) -> io::Result<()> {
    println!("                      arrived     MB/s");
    for (name, size) in [("1200 a send", udp::MAX_PAYLOAD), ("60000 a send", LARGE)] {
        print("UDP", name, over_udp(address, size)?);
    }
    for (name, size) in [("1200 a write", udp::MAX_PAYLOAD), ("60000 a write", LARGE)] {
        print("TCP", name, over_tcp(address, size)?);
    }
    Ok(())
}

/// Bytes that arrived, and the time from the first send to the last arrival.
type Arrived = (usize, Duration);

fn over_udp(address: SocketAddr, size: usize) -> io::Result<Arrived> {
    let reader = UdpSocket::bind(address)?;
    reader.set_read_timeout(Some(SILENCE))?;
    let sender = UdpSocket::bind(SocketAddr::new(address.ip(), 0))?;
    sender.connect(reader.local_addr()?)?;
    let all_sent = AtomicBool::new(false);
    let begin = Instant::now();
    thread::scope(|scope| {
        let reading = scope.spawn(|| {
            let mut buffer = vec![0; LARGE];
            let (mut bytes, mut last) = (0, begin);
            loop {
                match reader.recv(&mut buffer) {
                    Ok(count) => (bytes, last) = (bytes + count, Instant::now()),
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    // Silence. Only together with this news it is the end.
                    Err(_) if all_sent.load(Ordering::Relaxed) => return Ok((bytes, last - begin)),
                    Err(_) => {}
                }
            }
        });
        let datagram = vec![b'x'; size];
        let sent = (0..TOTAL / size).try_for_each(|_| sender.send(&datagram).map(drop));
        all_sent.store(true, Ordering::Relaxed); // Also after an error: the reader must end.
        sent.and(joined(reading.join()))
    })
}

fn over_tcp(address: SocketAddr, size: usize) -> io::Result<Arrived> {
    let listener = TcpListener::bind(address)?;
    let mut sender = TcpStream::connect_timeout(&listener.local_addr()?, PATIENCE)?;
    sender.set_write_timeout(Some(PATIENCE))?;
    let (mut reader, _) = listener.accept()?;
    reader.set_read_timeout(Some(PATIENCE))?;
    let begin = Instant::now();
    let reading = thread::spawn(move || {
        let mut buffer = vec![0; LARGE];
        let mut bytes = 0;
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok((bytes, begin.elapsed())), // Here the end can be known.
                Ok(count) => bytes += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    });
    let piece = vec![b'x'; size];
    for _ in 0..TOTAL / size {
        sender.write_all(&piece)?;
    }
    drop(sender);
    joined(reading.join())
}
// ANCHOR_END: main

fn joined(result: thread::Result<io::Result<Arrived>>) -> io::Result<Arrived> {
    result.unwrap_or_else(|_| Err(io::Error::other("the reading thread panicked")))
}

fn print(protocol: &str, pieces: &str, (bytes, time): Arrived) {
    let percent = bytes as f64 / TOTAL as f64 * 100.0;
    let rate = bytes as f64 / 1e6 / time.as_secs_f64().max(f64::EPSILON);
    println!("{protocol}, {pieces:<15} {percent:>5.1} %  {rate:>7.0}");
}
