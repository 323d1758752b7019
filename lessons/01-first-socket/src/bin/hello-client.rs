//! Connects to `hello-server` and prints what it says.

use std::io::{self, Read};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use first_socket::Endpoints;

const HELP: &str = "
Usage: hello-client [ADDRESS]

Connects, prints both ends of the connection and what the server says.
ADDRESS is the server: 127.0.0.1:7001 unless given.
";

/// How long we wait for the connection, and then for each read.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes. A greeting is short; a server that goes on and on is not ours.
const MAX_GREETING: u64 = 4096;

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 7001, connect)
}

fn connect(address: SocketAddr) -> io::Result<()> {
    // Two calls in one: socket(), connect(). Our own port is the kernel's choice.
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    println!("connected {}", Endpoints::of(&stream)?);

    // The server hangs up after its greeting, so the greeting is everything until end of stream.
    let mut greeting = Vec::new();
    stream.take(MAX_GREETING).read_to_end(&mut greeting)?;
    print!("{}", String::from_utf8_lossy(&greeting));
    Ok(())
}
// ANCHOR_END: main
