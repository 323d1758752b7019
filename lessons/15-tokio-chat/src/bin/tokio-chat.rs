//! A chat room on port 7015, with a task for each client.

use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;

use threads::{Limits, News, Stop};
use tokio::net::TcpListener;

const HELP: &str = "
Usage: tokio-chat [ADDRESS]

Runs one chat room. Talk to it with chat-client. Ctrl-C says goodbye to all and ends it.
ADDRESS is where to listen: 127.0.0.1:7015 unless given.
";

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 7015, |address| {
        tokio::runtime::Runtime::new()?.block_on(listen(address))
    })
}

async fn listen(address: SocketAddr) -> io::Result<()> {
    threads::raise_descriptor_limit(); // What it is then is for accept to find out.
    let listener = TcpListener::bind(address).await?;
    let stop = Stop::new();
    let asked = stop.clone();
    ctrlc::set_handler(move || asked.stop()).map_err(io::Error::other)?;
    println!("listening on {}", listener.local_addr()?);

    let cut_off = tokio_chat::serve(listener, Limits::USUAL, &stop, tell).await?;
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
