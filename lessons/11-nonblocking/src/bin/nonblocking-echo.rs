//! Sends back what each client sends, for many at a time in one thread, on port 7011.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;

use threads::{Limits, News, Stop};

const HELP: &str = "
Usage: nonblocking-echo [ADDRESS]

Sends back what a client sends until it ends, with one thread for all clients. Ctrl-C ends it.
ADDRESS is where to listen: 127.0.0.1:7011 unless given.
";

fn main() -> ExitCode {
    program::run(HELP, 7011, listen)
}

fn listen(address: SocketAddr) -> io::Result<()> {
    threads::raise_descriptor_limit(); // What it is then is for accept to find out.
    let listener = TcpListener::bind(address)?;
    let stop = Stop::new();
    let asked = stop.clone();
    ctrlc::set_handler(move || asked.stop()).map_err(io::Error::other)?;
    println!("listening on {}", listener.local_addr()?);

    let cut_off = nonblocking::serve(listener, Limits::USUAL, &stop, tell)?;
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
