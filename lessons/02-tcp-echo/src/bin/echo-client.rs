//! Sends its standard input to `echo-server` and prints what comes back.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

const HELP: &str = "
Usage: echo-client [ADDRESS]

Sends what you type (or what a pipe holds) and prints what comes back. Ctrl-D ends the input.
ADDRESS is the server: 127.0.0.1:7002 unless given.
";

/// How long we wait for the connection.
const PATIENCE: Duration = Duration::from_secs(5);

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 7002, connect)
}

fn connect(address: SocketAddr) -> io::Result<()> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    // The end of our input is not the end of the conversation: `exchange` closes our half and
    // receives the rest.
    tcp_echo::exchange(&stream, io::stdin(), io::stdout(), tcp_echo::IDLE)?;
    Ok(())
}
// ANCHOR_END: main
