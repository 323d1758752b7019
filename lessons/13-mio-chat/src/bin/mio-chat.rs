//! A chat room on port 7013, served by one thread.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;

use threads::{Limits, News, Stop};

const HELP: &str = "
Usage: mio-chat [ADDRESS]

A chat room for many, in one thread. Talk in it with: cargo run --bin chat-client ADDRESS
ADDRESS is where to listen: 127.0.0.1:7013 unless given. Ctrl-C lets everybody get the rest first.
";

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 7013, listen)
}

fn listen(address: SocketAddr) -> io::Result<()> {
    threads::raise_descriptor_limit();
    let listener = TcpListener::bind(address)?;
    let stop = Stop::new();
    let ctrl_c = stop.clone();
    ctrlc::set_handler(move || ctrl_c.stop()).map_err(io::Error::other)?;
    println!("listening on {}", listener.local_addr()?);

    let cut_off = mio_chat::serve(listener, Limits::USUAL, &stop, |news| match news {
        News::Ended(client, Ok(messages)) => println!("{client}: left after {messages} messages"),
        News::Ended(client, Err(error)) => println!("{client}: {error}"),
        News::AcceptFailed(error) => println!("nobody can be accepted for now: {error}"),
    })?;
    println!("stopped; {cut_off} conversations were cut off");
    Ok(())
}
// ANCHOR_END: main
