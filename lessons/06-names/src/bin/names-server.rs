//! Greets each client by its address, on port 7006: clients of both families, when told so.

use std::io;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::process::ExitCode;

use names::normalise;

const HELP: &str = "
Usage: names-server [ADDRESS]

Sends a line to each client that connects, then serves the next one. Ctrl-C ends it.
ADDRESS is where to listen: 127.0.0.1:7006 unless given. Try [::1]:7006, which is this computer
in IPv6, and [::]:7006, which is every address of this computer in both families.
";

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 7006, listen)
}

fn listen(address: SocketAddr) -> io::Result<()> {
    let listener = names::listen(address)?;
    println!("listening on {}", listener.local_addr()?);

    first_socket::serve(&listener, first_socket::FAREWELL, |client, outcome| {
        let known_as = normalise(client);
        match outcome {
            Ok(_) if known_as == client => println!("greeted {client}"),
            Ok(_) => println!("greeted {client}, which is {known_as}"),
            Err(error) => println!("lost {known_as}: {error}"),
        }
        ControlFlow::Continue(())
    })
}
// ANCHOR_END: main
