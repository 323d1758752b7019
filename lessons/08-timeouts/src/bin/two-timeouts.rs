//! Two waits that end, and what a read says about each: our own timeout, and the kernel's.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use timeouts::timers;

const HELP: &str = "
Usage: two-timeouts [ADDRESS]

Shows what a read says when our own timeout expires, and what when the kernel gives the peer up.
ADDRESS is where to listen: 127.0.0.1:0 unless given.
";

/// Of our own: SO_RCVTIMEO.
const OURS: Duration = Duration::from_millis(100);
/// Of the kernel: TCP_USER_TIMEOUT.
const KERNELS: Duration = Duration::from_millis(500);
/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(10);

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 0, compare)
}

fn compare(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    let mut client = TcpStream::connect_timeout(&listener.local_addr()?, PATIENCE)?;
    let (mut server, _) = listener.accept()?;

    println!("Our own timeout of {OURS:?}:");
    client.set_read_timeout(Some(OURS))?;
    read(&mut client)?;
    read(&mut client)?;
    server.write_all(b"sorry")?; // The peer was only slow.
    read(&mut client)?;

    // More bytes than the kernels' buffers hold, to a peer that does not read.
    fill(&mut client)?;
    give_up_after(&client, KERNELS)?;
    println!("The kernel's timeout of {KERNELS:?}, for a peer that takes no bytes:");
    client.set_read_timeout(Some(PATIENCE))?;
    read(&mut client)?;
    read(&mut client)
}
// ANCHOR_END: main

/// Reads once and prints what that said, how long it took, and the state of the connection.
fn read(client: &mut TcpStream) -> io::Result<()> {
    // Without a peer the socket has no row in the table.
    let ends = client
        .peer_addr()
        .and_then(|peer| Ok((client.local_addr()?, peer)));
    let started = Instant::now();
    let said = match client.read(&mut [0; 64]) {
        Ok(count) => format!("Ok({count})"),
        Err(error) => format!("Err({:?})", error.kind()),
    };
    let took = started.elapsed().as_millis();
    let state = match ends.and_then(|(local, peer)| timers::row(local, peer)) {
        Ok(Some(row)) => row.state,
        Ok(None) => "gone",
        Err(error) if error.kind() == ErrorKind::NotConnected => "gone",
        Err(error) if error.kind() == ErrorKind::Unsupported => "not shown by this system",
        Err(error) => return Err(error),
    };
    println!("  read: {said:<16} after {took:>4} ms, connection: {state}");
    Ok(())
}

/// Writes until the kernel takes no more.
fn fill(client: &mut TcpStream) -> io::Result<()> {
    client.set_nonblocking(true)?;
    loop {
        match client.write(&[0; 64 * 1024]) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
    }
    client.set_nonblocking(false)
}

#[cfg(target_os = "linux")]
fn give_up_after(client: &TcpStream, timeout: Duration) -> io::Result<()> {
    socket2::SockRef::from(client).set_tcp_user_timeout(Some(timeout))
}

#[cfg(not(target_os = "linux"))]
fn give_up_after(_: &TcpStream, _: Duration) -> io::Result<()> {
    Err(io::Error::new(
        ErrorKind::Unsupported,
        "TCP_USER_TIMEOUT is an option of Linux",
    ))
}
