//! Shows that TCP does not keep the boundaries between writes.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

const HELP: &str = "
Usage: chunks [ADDRESS]

Writes in some pieces, reads, and shows in which pieces the bytes arrived.
ADDRESS is where to listen: 127.0.0.1:0 unless given.
";

/// How long to wait for bytes that are certainly under way.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes: as many as there are in the large write, so that one read *could* take it all.
const LARGE: usize = 1024 * 1024;

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 0, compare)
}

fn compare(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    let mut sender = TcpStream::connect_timeout(&listener.local_addr()?, PATIENCE)?;
    sender.set_write_timeout(Some(PATIENCE))?;
    let (mut receiver, _) = listener.accept()?;
    receiver.set_read_timeout(Some(PATIENCE))?;

    // Many small writes: all of them are done before the first read.
    for number in 0..10 {
        sender.write_all(format!("message {number}\n").as_bytes())?;
    }
    let pieces = read_exactly(&mut receiver, 100)?;
    println!("10 writes of 10 bytes arrived in these reads: {pieces:?}");

    // One large write. It needs a thread, because the kernel's buffers do not hold all of it: the
    // write returns when the last part is in them.
    let writer = thread::spawn(move || sender.write_all(&vec![b'x'; LARGE]));
    let pieces = read_exactly(&mut receiver, LARGE)?;
    println!("1 write of {LARGE} bytes arrived in these reads: {pieces:?}");
    writer
        .join()
        .unwrap_or_else(|_| Err(io::Error::other("the writing thread panicked")))
}

/// Reads `total` bytes and returns how many each read brought.
fn read_exactly(receiver: &mut TcpStream, total: usize) -> io::Result<Vec<usize>> {
    let mut buffer = vec![0; LARGE];
    let mut pieces = Vec::new();
    while pieces.iter().sum::<usize>() < total {
        match receiver.read(&mut buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => pieces.push(count),
        }
    }
    Ok(pieces)
}
// ANCHOR_END: main
