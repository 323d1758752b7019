//! Measures what polling and long polling cost: how late an event comes, and for how many bytes.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use http::threaded::{Patience, serve};
use http::{Answer, Reply, Response, Status};
use polling::{Batch, Cursor, Feed, HOLD};
use threads::{Limits, Stop};

const HELP: &str = "
Usage: poll-cost [ADDRESS]

A server and three clients, in one process. They hear of the same events, each in its own way. Shows
how late, and with how many requests and bytes. It takes 12 seconds.
ADDRESS is where to listen: 127.0.0.1:0 unless given.
";

const EVENTS: usize = 12;
/// The shortest and the longest time between two of them, in milliseconds. The same seed, the same moments.
const APART: std::ops::Range<u64> = 500..1_500;
const SEED: u64 = 18;

const WAYS: [(&str, &str, Duration); 3] = [
    ("poll, each second", "/poll", Duration::from_secs(1)),
    ("poll, 10 a second", "/poll", Duration::from_millis(100)),
    ("long poll", "/longpoll", Duration::ZERO),
];

/// How long a client waits for one answer.
const PATIENCE: Duration = HOLD.saturating_add(Duration::from_secs(5));

/// Bytes of an answer.
const MAX_ANSWER: u64 = 64 * 1024;

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 0, compare)
}

fn compare(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    let address = listener.local_addr()?;
    let (feed, stop, began) = (Feed::in_memory(EVENTS), Stop::new(), Instant::now());
    let [least, most] = [APART.start, APART.end].map(|milliseconds| milliseconds as f64 / 1_000.0);
    println!("{EVENTS} events, {least} to {most} s apart\n");
    println!("                   median latency  requests per event  bytes per event");
    thread::scope(|scope| {
        scope.spawn(|| {
            let (limits, patience) = (Limits::USUAL, Patience::USUAL);
            serve(
                listener,
                limits,
                patience,
                &stop,
                |_| {},
                |request, _, client| match request.path() {
                    "/poll" => polling::poll(&feed, request),
                    "/longpoll" => polling::long_poll(&feed, request, client, HOLD),
                    _ => Response::plain(Status::NOT_FOUND),
                },
            )
        });
        let clients = WAYS
            .map(|(_, path, interval)| scope.spawn(move || follow(address, path, interval, began)));
        let mut random = fastrand::Rng::with_seed(SEED);
        let published = (0..EVENTS).try_for_each(|_| {
            thread::sleep(Duration::from_millis(random.u64(APART)));
            let now = began.elapsed().as_nanos();
            feed.publish(&now.to_string()).map(|_| ())
        });
        for ((way, ..), client) in WAYS.iter().zip(clients) {
            let panicked = |_| Err(io::Error::other("a client panicked"));
            match client.join().unwrap_or_else(panicked) {
                Ok(cost) => println!("{way:17}  {cost}"),
                Err(error) => println!("{way:17}  {error}"),
            }
        }
        stop.stop();
        published
    })
}
// ANCHOR_END: main

// ANCHOR: follow
/// One client: asks on one connection, as a browser does, until it has all events.
fn follow(
    address: SocketAddr,
    path: &str,
    interval: Duration,
    began: Instant,
) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let (mut requests, mut bytes, mut latencies) = (0, 0, Vec::new());
    let (mut cursor, mut reply) = (Cursor::default(), Reply::new(MAX_ANSWER));
    while latencies.len() < EVENTS {
        let since = cursor.last();
        let request = format!("GET {path}?since={since} HTTP/1.1\r\nHost: {address}\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let (answer, count) = hear(&mut stream, &mut reply)?;
        requests += 1;
        bytes += request.len() + count;
        for event in cursor.take(answer) {
            let happened = event.text.parse().map_err(io::Error::other)?;
            latencies.push(
                began
                    .elapsed()
                    .saturating_sub(Duration::from_nanos(happened)),
            );
        }
        thread::sleep(interval);
    }
    latencies.sort_unstable();
    let median = latencies[EVENTS / 2].as_secs_f64() * 1_000.0;
    let requests = f64::from(requests) / EVENTS as f64;
    Ok(format!(
        "{median:11.1} ms  {requests:18.1}  {:15}",
        bytes / EVENTS
    ))
}

/// One answer, and its length in bytes.
fn hear(stream: &mut TcpStream, reply: &mut Reply) -> io::Result<(Batch, usize)> {
    let (mut body, mut count, mut buffer) = (Vec::new(), 0, [0; 4 * 1024]);
    reply.begin_anew();
    loop {
        let refused = |refused: http::Refused| io::Error::new(ErrorKind::InvalidData, refused.why);
        match reply.next_event().map_err(refused)? {
            Some(Answer::Body(bytes)) => body.extend(bytes),
            Some(Answer::Head(_)) => {}
            Some(Answer::End) => return Ok((serde_json::from_slice(&body)?, count)),
            None => match stream.read(&mut buffer)? {
                0 => reply.receive_end(),
                more => {
                    reply.receive_data(&buffer[..more]);
                    count += more;
                }
            },
        }
    }
}
// ANCHOR_END: follow
