//! Answers requests that take a while on port 7016, and finishes what is in flight when it stops.

use std::io;
use std::net::SocketAddr;
use std::process::{self, ExitCode};
use std::sync::Arc;

use shutdown::{SinceStop, tasks};
use threads::{Limits, News, Stop};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

const HELP: &str = "
Usage: drain-server [ADDRESS]

Answers lines like `300 tea`: it works for 300 milliseconds, then it says `tea`. And for `300 tea*9`
it says that nine times. Ctrl-C stops it when what is in flight is finished, or after 3 seconds; a
second Ctrl-C stops it at once.
ADDRESS is where to listen: 127.0.0.1:7016 unless given.
";

/// What a shell says of a program that Ctrl-C has ended: 128 and the number of the signal.
const ENDED_BY_CTRL_C: i32 = 130;

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 7016, |address| {
        Runtime::new()?.block_on(listen(address))
    })
}

async fn listen(address: SocketAddr) -> io::Result<()> {
    let (stop, clock) = (Stop::new(), Arc::new(SinceStop::new()));
    let (asked, begun) = (stop.clone(), Arc::clone(&clock));
    ctrlc::set_handler(move || {
        // Policy, impatient operator: the second Ctrl-C ends the process, whatever is in flight.
        if asked.is_stopped() {
            println!("{begun}stopped at once");
            process::exit(ENDED_BY_CTRL_C);
        }
        begun.begin();
        println!("{begun}stopping: no new clients, no new requests");
        asked.stop();
    })
    .map_err(io::Error::other)?;

    threads::raise_descriptor_limit(); // What it is then is for accept to find out.
    let listener = TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);

    let now = Arc::clone(&clock);
    let report = move |news| match news {
        News::Ended(client, Ok(count)) => println!("{now}{client}: {count} replies"),
        News::Ended(client, Err(error)) => println!("{now}{client}: {error}"),
        News::AcceptFailed(error) => println!("{now}no new clients for a moment: {error}"),
    };
    let cut = tasks::serve(listener, Limits::USUAL, &stop, report).await?;
    println!("{clock}stopped; {cut} conversations were cut off");
    Ok(())
}
// ANCHOR_END: main
