//! Sends each line of its standard input to `frame-server` as a frame, and prints the answers.

use framing::{Frames, MAX_FRAME};
use std::io::{self, BufRead, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

const HELP: &str = "
Usage: frame-client [ADDRESS]

Sends each line that you type (or that a pipe holds) as one frame and prints the frame that comes
back. Ctrl-D ends the input.
ADDRESS is the server: 127.0.0.1:7003 unless given.
";

/// How long we wait for the connection.
const PATIENCE: Duration = Duration::from_secs(5);

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 7003, converse)
}

fn converse(address: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(framing::IDLE))?;
    stream.set_write_timeout(Some(framing::IDLE))?;

    let mut frames = Frames::new(MAX_FRAME); // one for the whole conversation
    for line in io::stdin().lock().split(b'\n') {
        let answer = framing::ask(&mut stream, &mut frames, &line?)?;
        let mut output = io::stdout().lock();
        output.write_all(&answer)?;
        output.write_all(b"\n")?;
    }
    Ok(())
}
// ANCHOR_END: main
