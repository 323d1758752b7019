//! Sends back what each client sends, on port 7002.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::ops::ControlFlow;
use std::process::ExitCode;

const HELP: &str = "
Usage: echo-server [ADDRESS]

Sends back what a client sends until it ends, then serves the next one. Ctrl-C ends it.
ADDRESS is where to listen: 127.0.0.1:7002 unless given.
";

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 7002, listen)
}

fn listen(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    println!("listening on {}", listener.local_addr()?);

    tcp_echo::serve(&listener, tcp_echo::IDLE, |client, outcome| {
        match outcome {
            Ok(count) => println!("{client}: echoed {count} bytes"),
            Err(error) => println!("{client}: {error}"),
        }
        ControlFlow::Continue(())
    })
}
// ANCHOR_END: main
