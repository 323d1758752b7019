//! Tries the four addresses of one name in turn, and then in a race, and shows when what happened.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use names::{ATTEMPT_DELAY, Attempt, Resolve, SilentListener, dial, interleave, listen};
use socket2::{Domain, Socket, Type};

const HELP: &str = "
Usage: race [ADDRESS]

Makes a name with four addresses, of which two are silent and one refuses, and connects to it:
in turn, then in a race. ADDRESS is where the server listens: 127.0.0.1:0 unless given.
";

/// How long one attempt may take when they are made in turn. Many programs allow much more.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long a race may take.
const RACE_PATIENCE: Duration = Duration::from_secs(10);

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 0, compare)
}

fn compare(address: SocketAddr) -> io::Result<()> {
    let server = TcpListener::bind(address)?;
    // Two addresses whose packets are lost on the way, and one where nobody listens.
    let first = SilentListener::new(ipv6_if_there_is())?;
    let second = SilentListener::new(ipv6_if_there_is())?;
    let (_bound, refusing) = refusing()?;
    let (first, second, good) = (first.address(), second.address(), server.local_addr()?);
    for (address, what) in [(first, "silent"), (second, "silent"), (refusing, "refuses")] {
        println!("{address:<17} {what}");
    }
    println!("{good:<17} listens");

    // A resolver of our own: no DNS is asked.
    let resolver = |_: &str, _: u16| Ok(vec![first, second, refusing, good]);
    let addresses = resolver.resolve("four-doors.test", 80)?;

    println!("\nin turn");
    in_turn(&addresses)?;
    println!("\nin a race");
    dial(interleave(&addresses), ATTEMPT_DELAY, RACE_PATIENCE, print)?;
    Ok(())
}

/// The simple way: the next address when the last one has failed.
fn in_turn(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let started = Instant::now();
    let mut last_error = io::ErrorKind::NotFound.into();
    for address in addresses {
        print(started.elapsed(), *address, Attempt::Started);
        match TcpStream::connect_timeout(address, PATIENCE) {
            Ok(stream) => {
                print(started.elapsed(), *address, Attempt::Connected);
                return Ok(stream);
            }
            Err(error) => {
                print(started.elapsed(), *address, Attempt::Failed(&error));
                last_error = error;
            }
        }
    }
    Err(last_error)
}

fn print(elapsed: Duration, address: SocketAddr, attempt: Attempt) {
    println!("{:>6} ms  {address:<17} {attempt}", elapsed.as_millis());
}
// ANCHOR_END: main

/// `[::1]`, or `127.0.0.1` where that does not exist.
fn ipv6_if_there_is() -> IpAddr {
    match listen((Ipv6Addr::LOCALHOST, 0).into()) {
        Ok(_) => Ipv6Addr::LOCALHOST.into(),
        Err(error) => {
            println!("This computer has no IPv6 ({error}), so IPv4 stands in for it.");
            Ipv4Addr::LOCALHOST.into()
        }
    }
}

/// An address that is bound, so that nobody else takes it, and not listening.
fn refusing() -> io::Result<(Socket, SocketAddr)> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    let address = socket.local_addr()?.as_socket();
    Ok((socket, address.ok_or(io::ErrorKind::AddrNotAvailable)?))
}
