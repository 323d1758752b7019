//! A chat server with a task for each member, on port 7015.

use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;

use threads::{Limits, News, Stop};
use tokio::net::TcpListener;

const HELP: &str = "
Usage: tokio-chat [ADDRESS]

Serves a chat; talk with chat-client. Ctrl-C tells everybody, and ends it.
ADDRESS is where to listen: 127.0.0.1:7015 unless given.
";

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 7015, |address| {
        tokio::runtime::Runtime::new()?.block_on(listen(address))
    })
}

async fn listen(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    let stop = Stop::new();
    let asked = stop.clone();
    ctrlc::set_handler(move || asked.stop()).map_err(io::Error::other)?;
    println!("listening on {}", listener.local_addr()?);

    let cut_off = tokio_chat::serve(listener, Limits::USUAL, &stop, |news| match news {
        News::Ended(client, Ok(count)) => println!("{client}: left after {count} messages"),
        News::Ended(client, Err(error)) => println!("{client}: {error}"),
        News::AcceptFailed(error) => println!("nobody can be accepted for now: {error}"),
    })
    .await?;
    println!("stopped; {cut_off} conversations were cut off");
    Ok(())
}
// ANCHOR_END: main
