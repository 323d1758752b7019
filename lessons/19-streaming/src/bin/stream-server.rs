//! Counts for whoever asks, without an end, each number as soon as it is there, on port 7019.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use http::threaded::{Patience, serve};
use http::{Body, Response, Status, Stream};
use threads::{Limits, News, Stop};

const HELP: &str = "
Usage: stream-server [ADDRESS]

Answers every request with a number each 100 ms, until the client goes: curl -N localhost:7019
Ctrl-C ends it.
ADDRESS is where to listen: 127.0.0.1:7019 unless given.
";

/// Between two numbers.
const PAUSE: Duration = Duration::from_millis(100);

// ANCHOR: numbers
/// One, two, three, and so on.
struct Numbers {
    last: u64,
    stop: Stop,
}

impl Stream for Numbers {
    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.last > 0 {
            thread::sleep(PAUSE);
        }
        if self.stop.is_stopped() {
            return Ok(None);
        }
        self.last += 1;
        Ok(Some(format!("{}\n", self.last).into_bytes()))
    }
}
// ANCHOR_END: numbers

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 7019, listen)
}

fn listen(address: SocketAddr) -> io::Result<()> {
    threads::raise_descriptor_limit(); // What it is then is for accept to find out.
    let listener = TcpListener::bind(address)?;
    let stop = Stop::new();
    let asked = stop.clone();
    ctrlc::set_handler(move || asked.stop()).map_err(io::Error::other)?;

    println!("listening on {}", listener.local_addr()?);
    let count = |stop: &Stop| Response {
        status: Status::OK,
        fields: vec![
            ("Content-Type", "text/plain; charset=utf-8".to_string()),
            ("Cache-Control", "no-store".to_string()),
        ],
        body: Body::Stream(Box::new(Numbers {
            last: 0,
            stop: stop.clone(),
        })),
    };
    let cut_off = serve(
        listener,
        Limits::USUAL,
        Patience::USUAL,
        &stop,
        |news| match news {
            News::Ended(client, Ok(_)) => println!("{client} has gone"),
            News::Ended(client, Err(error)) => println!("{client}: {error}"),
            News::AcceptFailed(error) => println!("cannot accept: {error}"),
        },
        |_, _, _| count(&stop),
    )?;
    println!("stopped; {cut_off} conversations were cut off");
    Ok(())
}
// ANCHOR_END: main
