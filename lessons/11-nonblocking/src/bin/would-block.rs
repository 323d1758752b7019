//! Shows what nonblocking sockets answer when there is nothing to do.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

const HELP: &str = "
Usage: would-block [ADDRESS]

Asks nonblocking sockets before and after there is something, and prints what they answer.
ADDRESS is where to listen: 127.0.0.1:0 unless given.
";

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often we ask again.
const POLL: Duration = Duration::from_millis(1);
/// Bytes. More than the kernels' buffers hold.
const LARGE: usize = 64 * 1024 * 1024;

fn main() -> ExitCode {
    program::run(HELP, 0, ask)
}

// ANCHOR: ask
fn ask(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    tell("accept, and nobody has connected", listener.accept());
    let client = TcpStream::connect_timeout(&listener.local_addr()?, PATIENCE)?;
    client.set_read_timeout(Some(PATIENCE))?;
    let (mut server, _) = until_ready(|| listener.accept())?;
    server.set_nonblocking(true)?;

    tell("read, and nothing has come", server.read(&mut [0; 64]));
    (&client).write_all(b"hello")?;
    until_ready(|| server.peek(&mut [0]))?;
    tell("read, and \"hello\" has come", server.read(&mut [0; 64]));
    tell("read again", server.read(&mut [0; 64]));

    let bytes = vec![b'x'; LARGE];
    let taken = server.write(&bytes)?;
    println!("write {LARGE} bytes: Ok({taken})");
    let mut all = taken;
    let answer = loop {
        match server.write(&bytes[all..]) {
            Ok(taken) => all += taken,
            answer => break answer,
        }
    };
    println!("  and more, until {all} are taken");
    tell("write the rest", answer);
    io::copy(&mut (&client).take(all as u64), &mut io::sink())?;
    let more = until_ready(|| server.write(&bytes[all..]))?;
    println!("write the rest when the client has read: Ok({more})");

    io::copy(&mut (&client).take(more as u64), &mut io::sink())?;
    drop(client);
    let end = until_ready(|| server.read(&mut [0; 64]));
    tell("read when the client has closed", end);
    Ok(())
}

/// What the course must not do, and this program may: ask again and again.
fn until_ready<T>(mut ask: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let started = Instant::now();
    loop {
        match ask() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            answer => return answer,
        }
        if started.elapsed() > PATIENCE {
            return Err(ErrorKind::TimedOut.into());
        }
        thread::sleep(POLL);
    }
}
// ANCHOR_END: ask

fn tell<T: std::fmt::Debug>(what: &str, answer: io::Result<T>) {
    match answer {
        Ok(value) => println!("{what}: Ok({value:?})"),
        Err(error) => println!("{what}: Err({:?})", error.kind()),
    }
}
