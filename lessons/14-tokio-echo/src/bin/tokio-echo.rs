//! Echoes for many clients at the same time, each in a task of its own, on port 7014.

use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;

use threads::{Limits, News, Stop};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

const HELP: &str = "
Usage: tokio-echo [ADDRESS]

Sends back what its clients send, all of them at the same time. Ctrl-C lets them finish and ends it.
ADDRESS is where to listen: 127.0.0.1:7014 unless given.
";

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 7014, |address| {
        // A thread for each core, and the loop that waits for readiness.
        Runtime::new()?.block_on(listen(address))
    })
}

async fn listen(address: SocketAddr) -> io::Result<()> {
    threads::raise_descriptor_limit(); // What it is then is for accept to find out.
    let stop = Stop::new();
    let asked = stop.clone();
    ctrlc::set_handler(move || asked.stop()).map_err(io::Error::other)?;

    let listener = TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    let cut_off = tokio_echo::serve(listener, Limits::USUAL, &stop, tell).await?;
    println!("stopped; {cut_off} conversations were cut off");
    Ok(())
}

fn tell(news: News) {
    match news {
        News::Ended(client, Ok(count)) => println!("{client}: echoed {count} bytes"),
        News::Ended(client, Err(error)) => println!("{client}: {error}"),
        News::AcceptFailed(error) => println!("cannot accept: {error}"),
    }
}
// ANCHOR_END: main
