//! Greets each client in turn, on port 7001.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::ops::ControlFlow;
use std::process::ExitCode;

const HELP: &str = "
Usage: hello-server [ADDRESS]

Greets each client in turn and hangs up. Ctrl-C ends it.
ADDRESS is where to listen: 127.0.0.1:7001 unless given.
";

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 7001, listen)
}

fn listen(address: SocketAddr) -> io::Result<()> {
    // Three calls in one: socket(), bind(), listen(). From here on the kernel completes
    // connections by itself, whether or not anyone accepts them.
    let listener = TcpListener::bind(address)?;
    println!("listening on {}", listener.local_addr()?);

    first_socket::serve(&listener, first_socket::FAREWELL, |client, outcome| {
        match outcome {
            Ok(ends) => println!("greeted {ends}"),
            Err(error) => println!("lost {client}: {error}"),
        }
        ControlFlow::Continue(())
    })
}
// ANCHOR_END: main
