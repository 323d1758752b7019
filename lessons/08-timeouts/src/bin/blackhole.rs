//! A proxy that can fall silent without closing anything.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

const HELP: &str = "
Usage: blackhole [ADDRESS]

Listens on a free port of 127.0.0.1 and passes one connection on to ADDRESS: 127.0.0.1:7008 unless given.
Enter makes it swallow every byte, in both directions. The connections stay open.
";

/// How long we wait for the server.
const PATIENCE: Duration = Duration::from_secs(5);

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 7008, pass)
}

fn pass(server: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    println!("listening on {}", listener.local_addr()?);
    let swallow = Arc::new(AtomicBool::new(false));
    let switch = Arc::clone(&swallow);
    thread::spawn(move || {
        if io::stdin()
            .read_line(&mut String::new())
            .is_ok_and(|read| read > 0)
        {
            switch.store(true, Ordering::Relaxed);
            println!("silent from now on");
        }
    });

    let (client, _) = listener.accept()?;
    let server = TcpStream::connect_timeout(&server, PATIENCE)?;
    let (client_too, server_too) = (client.try_clone()?, server.try_clone()?);
    let switch = Arc::clone(&swallow);
    thread::spawn(move || copy(client_too, server_too, &switch));
    copy(server, client, &swallow);
    Ok(())
}

/// Passes bytes on, or swallows them, until one side ends the connection; then it ends both.
fn copy(mut from: TcpStream, mut to: TcpStream, swallow: &AtomicBool) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if !swallow.load(Ordering::Relaxed) && to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    // The error, if there was one, is not ours to report: both ends will see that it is over.
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
// ANCHOR_END: main
