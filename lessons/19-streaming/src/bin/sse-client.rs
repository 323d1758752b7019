//! Prints what an SSE server tells, and goes on where it was when the connection breaks.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::process::{self, ExitCode};
use std::thread;
use std::time::Duration;

use polling::Backoff;
use streaming::sse::Message;
use streaming::{Follower, HEARTBEAT, MISSED};

const HELP: &str = "
Usage: sse-client [ADDRESS]

Prints all events of sse-server, those that it has and each new one. When the server is away for a
while, it waits, and goes on where it was. Ctrl-C ends it.
ADDRESS is the server's: 127.0.0.1:7119 unless given.
";

/// From the first one on. Later, `Last-Event-ID` says where to go on.
const EVENTS: &str = "/events?since=0";

/// How long nothing may come: two heartbeats may be late.
const SILENCE: Duration = HEARTBEAT.saturating_mul(3);

/// The longest time that we let a server send us away for.
const LONGEST_RETRY: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    program::run(HELP, 7119, follow)
}

// ANCHOR: follow
fn follow(address: SocketAddr) -> io::Result<()> {
    let mut follower = Follower::new("");
    let mut backoff = Backoff::new(u64::from(process::id()));
    loop {
        let ended = follower.follow(address, EVENTS, SILENCE, |message| {
            // Only what comes shows that the server is well. That it accepts does not.
            backoff.succeeded();
            println!("{}", in_words(&message));
            Ok(())
        });
        let why = match ended {
            Ok(()) => "the server has ended the response".to_string(),
            Err(error) if error.kind() == ErrorKind::InvalidInput => return Err(error),
            Err(error) => error.to_string(),
        };
        let wait = follower.retry().min(LONGEST_RETRY) + backoff.failed();
        eprintln!("({why}; again in {:.1} s)", wait.as_secs_f64());
        thread::sleep(wait);
    }
}
// ANCHOR_END: follow

fn in_words(message: &Message) -> String {
    let Message { name, data, id } = message;
    let words = match name.as_str() {
        MISSED => format!("(events before {data} were missed)"),
        _ => format!("{id}: {data}"),
    };
    // A terminal obeys control characters, and these come from somebody else.
    words.replace(
        |letter: char| letter.is_control() && letter != '\n',
        "\u{fffd}",
    )
}
