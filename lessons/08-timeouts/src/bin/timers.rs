//! Shows which clocks the kernel keeps for sockets, by making a socket for each and looking it
//! up.

use std::io::{self, ErrorKind, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, SockAddr, SockRef, Socket, TcpKeepalive, Type};
use timeouts::timers::{self, Clock};

const HELP: &str = "
Usage: timers [ADDRESS]

Makes connections that wait for something, and shows the kernel's clock for each (on Linux).
ADDRESS is where to listen: 127.0.0.1:0 unless given.
";

/// How long we look for a clock that the kernel will certainly start.
const PATIENCE: Duration = Duration::from_secs(5);
/// A second and a little: the kernel repeats the first segment of a connection after one.
const LATER: Duration = Duration::from_millis(1200);
/// How often we look.
const POLL: Duration = Duration::from_millis(5);
/// When the keepalive of our choice begins.
const KEEPALIVE: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    program::run(HELP, 0, show)
}

// ANCHOR: show
fn show(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    println!(
        "{:<28}  {:<11}  {:<10}  {:>8}  tries",
        "what", "state", "clock", "due in"
    );

    // An idle connection: no clock at all, unless we ask for one.
    let (idle, _silent) = pair(&listener)?;
    let ends = ends_of(&idle)?;
    print("connected and idle", ends, Clock::Off)?;
    let socket = SockRef::from(&idle);
    socket.set_keepalive(true)?;
    print("with SO_KEEPALIVE", ends, Clock::Keepalive)?;
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEPALIVE))?;
    print("with keepalive after 10 s", ends, Clock::Keepalive)?;

    // A handshake that nobody answers: the listener's queue is full.
    let (_sockets, ends) = unanswered(address)?;
    print("connect, no answer", ends, Clock::Retransmit)?;
    thread::sleep(LATER);
    print("a little over a second later", ends, Clock::Retransmit)?;

    // A peer that does not read: it has no room, and our kernel asks again and again.
    let (mut sender, _deaf) = pair(&listener)?;
    fill(&mut sender)?;
    print("the peer does not read", ends_of(&sender)?, Clock::Probe)?;

    // Closed by both: the end that closed first remembers the connection for a while.
    let (first, second) = pair(&listener)?;
    let ends = ends_of(&first)?;
    drop(first);
    drop(second);
    print("closed, by us first", ends, Clock::TimeWait)
}
// ANCHOR_END: show

/// Our end and the other one.
type Ends = (SocketAddr, SocketAddr);

fn ends_of(stream: &TcpStream) -> io::Result<Ends> {
    Ok((stream.local_addr()?, stream.peer_addr()?))
}

fn internet(address: SockAddr) -> io::Result<SocketAddr> {
    address
        .as_socket()
        .ok_or(ErrorKind::AddrNotAvailable.into())
}

fn pair(listener: &TcpListener) -> io::Result<(TcpStream, TcpStream)> {
    let client = TcpStream::connect_timeout(&listener.local_addr()?, PATIENCE)?;
    let (server, _) = listener.accept()?;
    Ok((client, server))
}

/// A connection whose handshake hangs, and what makes it hang: a listener whose queue is full.
fn unanswered(address: SocketAddr) -> io::Result<([Socket; 3], Ends)> {
    let new = || Socket::new(Domain::for_address(address), Type::STREAM, None);
    let listener = new()?;
    listener.bind(&SocketAddr::new(address.ip(), 0).into())?;
    listener.listen(0)?; // On Linux this means: one connection may wait.
    let name = listener.local_addr()?;
    let waiting = new()?;
    waiting.connect_timeout(&name, PATIENCE)?;
    let calling = new()?;
    calling.set_nonblocking(true)?;
    let _ = calling.connect(&name); // "in progress": the table tells the rest.
    let ends = (internet(calling.local_addr()?)?, internet(name)?);
    Ok(([listener, waiting, calling], ends))
}

/// Writes until the kernel takes no more.
fn fill(sender: &mut TcpStream) -> io::Result<()> {
    sender.set_nonblocking(true)?;
    loop {
        match sender.write(&[0; 64 * 1024]) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

/// Prints the socket's row as soon as it has this clock.
fn print(what: &str, ends: Ends, clock: Clock) -> io::Result<()> {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        if let Some(row) = timers::row(ends.0, ends.1)?.filter(|row| row.clock == clock) {
            let (due, tries) = (row.due.as_secs_f64(), row.retries);
            println!(
                "{what:<28}  {:<11}  {clock:<10}  {due:>7.2}s  {tries}",
                row.state
            );
            return Ok(());
        }
        thread::sleep(POLL);
    }
    let sentence = format!("{what}: the kernel has not started the clock \"{clock}\"");
    Err(io::Error::new(ErrorKind::TimedOut, sentence))
}
