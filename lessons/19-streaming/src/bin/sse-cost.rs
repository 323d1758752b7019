//! Measures what an event costs when it is pushed: bytes on the wire, and time.

use std::io::{self, ErrorKind, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use http::threaded::{Patience, serve};
use http::{Answer, Reply};
use polling::Feed;
use streaming::sse::Decoder;
use streaming::{MAX_EVENT, subscribe};
use threads::{Limits, Stop};
use timeouts::{Heard, listen_for};

const HELP: &str = "
Usage: sse-cost [ADDRESS]

Lets events happen at random moments, listens to them with a connection of its own, and prints what each
of them cost. Takes about three seconds.
ADDRESS is where to listen: 127.0.0.1:7219 unless given.
";

/// How many events.
const EVENTS: usize = 200;

/// Bytes of an event's text.
const LENGTHS: [usize; 3] = [5, 50, 500];

/// The longest time between two events, in milliseconds.
const LONGEST_PAUSE: u64 = 10;

/// The same moments each time.
const SEED: u64 = 19;

/// For the next event to come.
const PATIENCE: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    program::run(HELP, 7219, measure)
}

fn measure(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    let address = listener.local_addr()?;
    let feed = Feed::in_memory(EVENTS);
    let stop = Stop::new();
    println!("{EVENTS} events at random moments, each with so many bytes, and its latency:");
    println!();
    println!("   text    format     chunk       all    median");
    thread::scope(|scope| {
        scope.spawn(|| {
            serve(
                listener,
                Limits::USUAL,
                Patience::USUAL,
                &stop,
                drop,
                |request, _, _| subscribe(&feed, request),
            )
        });
        let rows = LENGTHS.iter().try_for_each(|length| {
            let row = row(address, &feed, *length)?;
            println!("{row}");
            Ok(())
        });
        feed.close();
        stop.stop();
        rows
    })
}

// ANCHOR: row
/// Lets events with texts of `length` bytes happen, and listens to them.
fn row(address: SocketAddr, feed: &Feed, length: usize) -> io::Result<String> {
    let mut listener = Listener::connect(address)?;
    listener.next_piece()?; // What comes before all events.
    let mut decoder = Decoder::new(MAX_EVENT);
    let mut random = fastrand::Rng::with_seed(SEED);
    let mut latencies = Vec::new();
    let (mut body, before) = (0, listener.received);
    for _ in 0..EVENTS {
        thread::sleep(Duration::from_millis(random.u64(1..LONGEST_PAUSE)));
        let happened = Instant::now();
        feed.publish(&"x".repeat(length))?;
        while decoder.next_event()?.is_none() {
            let bytes = listener.next_piece()?;
            body += bytes.len();
            decoder.receive_data(&bytes);
        }
        latencies.push(happened.elapsed());
    }
    latencies.sort();
    let received = listener.received - before;
    let mean = |bytes: usize| bytes as f64 / EVENTS as f64;
    Ok(format!(
        "{length:5} B {:7.1} B {:7.1} B {:7.1} B {:6} us",
        mean(body) - length as f64,
        mean(received - body),
        mean(received),
        latencies[EVENTS / 2].as_micros(),
    ))
}

/// A subscription, and how many bytes came.
struct Listener {
    stream: TcpStream,
    reply: Reply,
    received: usize,
}
// ANCHOR_END: row

impl Listener {
    fn connect(address: SocketAddr) -> io::Result<Self> {
        let mut stream = TcpStream::connect(address)?;
        let request = format!("GET /events HTTP/1.1\r\nHost: {address}\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        Ok(Self {
            stream,
            reply: Reply::new(u64::MAX),
            received: 0,
        })
    }

    /// The next bytes of the response's body.
    fn next_piece(&mut self) -> io::Result<Vec<u8>> {
        let mut buffer = [0; 16 * 1024];
        loop {
            match self.reply.next_event().map_err(io::Error::other)? {
                Some(Answer::Body(bytes)) => return Ok(bytes),
                Some(Answer::Head(_)) => {}
                Some(Answer::End) => return Err(ErrorKind::UnexpectedEof.into()),
                None => match listen_for(&self.stream, &mut buffer, PATIENCE)? {
                    Heard::Bytes(count) => {
                        self.received += count;
                        self.reply.receive_data(&buffer[..count]);
                    }
                    Heard::End => self.reply.receive_end(),
                    Heard::Silence => return Err(ErrorKind::TimedOut.into()),
                },
            }
        }
    }
}
