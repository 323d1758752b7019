//! Tells pages and programs what happens, as it happens, on port 7119.

use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::{env, io};

use http::threaded::{Patience, serve};
use http::{Request, Response, Status};
use polling::{Feed, MAX_SEATS, publish};
use streaming::{chatbot, subscribe};
use threads::{Limits, News, Stop};

const HELP: &str = "
Usage: sse-server [ADDRESS]

    /        a page for a browser
    /events  what happens, as Server-Sent Events:  curl -N localhost:7119/events
    /say     makes something happen:               curl -d hello localhost:7119/say
    /ask     a chatbot:                            curl -N -d 'What is a socket?' localhost:7119/ask

Events are kept in a file, and go on when the server is started anew. Ctrl-C ends it.
ADDRESS is where to listen: 127.0.0.1:7119 unless given.
";

const PAGE: &str = include_str!("../page.html");

/// Events that are kept. Who was away for longer is told that it missed some.
const KEPT: usize = 1_000;

/// Room for all who may subscribe, and for some who have something to say.
const LIMITS: Limits = Limits {
    connections: MAX_SEATS + 500,
    ..Limits::USUAL
};

fn main() -> ExitCode {
    program::run(HELP, 7119, listen)
}

// ANCHOR: listen
fn listen(address: SocketAddr) -> io::Result<()> {
    threads::raise_descriptor_limit(); // What it is then is for accept to find out.
    let listener = TcpListener::bind(address)?;
    let address = listener.local_addr()?;
    let journal = env::temp_dir().join(format!("sse-server-{}.events", address.port()));
    let feed = Feed::open(&journal, KEPT).map_err(io::Error::other)?;
    let stop = Stop::new();
    let asked = stop.clone();
    ctrlc::set_handler(move || asked.stop()).map_err(io::Error::other)?;
    let followed = feed.clone();
    stop.on_stop(move || followed.close()); // Who waits gets the end of its response now.

    println!("listening on {address}");
    println!("{} events so far, in {}", feed.last(), journal.display());
    let cut_off = serve(
        listener,
        LIMITS,
        Patience::USUAL,
        &stop,
        |news| match news {
            News::Ended(client, Ok(count)) => println!("{client}: answered {count} requests"),
            News::Ended(client, Err(error)) => println!("{client}: {error}"),
            News::AcceptFailed(error) => println!("cannot accept: {error}"),
        },
        |request, body, _| answer(&feed, request, body),
    )?;
    println!("stopped; {cut_off} conversations were cut off");
    Ok(())
}
// ANCHOR_END: listen

// ANCHOR: answer
/// All on one port. A subscription takes a connection; who speaks meanwhile takes another one.
fn answer(feed: &Feed, request: &Request, body: &[u8]) -> Response {
    match (request.path(), request.method()) {
        ("/", "GET" | "HEAD") => Response::new(Status::OK, "text/html; charset=utf-8", PAGE),
        ("/", _) => Response::plain(Status::METHOD_NOT_ALLOWED).with("Allow", "GET, HEAD"),
        ("/events", _) => subscribe(feed, request),
        ("/say", _) => publish(feed, request, body),
        ("/ask", _) => chatbot::reply(request, body, chatbot::PAUSE),
        _ => Response::plain(Status::NOT_FOUND),
    }
}
// ANCHOR_END: answer
