//! Sends back each frame that a client sends, on port 7003.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::ops::ControlFlow;
use std::process::ExitCode;

const HELP: &str = "
Usage: frame-server [ADDRESS]

Sends back each frame that a client sends until it ends, then serves the next one. Ctrl-C ends it.
A frame is four bytes of length, the most significant first, and then the message.
ADDRESS is where to listen: 127.0.0.1:7003 unless given.
";

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 7003, listen)
}

fn listen(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    println!("listening on {}", listener.local_addr()?);

    framing::serve(&listener, framing::IDLE, |client, outcome| {
        match outcome {
            Ok(count) => println!("{client}: echoed {count} frames"),
            Err(error) => println!("{client}: {error}"),
        }
        ControlFlow::Continue(())
    })
}
// ANCHOR_END: main
