//! Sends back what every client sends, all at the same time and in one thread, on port 7012.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;

use threads::{Limits, News, Stop};

const HELP: &str = "
Usage: mio-echo [ADDRESS]

Sends back what each client sends until it ends, for many clients at the same time, in one thread.
Ctrl-C stops it: what was received is sent back first.
ADDRESS is where to listen: 127.0.0.1:7012 unless given.
";

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 7012, listen)
}

fn listen(address: SocketAddr) -> io::Result<()> {
    threads::raise_descriptor_limit(); // What it is then is for accept to find out.
    let listener = TcpListener::bind(address)?;
    let stop = Stop::new();
    let asked = stop.clone();
    ctrlc::set_handler(move || asked.stop()).map_err(io::Error::other)?;
    println!("listening on {}", listener.local_addr()?);

    let cut_off = mio_echo::serve(listener, Limits::USUAL, &stop, |news| match news {
        News::Ended(client, Ok(count)) => println!("{client}: echoed {count} bytes"),
        News::Ended(client, Err(error)) => println!("{client}: {error}"),
        News::AcceptFailed(error) => println!("a client has to wait: {error}"),
    })?;
    println!("stopped; {cut_off} conversations were cut off");
    Ok(())
}
// ANCHOR_END: main
