//! A chat room on port 7010, with two threads for each client.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;

use threads::{Limits, News, Stop};

const HELP: &str = "
Usage: chat-server [ADDRESS]

Runs one chat room. Talk to it with chat-client. Ctrl-C says goodbye to all and ends it.
ADDRESS is where to listen: 127.0.0.1:7010 unless given.
";

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 7010, listen)
}

fn listen(address: SocketAddr) -> io::Result<()> {
    threads::raise_descriptor_limit(); // What it is then is for accept to find out.
    let listener = TcpListener::bind(address)?;
    let stop = Stop::new();
    let asked = stop.clone();
    ctrlc::set_handler(move || asked.stop()).map_err(io::Error::other)?;
    println!("listening on {}", listener.local_addr()?);

    let cut_off = chat_threads::serve(listener, Limits::USUAL, &stop, tell)?;
    println!("stopped; conversations that were cut off: {cut_off}");
    Ok(())
}

fn tell(news: News) {
    match news {
        News::Ended(client, Ok(count)) => println!("{client}: left after {count} messages"),
        News::Ended(client, Err(error)) => println!("{client}: failed, {error}"),
        News::AcceptFailed(error) => println!("cannot accept, will try again: {error}"),
    }
}
// ANCHOR_END: main
