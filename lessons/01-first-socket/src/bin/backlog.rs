//! Counts how many clients can connect to a listener that never accepts.

use std::io::{self, ErrorKind, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

const HELP: &str = "
Usage: backlog [ADDRESS]

Listens, never accepts, and counts the clients that connect all the same.
ADDRESS is where to listen: 127.0.0.1:0 unless given.
";

/// How long a connect may take before we call the queue full. On one computer a connect takes
/// microseconds; and Linux, which ignores the client when the queue is full, tries again after 1 s.
const PATIENCE: Duration = Duration::from_millis(900);
/// Where to stop when the queue is longer than we care to know.
const MAX_CLIENTS: usize = 500;

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 0, count)
}

fn count(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    let address = listener.local_addr()?;
    println!("listening on {address}, and never calling accept");

    let mut clients = Vec::new();
    let ending = loop {
        if clients.len() == MAX_CLIENTS {
            break "we stop here: the queue is longer than we care to know".to_string();
        }
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(client) => clients.push(client),
            Err(error) if error.kind() == ErrorKind::TimedOut => {
                break format!("the next one got no answer for {} ms", PATIENCE.as_millis());
            }
            Err(error) => break format!("the next one failed: {error}"),
        }
    };
    println!("{} clients connected; {ending}", clients.len());

    if let Some(first) = clients.first_mut() {
        let sent = first.write(b"is anybody there?")?;
        println!("the first client sent {sent} bytes; nobody has read one");
    }
    Ok(())
}
// ANCHOR_END: main
