//! Several listening sockets on one port: counts which of them gets how many clients.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use options::Listening;

const HELP: &str = "
Usage: workers [ADDRESS]

Binds one port several times with SO_REUSEPORT, and counts the clients of each socket.
ADDRESS is where to listen: 127.0.0.1:0 unless given.
";

/// Listening sockets on the one port.
const WORKERS: usize = 4;
/// Clients of all of them together. Each holds a descriptor at either end while they last.
const CLIENTS: usize = 200;
/// How long a connect may take.
const PATIENCE: Duration = Duration::from_secs(5);

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 0, share)
}

fn share(address: SocketAddr) -> io::Result<()> {
    let plan = Listening {
        reuse_port: true,
        backlog: CLIENTS as i32, // Nobody accepts until all have connected.
        ..Listening::default()
    };
    let first = plan.listen(address)?;
    let address = first.local_addr()?;
    let mut workers = vec![first];
    while workers.len() < WORKERS {
        workers.push(plan.listen(address)?); // The very same address, and it is not in use.
    }
    println!("{WORKERS} sockets listen on {address}");

    let clients = (0..CLIENTS)
        .map(|_| TcpStream::connect_timeout(&address, PATIENCE))
        .collect::<io::Result<Vec<_>>>()?;
    for (number, worker) in workers.iter().enumerate() {
        println!("worker {number}: {} clients", queued(worker)?);
    }
    println!("{} clients in all", clients.len());
    Ok(())
}
// ANCHOR_END: main

/// Accepts and closes what waits in the queue, and returns how many there were.
fn queued(worker: &TcpListener) -> io::Result<usize> {
    worker.set_nonblocking(true)?;
    let mut count = 0;
    loop {
        match worker.accept() {
            Ok(_) => count += 1,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(count),
            Err(error) => return Err(error),
        }
    }
}
