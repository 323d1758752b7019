//! Connects without waiting, three times: to a server, to nobody, and to somebody who does not
//! answer.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::time::Duration;

use nonblocking::Connecting;
use socket2::{Domain, Socket, Type};

const HELP: &str = "
Usage: three-connects [ADDRESS]

Connects to a server, to nobody, and to a full queue, without waiting, and shows each answer.
ADDRESS is where to listen: 127.0.0.1:0 unless given.
";

/// How long we wait for an answer. Over loopback, one that has not come by then will not come soon.
const PATIENCE: Duration = Duration::from_millis(200);

fn main() -> ExitCode {
    program::run(HELP, 0, try_all)
}

fn try_all(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    let here = listener.local_addr()?;
    try_one("a server listens", here)?;
    let (socket, here) = bound(address)?;
    try_one("nobody listens", here)?;
    let _waiting = fill_queue(&socket, here)?;
    try_one("the queue is full", here)
}

fn try_one(what: &str, address: SocketAddr) -> io::Result<()> {
    println!("{what}:");
    let socket = nonblocking::begin(address)?;
    println!("  begin: in progress");
    println!("  poll:  {}", wait(&socket)?);
    match nonblocking::check(socket) {
        Ok(Connecting::Connected(stream)) => {
            println!("  check: connected with {}", stream.peer_addr()?)
        }
        Ok(Connecting::NotYet(_)) => println!("  check: not yet"),
        Err(error) => println!("  check: {error}"),
    }
    Ok(())
}

/// Waits until `socket` is writable, and says what poll(2) said.
#[cfg(unix)]
fn wait(socket: &Socket) -> io::Result<String> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    let mut asked = [PollFd::new(socket, PollFlags::OUT)];
    let patience = Timespec::try_from(PATIENCE).map_err(io::Error::other)?;
    poll(&mut asked, Some(&patience))?;
    let names = asked[0].revents().iter_names().map(|(name, _)| name);
    let names: Vec<&str> = names.collect();
    Ok(if names.is_empty() {
        format!("nothing within {PATIENCE:?}")
    } else {
        names.join(", ")
    })
}

#[cfg(not(unix))]
fn wait(_: &Socket) -> io::Result<String> {
    Err(io::ErrorKind::Unsupported.into())
}

/// A socket that has a port, so that nobody else takes it, and does not listen.
fn bound(address: SocketAddr) -> io::Result<(Socket, SocketAddr)> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.bind(&SocketAddr::new(address.ip(), 0).into())?;
    let here = socket.local_addr()?.as_socket();
    Ok((socket, here.ok_or(io::ErrorKind::AddrNotAvailable)?))
}

/// Makes it listen, with no room for one more, as in lesson 08.
fn fill_queue(listener: &Socket, here: SocketAddr) -> io::Result<Socket> {
    listener.listen(0)?; // On Linux this means: one connection may wait.
    let waiting = Socket::new(Domain::for_address(here), Type::STREAM, None)?;
    waiting.connect_timeout(&here.into(), PATIENCE)?;
    Ok(waiting)
}
