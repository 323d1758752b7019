//! A chat for browsers on port 7022: a page and its WebSocket on one port.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;

use http::threaded::{Patience, serve};
use http::{Request, Response, Status};
use threads::{Limits, News, Stop};
use ws_handshake::{Origins, Policy, upgrade};
use ws_session::Times;
use ws_session::chat::{Chat, PAGE};

const HELP: &str = "
Usage: ws-chat [ADDRESS]

    /      a page for a browser
    /chat  the room, a WebSocket:  ws-client ws://127.0.0.1:7022/chat

The first message is your name. Ctrl-C says goodbye to all and ends it.
ADDRESS is where to listen: 127.0.0.1:7022 unless given.
";

fn main() -> ExitCode {
    program::run(HELP, 7022, listen)
}

// ANCHOR: listen
fn listen(address: SocketAddr) -> io::Result<()> {
    threads::raise_descriptor_limit(); // What it is then is for accept to find out.
    let listener = TcpListener::bind(address)?;
    let stop = Stop::new();
    let asked = stop.clone();
    ctrlc::set_handler(move || asked.stop()).map_err(io::Error::other)?;
    let chat = Arc::new(Chat::new(Times::USUAL));
    let closed = Arc::clone(&chat);
    stop.on_stop(move || closed.close());

    println!("listening on {}", listener.local_addr()?);
    let (limits, patience) = (Limits::USUAL, Patience::USUAL);
    let cut_off = serve(
        listener,
        limits,
        patience,
        &stop,
        tell,
        |request, body, _| answer(&chat, request, body),
    )?;
    println!("stopped; {cut_off} conversations were cut off");
    Ok(())
}
// ANCHOR_END: listen

// ANCHOR: answer
/// All on one port.
fn answer(chat: &Arc<Chat>, request: &Request, body: &[u8]) -> Response {
    match (request.path(), request.method()) {
        ("/", "GET" | "HEAD") => Response::new(Status::OK, "text/html; charset=utf-8", PAGE),
        ("/", _) => Response::plain(Status::METHOD_NOT_ALLOWED).with("Allow", "GET, HEAD"),
        ("/chat", _) if body.is_empty() => join(chat, request),
        ("/chat", _) => Response::plain(Status::BAD_REQUEST),
        _ => Response::plain(Status::NOT_FOUND),
    }
}

fn join(chat: &Arc<Chat>, request: &Request) -> Response {
    // Policy, origin: our own page, and programs. What another page wants here, nobody has asked for.
    let policy = Policy {
        origins: Origins::Ours,
        subprotocols: Vec::new(),
    };
    let chat = Arc::clone(chat);
    match upgrade(request, &policy) {
        Ok(upgrade) => Response::switch(upgrade.fields, move |conversation, rest| {
            chat.talk(conversation, rest)
        }),
        Err(response) => response,
    }
}
// ANCHOR_END: answer

fn tell(news: News) {
    match news {
        News::Ended(client, Ok(count)) => println!("{client}: {count} requests and messages"),
        News::Ended(client, Err(error)) => println!("{client}: {error}"),
        News::AcceptFailed(error) => println!("cannot accept: {error}"),
    }
}
