//! Takes uploads on port 7004 and says how long each was.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::ops::ControlFlow;
use std::process::ExitCode;

use closing::Farewell;

const HELP: &str = "
Usage: upload-server [ADDRESS]

Reads what a client sends until it ends, replies with one line, and serves the next. Ctrl-C ends it.
ADDRESS is where to listen: 127.0.0.1:7004 unless given.
";

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 7004, listen)
}

fn listen(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    println!("listening on {}", listener.local_addr()?);

    closing::serve(&listener, closing::PATIENCE, |client, outcome| {
        match outcome {
            Ok(upload) => {
                let what = match upload.accepted {
                    Some(count) => format!("{count} bytes"),
                    None => "too long".to_string(),
                };
                let end = match upload.farewell {
                    Farewell::Heard => "end of stream",
                    Farewell::GaveUp => "no end of stream in time",
                };
                println!("{client}: {what}, then {end}");
            }
            Err(error) => println!("{client}: {error}"),
        }
        ControlFlow::Continue(())
    })
}
// ANCHOR_END: main
