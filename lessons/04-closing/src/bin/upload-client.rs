//! Sends its standard input to `upload-server` and prints the reply.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;

use closing::PATIENCE;

const HELP: &str = "
Usage: upload-client [ADDRESS]

Sends what you type (or what a pipe holds), and prints the reply. Ctrl-D ends the input.
ADDRESS is the server: 127.0.0.1:7004 unless given.
";

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 7004, connect)
}

fn connect(address: SocketAddr) -> io::Result<()> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    let reply = closing::upload(&stream, io::stdin(), PATIENCE)?;
    io::stdout().write_all(&reply)
}
// ANCHOR_END: main
