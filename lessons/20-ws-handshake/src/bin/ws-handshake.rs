//! Shows handshakes on port 7020: a chat, and a page of somebody else that wants to read it.

use std::fmt::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::{io, thread};

use http::threaded::{Client, Patience, serve};
use http::{Body, Request, Response};
use threads::{Limits, News, Stop};
use ws_handshake::chat::{Chat, answer_elsewhere};

const HELP: &str = "
Usage: ws-handshake [ADDRESS]

    /           the page of a chat, for a browser
    /checked    its WebSocket, for the chat's own page only
    /unchecked  the same without a look at the Origin

Another port, which the kernel chooses, has a page of somebody else: another
origin. Every handshake is printed, with what was decided and why.
Ctrl-C ends it. ADDRESS is where to listen: 127.0.0.1:7020 unless given.
";

fn main() -> ExitCode {
    program::run(HELP, 7020, listen)
}

// ANCHOR: listen
fn listen(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    let elsewhere = TcpListener::bind((address.ip(), 0))?;
    let (address, other) = (listener.local_addr()?, elsewhere.local_addr()?.to_string());
    let stop = Stop::new();
    let asked = stop.clone();
    ctrlc::set_handler(move || asked.stop()).map_err(io::Error::other)?;
    let chat = Chat::new();
    let closed = chat.clone();
    stop.on_stop(move || closed.close());

    println!("listening on {address}");
    println!("somebody else's page: http://{other}/");
    let (limits, patience) = (Limits::USUAL, Patience::USUAL);
    let cut_off = thread::scope(|scope| {
        let chat_address = address.to_string();
        let hijacker = scope.spawn(|| {
            let answer = move |request: &Request, _: &[u8], _: &Client| {
                answer_elsewhere(request, &chat_address)
            };
            serve(elsewhere, limits, patience, &stop, drop, answer)
        });
        let answer = |request: &Request, body: &[u8], client: &Client| {
            let response = chat.answer(request, body, &other);
            if matches!(request.path(), "/checked" | "/unchecked") {
                println!("{}", shown(client.address(), request, &response));
            }
            response
        };
        let cut_off = serve(listener, limits, patience, &stop, tell, answer);
        stop.stop(); // Also when one of the two has failed.
        let also = hijacker.join().unwrap_or(Ok(0));
        Ok::<_, io::Error>(cut_off? + also?)
    })?;
    println!("stopped; {cut_off} conversations were cut off");
    Ok(())
}
// ANCHOR_END: listen

/// Who asks for what, and what we say to it and why. One text: nobody else's line comes between.
fn shown(client: SocketAddr, request: &Request, response: &Response) -> String {
    let mut text = format!("{client} asks\n");
    let head = String::from_utf8_lossy(request.head());
    for line in head.lines().filter(|line| !line.is_empty()) {
        // A terminal obeys control characters, and these come from somebody else.
        let _ = writeln!(text, "  {}", line.replace(char::is_control, "\u{fffd}"));
    }
    let why = match &response.body {
        Body::Bytes(sentence) => String::from_utf8_lossy(sentence).trim_end().to_string(),
        _ if request.path() == "/unchecked" => "it is a WebSocket now, for any page".to_string(),
        _ => "it is a WebSocket now, for our page or a program".to_string(),
    };
    let _ = writeln!(text, "we say: {why}\n  HTTP/1.1 {}", response.status);
    for (name, value) in &response.fields {
        let _ = writeln!(text, "  {name}: {value}");
    }
    text
}

fn tell(news: News) {
    match news {
        News::Ended(client, Ok(count)) => println!("{client}: {count} answers and texts"),
        News::Ended(client, Err(error)) => println!("{client}: {error}"),
        News::AcceptFailed(error) => println!("cannot accept: {error}"),
    }
}
