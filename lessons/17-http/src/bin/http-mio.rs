//! Serves the files of the current folder over HTTP, all clients in one thread, on port 7117.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::ExitCode;

use http::Files;
use http::mio::serve;
use http::threaded::Patience;
use threads::{Limits, News, Stop};

const HELP: &str = "
Usage: http-mio [ADDRESS]

Serves the files of the current folder, to all clients in one thread. Ctrl-C
ends it.
ADDRESS is where to listen: 127.0.0.1:7117 unless given.
";

fn main() -> ExitCode {
    program::run(HELP, 7117, listen)
}

fn listen(address: SocketAddr) -> io::Result<()> {
    threads::raise_descriptor_limit(); // What it is then is for accept to find out.
    let files = Files::new(Path::new("."))?;
    let listener = TcpListener::bind(address)?;
    let stop = Stop::new();
    let asked = stop.clone();
    ctrlc::set_handler(move || asked.stop()).map_err(io::Error::other)?;

    println!("listening on {}", listener.local_addr()?);
    let cut_off = serve(
        listener,
        Limits::USUAL,
        Patience::USUAL,
        &stop,
        |news| match news {
            News::Ended(client, Ok(count)) => println!("{client}: requests answered: {count}"),
            News::Ended(client, Err(error)) => println!("{client}: {error}"),
            News::AcceptFailed(error) => println!("cannot accept: {error}"),
        },
        |request, _, _| files.answer(request),
    )?;
    println!("stopped; {cut_off} conversations were cut off");
    Ok(())
}
