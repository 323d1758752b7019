//! Sends back what each client sends, for four at a time, on port 7109.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;

use threads::{Limits, News, Stop, pool};

const HELP: &str = "
Usage: pool-echo [ADDRESS]

Sends back what a client sends until it ends, with four threads for all clients. Ctrl-C ends it.
ADDRESS is where to listen: 127.0.0.1:7109 unless given.
";

/// So many conversations at a time: who comes later waits.
const WORKERS: usize = 4;

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 7109, listen)
}

fn listen(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    let stop = Stop::new();
    let asked = stop.clone();
    ctrlc::set_handler(move || asked.stop()).map_err(io::Error::other)?;
    println!("listening on {}", listener.local_addr()?);

    let limits = Limits {
        connections: WORKERS,
        ..Limits::USUAL
    };
    let cut_off = pool::serve(listener, limits, &stop, tell)?;
    println!("stopped; conversations that were cut off: {cut_off}");
    Ok(())
}

fn tell(news: News) {
    match news {
        News::Ended(client, Ok(count)) => println!("{client}: echoed {count} bytes"),
        News::Ended(client, Err(error)) => println!("{client}: failed, {error}"),
        News::AcceptFailed(error) => println!("cannot accept, will try again: {error}"),
    }
}
// ANCHOR_END: main
