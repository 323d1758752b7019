//! Asks a server about once a second what has happened, and prints it.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;
use std::{io, thread};

use polling::{Asked, Backoff, Cursor, MAX_BATCH, ask};

const HELP: &str = "
Usage: poll-client [ADDRESS]

Asks about once a second for what has happened, and prints it, from the oldest event that is kept.
When there is no answer it tries again, at longer and longer intervals. Ctrl-C ends it.
ADDRESS is the server: 127.0.0.1:7018 unless given.
";

/// Between an answer and the next request, on average. Policy, latency: half of it.
const INTERVAL: Duration = Duration::from_secs(1);

/// For the connection, the request and the answer.
const PATIENCE: Duration = Duration::from_secs(5);

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 7018, follow)
}

fn follow(address: SocketAddr) -> io::Result<()> {
    let mut cursor = Cursor::default();
    let mut backoff = Backoff::new(fastrand::u64(..));
    loop {
        let wait = match ask(address, "/events", cursor, PATIENCE) {
            Ok(Asked::Batch(batch)) => {
                backoff.succeeded();
                let new = cursor.take(batch);
                new.iter().for_each(|event| println!("{event}"));
                match new.len() {
                    MAX_BATCH.. => Duration::ZERO, // There may be more.
                    _ => backoff.jittered(INTERVAL),
                }
            }
            Ok(Asked::Missed(last)) => {
                backoff.succeeded();
                println!("Some events are not there any more. I go on after {last}.");
                cursor.skip_to(last);
                backoff.jittered(INTERVAL)
            }
            Err(error) => {
                let wait = backoff.failed();
                println!("No answer: {error}. Again in {} ms.", wait.as_millis());
                wait
            }
        };
        thread::sleep(wait);
    }
}
// ANCHOR_END: main
