//! Sends back every WebSocket message, with one of three engines, on port 7023.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;

use http::{Request, Response};
use threads::{Limits, News, Stop};
use tokio::runtime::Runtime;
use ws_handshake::{Origins, Policy, Upgrade, upgrade};
use ws_session::{Session, Times};

const HELP: &str = "
Usage: ws-echo [--engine ENGINE] [--deflate] [--max-message BYTES] [ADDRESS]

Sends back every WebSocket message. Ctrl-C says goodbye to all and ends it.
  --engine threads     a thread for each client
  --engine mio         all clients in one thread; so it is unless given
  --engine tokio       a task for each client
  --deflate            compresses messages for clients that offer it
  --max-message BYTES  what one message may have, decompressed: 1048576 unless
                       given; a longer one is refused with the code 1009
ADDRESS is where to listen: 127.0.0.1:7023 unless given. Every page may
connect, from anywhere: nobody hears here what somebody else has said.
";

/// Bytes of a message, unless another limit is given.
const MAX_MESSAGE: usize = 1024 * 1024;

/// Clients at the same time that cost a few hundred bytes each while they are idle. With a thread for each,
/// or with what compression remembers for each, there are as many as everywhere else.
const IDLE_CLIENTS: usize = 20_000;

fn main() -> ExitCode {
    program::run_with(HELP, 7023, Options::take, listen)
}

fn listen(options: Options, address: SocketAddr) -> io::Result<()> {
    threads::raise_descriptor_limit(); // What it is then is for accept to find out.
    let listener = TcpListener::bind(address)?;
    let stop = Stop::new();
    let asked = stop.clone();
    ctrlc::set_handler(move || asked.stop()).map_err(io::Error::other)?;

    println!("listening on {}", listener.local_addr()?);
    let Options {
        engine,
        deflate,
        max_message,
    } = options;
    let policy = Policy {
        origins: Origins::Any,
        subprotocols: Vec::new(),
    };
    // ANCHOR: welcome
    let welcome = move |request: &Request| -> Result<(Upgrade, Session), Response> {
        let mut upgrade = upgrade(request, &policy)?;
        let compression = match deflate {
            true => ws_deflate::agree(&mut upgrade),
            false => None,
        };
        Ok((upgrade, Session::server(max_message, compression)))
    };
    // ANCHOR_END: welcome
    let mut limits = Limits::USUAL;
    if engine != Engine::Threads && !deflate {
        limits.connections = IDLE_CLIENTS;
    }
    let cut_off = match engine {
        Engine::Threads => {
            ws_session::threads::serve(listener, limits, Times::USUAL, &stop, tell, welcome)?
        }
        Engine::Mio => {
            ws_session::mio::serve(listener, limits, Times::USUAL, &stop, tell, welcome)?
        }
        Engine::Tokio => Runtime::new()?.block_on(async {
            listener.set_nonblocking(true)?;
            let listener = tokio::net::TcpListener::from_std(listener)?;
            ws_session::tokio::serve(listener, limits, Times::USUAL, &stop, tell, welcome).await
        })?,
    };
    println!("stopped; {cut_off} conversations were cut off");
    Ok(())
}

fn tell(news: News) {
    match news {
        News::Ended(client, Ok(count)) => println!("{client}: messages echoed: {count}"),
        News::Ended(client, Err(error)) => println!("{client}: {error}"),
        News::AcceptFailed(error) => println!("cannot accept: {error}"),
    }
}

/// What is asked for.
struct Options {
    engine: Engine,
    deflate: bool,
    max_message: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Engine {
    Threads,
    Mio,
    Tokio,
}

impl Options {
    /// Takes the options out of the arguments.
    fn take(arguments: &mut Vec<String>) -> Result<Self, String> {
        let mut options = Self {
            engine: Engine::Mio,
            deflate: false,
            max_message: MAX_MESSAGE,
        };
        let mut rest = Vec::new();
        let mut given = arguments.drain(..);
        while let Some(argument) = given.next() {
            match argument.as_str() {
                "--deflate" => options.deflate = true,
                "--engine" => {
                    options.engine = match given.next().as_deref() {
                        Some("threads") => Engine::Threads,
                        Some("mio") => Engine::Mio,
                        Some("tokio") => Engine::Tokio,
                        _ => return Err("An engine is threads, mio or tokio.".to_string()),
                    }
                }
                "--max-message" => {
                    let bytes = given.next().and_then(|text| text.parse().ok());
                    options.max_message = bytes.ok_or("A message has a number of bytes.")?;
                }
                _ if argument.starts_with('-') => {
                    return Err(format!("There is no option {argument}."));
                }
                _ => rest.push(argument),
            }
        }
        drop(given);
        *arguments = rest;
        Ok(options)
    }
}
