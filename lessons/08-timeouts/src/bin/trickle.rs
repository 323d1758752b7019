//! One slow client against two servers: a timeout for each read, and a deadline for the request.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use timeouts::{Deadline, Heard, MAX_LINE};

const HELP: &str = "
Usage: trickle [ADDRESS]

Sends a request one byte at a time, and shows how long that holds a server.
ADDRESS is where to listen: 127.0.0.1:0 unless given.
";

/// Each server shall wait for this long: for a read, or for the request.
const LIMIT: Duration = Duration::from_millis(200);
/// The client sends a byte, and then pauses for this long: well within the limit.
const PAUSE: Duration = Duration::from_millis(50);
/// What it sends: 40 bytes.
const REQUEST: &[u8] = b"a request of forty bytes, one at a time\n";
/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(10);

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 0, compare)
}

fn compare(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    for whole in [false, true] {
        let mut trickler = TcpStream::connect_timeout(&listener.local_addr()?, PATIENCE)?;
        trickler.set_nodelay(true)?;
        let (server, _) = listener.accept()?;
        thread::spawn(move || {
            for byte in REQUEST {
                if trickler.write_all(&[*byte]).is_err() {
                    return; // The server has had enough.
                }
                thread::sleep(PAUSE);
            }
        });

        let started = Instant::now();
        let got = receive(&server, whole)?;
        let limit = if whole {
            "for the whole request"
        } else {
            "for each read"
        };
        println!(
            "{LIMIT:?} {limit}: held for {:.1} s, got {got} of {} bytes",
            started.elapsed().as_secs_f64(),
            REQUEST.len()
        );
    }
    Ok(())
}

/// Reads until the newline or until the patience is over, and returns how many bytes came.
fn receive(server: &TcpStream, whole: bool) -> io::Result<usize> {
    let deadline = Deadline::after(Instant::now(), LIMIT);
    let mut request = Vec::new();
    let mut buffer = [0; MAX_LINE];
    while !request.ends_with(b"\n") {
        // This is the whole difference.
        let wait = if whole {
            deadline.left(Instant::now())
        } else {
            LIMIT
        };
        match timeouts::listen_for(server, &mut buffer, wait)? {
            Heard::Bytes(count) => request.extend_from_slice(&buffer[..count]),
            Heard::End | Heard::Silence => break,
        }
    }
    Ok(request.len())
}
// ANCHOR_END: main
