//! Sends each line of its standard input as one datagram, and prints what comes back.

use std::io::{self, BufRead, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::process::ExitCode;
use std::time::Duration;

const HELP: &str = "
Usage: udp-client [ADDRESS]

Sends each line that you type (or that a pipe holds) as one datagram, and prints the first datagram
that comes back within a second. Ctrl-D ends the input.
ADDRESS is the server: 127.0.0.1:7005 unless given.
";

/// How long we wait for an answer. Over loopback it takes microseconds, or it will not come.
const PATIENCE: Duration = Duration::from_secs(1);

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 7005, talk)
}

fn talk(server: SocketAddr) -> io::Result<()> {
    let any: SocketAddr = match server {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any)?;
    // Nothing is sent here. The kernel only remembers the address, and from now on it hands us
    // datagrams from nobody else, and tells us when the port is closed.
    socket.connect(server)?;

    let mut buffer = [0; udp::MAX_PAYLOAD];
    for line in io::stdin().lock().lines() {
        match udp::ask(&socket, line?.as_bytes(), &mut buffer, PATIENCE) {
            Ok(answer) => println!("{}", String::from_utf8_lossy(answer)),
            Err(error) if error.kind() == ErrorKind::TimedOut => {
                println!("(no answer: lost on the way there, or on the way back)");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
// ANCHOR_END: main
