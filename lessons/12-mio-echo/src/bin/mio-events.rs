//! Shows which events come, when, and when none comes although there is something to do.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{self, Shutdown, SocketAddr};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

const HELP: &str = "
Usage: mio-events [ADDRESS]

Plays a server and its clients, and shows each event and what was done about it.
ADDRESS is where to listen: 127.0.0.1:0 unless given.
";

const QUIET: Duration = Duration::from_millis(100); // For what does not come.
const PATIENCE: Duration = Duration::from_secs(5); // For what does.
const MUCH: usize = 65_536; // Bytes.
const NAMES: [&str; 3] = ["listener", "client 1", "client 2"]; // By token.

fn main() -> ExitCode {
    program::run(HELP, 0, play)
}

// ANCHOR: play
fn play(address: SocketAddr) -> io::Result<()> {
    let (poll, start, mut buffer) = (Poll::new()?, Instant::now(), vec![0; MUCH]);
    let registry = poll.registry().try_clone()?;
    let mut timeline = Timeline { poll, start };
    let mut listener = TcpListener::bind(address)?;
    registry.register(&mut listener, Token(0), Interest::READABLE)?;
    let connect = || net::TcpStream::connect_timeout(&listener.local_addr()?, PATIENCE);
    let (mut first, mut second) = (connect()?, connect()?);
    first.set_read_timeout(Some(PATIENCE))?;
    second.set_read_timeout(Some(PATIENCE))?;
    timeline.say("clients", "two connect");
    timeline.wait("")?;
    let (mut one, _) = listener.accept()?;
    timeline.served("accepts once".into());
    timeline.wait("the other client waits")?;
    let (mut two, _) = listener.accept()?;
    let count = 1 + until_would_block(|| listener.accept().map(|_| 1))?;
    timeline.served(format!("accepts until WouldBlock: {count} client"));

    registry.register(&mut one, Token(1), Interest::READABLE)?;
    first.write_all(&buffer)?;
    timeline.say("client 1", "sends 65,536 bytes");
    arrived(&one, MUCH)?;
    timeline.wait("")?;
    let count = one.read(&mut buffer[..1_024])?;
    timeline.served(format!("reads once: {count} bytes"));
    timeline.wait("64,512 bytes lie there")?;
    first.write_all(b"x")?;
    timeline.say("client 1", "sends 1 byte more");
    timeline.wait("")?;
    let count = until_would_block(|| one.read(&mut buffer))?;
    timeline.served(format!("reads until WouldBlock: {count} bytes"));

    let both = Interest::READABLE | Interest::WRITABLE;
    registry.register(&mut two, Token(2), both)?;
    timeline.served("asks for both about client 2".into());
    timeline.wait("")?;
    timeline.wait("it is as writable as before")?;
    second.write_all(b"x")?;
    timeline.say("client 2", "sends 1 byte");
    timeline.wait("")?;
    until_would_block(|| two.read(&mut buffer))?;
    let written = until_would_block(|| two.write(&buffer))?;
    timeline.served(format!("writes until WouldBlock: {written} bytes"));
    timeline.wait("client 2 does not read")?;
    second.read_exact(&mut vec![0; written])?;
    timeline.say("client 2", "reads them all");
    timeline.wait("")?;

    second.shutdown(Shutdown::Write)?;
    timeline.say("client 2", "ends its stream");
    timeline.wait("")?;
    timeline.served(format!("reads: {:?}", two.read(&mut buffer)));
    one.write_all(b"unread")?;
    first.peek(&mut [0])?; // It is there.
    drop(first); // With unread input: a reset (lesson 04).
    timeline.say("client 1", "resets");
    timeline.wait("")?;
    let outcome = one.read(&mut buffer).map_err(|error| error.kind());
    timeline.served(format!("reads: {outcome:?}"));
    Ok(())
}
// ANCHOR_END: play

struct Timeline {
    poll: Poll,
    start: Instant,
}

impl Timeline {
    fn say(&self, who: &str, what: &str) {
        let time = self.start.elapsed().as_secs_f64() * 1e3;
        println!("{time:6.1} ms  {who:9} {what}");
    }

    fn served(&self, what: String) {
        self.say("server", &what);
    }

    /// Shows the next events. When none come: what is there all the same.
    fn wait(&mut self, there: &str) -> io::Result<()> {
        let mut events = Events::with_capacity(NAMES.len());
        self.poll.poll(&mut events, Some(QUIET))?;
        if events.is_empty() {
            self.say("no event", &format!("for 100 ms, and {there}"));
        }
        for event in &events {
            let told = [
                (event.is_readable(), " readable"),
                (event.is_writable(), " writable"),
                (event.is_read_closed(), " read-closed"),
                (event.is_error(), " error"),
            ];
            let told: String = told.iter().filter(|(is, _)| *is).map(|(_, t)| *t).collect();
            self.say("event", &format!("{}:{told}", NAMES[event.token().0]));
        }
        Ok(())
    }
}

/// The sum of what a call brings until it says WouldBlock.
fn until_would_block(mut call: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    let mut sum = 0;
    loop {
        match call() {
            Ok(count) => sum += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(sum),
            Err(error) => return Err(error),
        }
    }
}

/// What was sent is under way for a moment. This waits until `count` bytes of it can be read.
fn arrived(stream: &TcpStream, count: usize) -> io::Result<()> {
    let (start, mut buffer) = (Instant::now(), vec![0; count]);
    while stream.peek(&mut buffer).unwrap_or(0) < count {
        if start.elapsed() > PATIENCE {
            return Err(ErrorKind::TimedOut.into());
        }
        std::thread::yield_now();
    }
    Ok(())
}
