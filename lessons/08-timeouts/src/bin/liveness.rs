//! Sends back lines on port 7008, and finds out which of its clients are still there.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::ops::ControlFlow;
use std::process::ExitCode;

use timeouts::Limits;

const HELP: &str = "
Usage: liveness [ADDRESS]

Sends back lines. Asks a silent client with `ping` each second, and gives it up after three.
ADDRESS is where to listen: 127.0.0.1:7008 unless given.
";

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 7008, listen)
}

fn listen(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    println!("listening on {}", listener.local_addr()?);

    timeouts::serve(&listener, Limits::USUAL, |client, outcome| {
        match outcome {
            Ok(lines) => println!("{client}: left after {lines} lines"),
            Err(error) => println!("{client}: {error}"),
        }
        ControlFlow::Continue(())
    })
}
// ANCHOR_END: main
