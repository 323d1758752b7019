//! Tells events to clients that ask again and again, on port 7018.

use std::io::BufRead;
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::{env, io, thread};

use http::threaded::{Patience, serve};
use http::{Response, Status};
use polling::Feed;
use threads::{Limits, News, Stop};

const HELP: &str = "
Usage: poll-server [ADDRESS]

Each line that you type is an event, and so is what comes with `curl -d hello ADDRESS/say`.
`curl ADDRESS/events?since=0` answers at once: the events behind number 0. They are kept in a file,
and go on when the server is started anew. Ctrl-C ends it.
ADDRESS is where to listen: 127.0.0.1:7018 unless given.
";

/// Events that are kept.
const KEPT: usize = 1_000;

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 7018, listen)
}

fn listen(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    let address = listener.local_addr()?;
    let journal = env::temp_dir().join(format!("poll-server-{}.events", address.port()));
    let feed = Feed::open(&journal, KEPT).map_err(io::Error::other)?;
    let stop = Stop::new();
    let asked = stop.clone();
    ctrlc::set_handler(move || asked.stop()).map_err(io::Error::other)?;

    println!("listening on {address}");
    println!("{} events so far, in {}", feed.last(), journal.display());
    let typed = feed.clone();
    // Nobody can wake a thread that waits for the keyboard. It ends with the process.
    thread::spawn(move || {
        for line in io::stdin().lock().split(b'\n').map_while(Result::ok) {
            // A stray byte becomes a replacement character, and is no end of the input.
            let line = String::from_utf8_lossy(&line);
            if let Err(error) = typed.publish(line.trim_end_matches('\r')) {
                eprintln!("That is no event: {error}.");
            }
        }
    });
    let cut_off = serve(
        listener,
        Limits::USUAL,
        Patience::USUAL,
        &stop,
        |news| match news {
            News::Ended(_, Ok(_)) => {} // Each request has a connection of its own: too many to tell.
            News::Ended(client, Err(error)) => println!("{client}: {error}"),
            News::AcceptFailed(error) => println!("cannot accept: {error}"),
        },
        |request, body, _| match request.path() {
            "/events" => polling::poll(&feed, request),
            "/say" => polling::publish(&feed, request, body),
            _ => Response::plain(Status::NOT_FOUND),
        },
    )?;
    println!("stopped; {cut_off} conversations were cut off");
    Ok(())
}
// ANCHOR_END: main
