//! How many bytes wait in a program that reads from one who talks, and writes to one who does not
//! listen for a while.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{self, SocketAddr};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use mio_chat::{HIGH_WATER_MARK, LOW_WATER_MARK, Throttle};

const HELP: &str = "
Usage: buffer-depth [ADDRESS]

Shows how many bytes wait in a relay, with a high-water mark and without, while its reader sleeps.
ADDRESS is where to listen: 127.0.0.1:0 unless given.
";

/// Bytes that the talker sends, as fast as it can.
const TOTAL: usize = 32 * 1024 * 1024;
/// How long the reader sleeps before it reads.
const SLEEP: Duration = Duration::from_millis(450);
/// When we look how much waits, in milliseconds.
const LOOKS: [u64; 6] = [0, 100, 200, 300, 400, 600];

fn main() -> ExitCode {
    program::run(HELP, 0, compare)
}

fn compare(address: SocketAddr) -> io::Result<()> {
    let listener = net::TcpListener::bind(address)?;
    let reads_on = depths(&listener, Throttle::new(usize::MAX, usize::MAX))?;
    let stops = depths(&listener, Throttle::new(HIGH_WATER_MARK, LOW_WATER_MARK))?;
    println!("The reader sleeps for {SLEEP:?}. Bytes that wait in the relay:");
    println!(
        "{:>8} {:>12} {:>20}",
        "after", "reads on", "stops at the mark"
    );
    for (after, (on, stops)) in LOOKS.iter().zip(reads_on.iter().zip(&stops)) {
        println!("{after:>5} ms {on:>12} {stops:>20}");
    }
    println!("Both times all {TOTAL} bytes arrived.");
    Ok(())
}

/// Passes on what one sends to another who is asleep at first, and looks how much waits here.
fn depths(listener: &net::TcpListener, throttle: Throttle) -> io::Result<Vec<usize>> {
    let (mut talker, mut source) = pair(listener)?;
    let (mut reader, mut sink) = pair(listener)?;
    let talks = thread::spawn(move || talker.write_all(&vec![b'x'; TOTAL]));
    let reads = thread::spawn(move || {
        thread::sleep(SLEEP);
        io::copy(&mut reader, &mut io::sink())
    });
    let poll = Poll::new()?;
    let registry = poll.registry();
    registry.register(&mut source, Token(0), Interest::READABLE)?;
    registry.register(&mut sink, Token(1), Interest::WRITABLE)?;
    let mut relay = Relay {
        poll,
        source: Some(source),
        sink,
        throttle,
        waiting: VecDeque::new(),
    };
    let start = Instant::now();
    let mut looks = Vec::new();
    for after in LOOKS {
        relay.run_until(start + Duration::from_millis(after))?;
        looks.push(relay.waiting.len());
    }
    relay.run_until(start + 100 * SLEEP)?;
    drop(relay); // The end of the stream for the reader.
    let died = |_| io::Error::other("a thread died");
    talks.join().map_err(died)??;
    match reads.join().map_err(died)?? {
        arrived if arrived == TOTAL as u64 => Ok(looks),
        arrived => Err(io::Error::other(format!("only {arrived} bytes arrived"))),
    }
}

/// One end of a connection for a thread, the other for the loop.
fn pair(listener: &net::TcpListener) -> io::Result<(net::TcpStream, TcpStream)> {
    let theirs = net::TcpStream::connect(listener.local_addr()?)?;
    let (ours, _) = listener.accept()?;
    ours.set_nonblocking(true)?;
    Ok((theirs, TcpStream::from_std(ours)))
}

struct Relay {
    poll: Poll,
    /// `None` after its end.
    source: Option<TcpStream>,
    sink: TcpStream,
    throttle: Throttle,
    waiting: VecDeque<u8>,
}

impl Relay {
    // ANCHOR: relay
    fn run_until(&mut self, end: Instant) -> io::Result<()> {
        let mut events = Events::with_capacity(2);
        loop {
            // Reading makes work for writing, and writing makes room for reading.
            while self.write()? | self.read()? {}
            let left = end.saturating_duration_since(Instant::now());
            let done = self.source.is_none() && self.waiting.is_empty();
            if done || left.is_zero() {
                return Ok(());
            }
            self.poll.poll(&mut events, Some(left))?;
        }
    }

    /// One read, unless too much waits already. True when something moved.
    fn read(&mut self) -> io::Result<bool> {
        let Some(source) = &mut self.source else {
            return Ok(false);
        };
        if self.throttle.stops(self.waiting.len()) {
            return Ok(false);
        }
        let mut buffer = [0; 16 * 1024];
        match source.read(&mut buffer) {
            Ok(0) => self.source = None,
            Ok(count) => self.waiting.extend(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error),
        }
        Ok(true)
    }
    // ANCHOR_END: relay

    /// One write, if anything waits. True when something moved.
    fn write(&mut self) -> io::Result<bool> {
        if self.waiting.is_empty() {
            return Ok(false);
        }
        match self.sink.write(self.waiting.as_slices().0) {
            Ok(count) => drop(self.waiting.drain(..count)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error),
        }
        Ok(true)
    }
}
