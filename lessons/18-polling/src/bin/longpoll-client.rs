//! Asks a server what happens next, waits for the answer, prints it, and asks again.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;
use std::{io, thread};

use polling::{Asked, Backoff, Cursor, HOLD, ask};

const HELP: &str = "
Usage: longpoll-client [ADDRESS]

Asks for what happens next, and prints it when it happens, from the oldest event that is kept.
When there is no answer it tries again, at longer and longer intervals. Ctrl-C ends it.
ADDRESS is the server: 127.0.0.1:7118 unless given.
";

/// Between an answer without events and the next request, on average. Many clients whose wait was over in
/// the same moment do not come back in the same moment.
const INTERVAL: Duration = Duration::from_millis(100);

/// For the connection, the request and the answer. The server may hold it for [`HOLD`].
const PATIENCE: Duration = HOLD.saturating_add(Duration::from_secs(5));

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 7118, follow)
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
                    1.. => Duration::ZERO, // What comes next should find us waiting.
                    0 => backoff.jittered(INTERVAL),
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
