//! A client that says nothing by itself and answers when it is asked whether it is there.

use std::io::{self, BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use timeouts::{Deadline, MAX_LINE, PING, PONG};

const HELP: &str = "
Usage: liveness-client [ADDRESS]

Connects, says nothing, and answers each `ping` with `pong`. Ctrl-Z stops it, and `fg` wakes it.
ADDRESS is the server: 127.0.0.1:7008 unless given.
";

/// How long we wait for the connection, and for the server to take our answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// A server that asks each second has a problem when it has not asked for so long.
const SILENCE: Duration = Duration::from_secs(10);

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 7008, stay)
}

fn stay(address: SocketAddr) -> io::Result<()> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    // Policy, trickling server: none. It can waste this process, which does nothing else.
    stream.set_read_timeout(Some(SILENCE))?;
    println!("connected as {}", stream.local_addr()?);

    let mut reader = BufReader::new(&stream);
    loop {
        let mut line = Vec::new();
        (&mut reader)
            .take(MAX_LINE as u64)
            .read_until(b'\n', &mut line)?;
        if line.is_empty() {
            println!("the server has ended the connection");
            return Ok(());
        }
        if line == PING {
            timeouts::write_by(&stream, PONG, Deadline::after(Instant::now(), PATIENCE))?;
            println!("ping, pong");
        }
    }
}
// ANCHOR_END: main
