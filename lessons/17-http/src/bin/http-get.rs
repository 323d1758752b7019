//! Gets what standard input names from an HTTP server, and prints it as it comes.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use http::Answer;

const HELP: &str = "
Usage: http-get [ADDRESS]

Each line of standard input is a target, like /index.html. Asks the server for
it, and prints head and body of the response. Each has a connection of its own.
ADDRESS is the server's: 127.0.0.1:7017 unless given.
";

/// How long one response may take, from first to last.
const PATIENCE: Duration = Duration::from_secs(30);

/// Bytes of a body.
const MAX_BODY: u64 = 1024 * 1024 * 1024;

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 7017, get_each)
}

fn get_each(address: SocketAddr) -> io::Result<()> {
    for target in io::stdin().lines() {
        let mut out = io::stdout().lock();
        http::get(
            address,
            &target?,
            MAX_BODY,
            PATIENCE,
            |answer| match answer {
                Answer::Head(head) => out.write_all(head.bytes()),
                Answer::Body(bytes) => out.write_all(bytes),
                Answer::End => out.flush(),
            },
        )?;
    }
    Ok(())
}
// ANCHOR_END: main
