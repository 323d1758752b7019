//! Counts how often a server wakes up for a client that does nothing.

use std::io;
use std::net::{self, SocketAddr};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

const HELP: &str = "
Usage: wake-ups [ADDRESS]

Waits for events of one idle client, in four ways, and counts the wake-ups.
ADDRESS is where to listen: 127.0.0.1:0 unless given.
";

/// How long each way is tried.
const TIME: Duration = Duration::from_millis(900);
const PATIENCE: Duration = Duration::from_secs(5);
const CLIENT: Token = Token(0);

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 0, compare)
}

fn compare(address: SocketAddr) -> io::Result<()> {
    let listener = net::TcpListener::bind(address)?;
    let _client = net::TcpStream::connect_timeout(&listener.local_addr()?, PATIENCE)?;
    let (socket, _) = listener.accept()?;
    socket.set_nonblocking(true)?;

    println!("wake-ups for one idle client in {} s:", TIME.as_secs_f64());
    let both = Interest::READABLE | Interest::WRITABLE;
    let show = |count: u64, way: &str| println!("{count:>9}  {way}");
    show(
        with_mio(&socket, Interest::READABLE, false)?,
        "mio, READABLE",
    );
    show(
        with_mio(&socket, both, false)?,
        "mio, both, registered once",
    );
    show(
        with_mio(&socket, both, true)?,
        "mio, both, reregistered after each event",
    );
    #[cfg(unix)]
    show(with_poll(&socket)?, "poll(2), both");
    Ok(())
}

/// Edge-triggered: a wake-up for each change, and registering counts as one.
fn with_mio(socket: &net::TcpStream, interest: Interest, reregister: bool) -> io::Result<u64> {
    let mut poll = Poll::new()?;
    let mut stream = TcpStream::from_std(socket.try_clone()?);
    poll.registry().register(&mut stream, CLIENT, interest)?;
    let mut events = Events::with_capacity(1);
    let (end, mut count) = (Instant::now() + TIME, 0);
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(count);
        }
        poll.poll(&mut events, Some(left))?;
        count += u64::from(!events.is_empty());
        if reregister && !events.is_empty() {
            poll.registry().reregister(&mut stream, CLIENT, interest)?;
        }
    }
}

/// Level-triggered: a wake-up as long as the socket is writable, which an idle one always is.
#[cfg(unix)]
fn with_poll(socket: &net::TcpStream) -> io::Result<u64> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    let mut sockets = [PollFd::new(socket, PollFlags::IN | PollFlags::OUT)];
    let (end, mut count) = (Instant::now() + TIME, 0);
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(count);
        }
        let timeout = Timespec::try_from(left).map_err(io::Error::other)?;
        if poll(&mut sockets, Some(&timeout))? > 0 {
            count += 1;
        }
    }
}
// ANCHOR_END: main
