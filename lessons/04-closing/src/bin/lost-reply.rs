//! Shows how much of a reply arrives when the server closes with unread input.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;

use closing::PATIENCE;

const HELP: &str = "
Usage: lost-reply [ADDRESS]

Replies to a long request of which it has read only the beginning, closes in three ways, and shows
what the client got each time.
ADDRESS is where to listen: 127.0.0.1:0 unless given.
";

/// Bytes that the client sends, that the server reads of them, and that it sends back.
const REQUEST: usize = 1_000_000;
const READ: usize = 1_000;
const REPLY: usize = 500_000;
/// Each way is tried so often: how far a reply comes is a matter of microseconds.
const TIMES: usize = 20;

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 0, compare)
}

fn compare(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    println!("request: {REQUEST} bytes, {READ} of them read; reply: {REPLY} bytes; {TIMES} times");
    println!("the client got           least  median    most  whole  errors");
    for (name, close) in WAYS {
        let mut counts = Vec::new();
        let mut errors = 0;
        for _ in 0..TIMES {
            let (count, outcome) = converse(&listener, close)?;
            counts.push(count);
            errors += usize::from(outcome.is_err());
        }
        counts.sort_unstable();
        let whole = counts.iter().filter(|&&count| count == REPLY).count();
        let (least, median, most) = (counts[0], counts[TIMES / 2], counts[TIMES - 1]);
        println!("{name:22}{least:8}{median:8}{most:8}{whole:7}{errors:8}");
    }
    Ok(())
}

/// One request and its reply. Returns how much of it the client got, and the error if there was one.
fn converse(listener: &TcpListener, close: Close) -> io::Result<(usize, io::Result<()>)> {
    let address = listener.local_addr()?;
    let client = thread::spawn(move || talk(address));
    let (mut stream, _) = listener.accept()?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.read_exact(&mut [0; READ])?;
    stream.write_all(&[b'.'; REPLY])?; // Ok: our kernel has it. That is all that this says.
    close(stream)?;
    let panicked = |_| Err(io::Error::other("the client panicked"));
    client.join().unwrap_or_else(panicked)
}

type Close = fn(TcpStream) -> io::Result<()>;

// ANCHOR: ways
const WAYS: [(&str, Close); 3] = [
    ("close", |_| Ok(())), // the stream is dropped
    ("shutdown(Write), close", |stream| {
        stream.shutdown(Shutdown::Write)
    }),
    ("lingering close", |stream| {
        closing::finish(stream, PATIENCE).map(|_| ())
    }),
];
// ANCHOR_END: ways

/// A good client: it sends and receives at the same time.
fn talk(address: SocketAddr) -> io::Result<(usize, io::Result<()>)> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut sending = stream.try_clone()?;
    let sender = thread::spawn(move || {
        let sent = sending.write_all(&vec![b'?'; REQUEST]);
        sent.and_then(|()| sending.shutdown(Shutdown::Write))
    });
    let mut reply = Vec::new();
    // After an error, what came before it is in `reply` all the same.
    let received = stream.read_to_end(&mut reply);
    let panicked = |_| Err(io::Error::other("the sending thread panicked"));
    let sent = sender.join().unwrap_or_else(panicked);
    // A reset is told once, to whichever of the two asks first; to the other it looks like an end.
    Ok((reply.len(), received.and(sent)))
}
// ANCHOR_END: main
