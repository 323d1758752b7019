//! One whole conversation, a system call at a time, with both ends in one thread.
//!
//! A server makes seven calls: socket, bind, listen, accept, recv, send, close. A client makes five,
//! and one of them is its own: connect.

use std::fmt::Display;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use socket2::{Domain, SockAddr, Socket, Type};

const HELP: &str = "
Usage: seven-calls [ADDRESS]

Talks to itself and shows each system call and what it returned.
ADDRESS is where to listen: 127.0.0.1:0 unless given. Port 0 means: kernel, choose one.
";

/// How many finished connections may wait to be accepted.
const BACKLOG: i32 = 128;
/// Both ends are here, so nothing takes long; a call that does has gone wrong.
const PATIENCE: Duration = Duration::from_secs(5);

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 0, talk)
}

fn talk(address: SocketAddr) -> io::Result<()> {
    // socket: an endpoint without a name. It cannot do anything yet.
    let listening = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    let l = descriptor(&listening);
    show("server", "socket()", l);

    // bind: gives it a name, that is an address and a port.
    listening.bind(&address.into())?;
    let name = listening.local_addr()?;
    show("server", format!("bind({l}, {address})"), its_name(&name));

    // listen: makes it a listening socket and returns at once. From here on the kernel answers.
    listening.listen(BACKLOG)?;
    show("server", format!("listen({l}, {BACKLOG})"), "at once");

    // connect: returns when the *kernel* at the other end has answered. Nobody has called accept.
    let client = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    let c = descriptor(&client);
    show("client", "socket()", c);
    client.connect_timeout(&name, PATIENCE)?;
    let client_name = client.local_addr()?;
    show("client", format!("connect({c})"), its_name(&client_name));

    // accept: takes the finished connection from the queue and returns a new socket for it.
    listening.set_read_timeout(Some(PATIENCE))?; // a deadline for accept, too: socket(7)
    let (connected, peer) = listening.accept()?;
    let s = descriptor(&connected);
    let result = format!("{s}, its peer is {}", text(&peer));
    show("server", format!("accept({l})"), result);

    // send: copies bytes into a buffer of the kernel and says how many it took.
    let sent = client.send(b"hello")?;
    show("client", format!("send({c}, \"hello\")"), sent);

    // recv: waits until at least one byte is there, and takes what there is.
    connected.set_read_timeout(Some(PATIENCE))?;
    show("server", format!("recv({s})"), receive(&connected)?);

    // The same two calls, the other way: each end of a connection can do both.
    let sent = connected.send(b"hello, client")?;
    show("server", format!("send({s}, \"hello, client\")"), sent);
    client.set_read_timeout(Some(PATIENCE))?;
    show("client", format!("recv({c})"), receive(&client)?);

    // close: dropping a Socket closes it. The other end then receives 0 bytes: end of stream.
    drop(client);
    show("client", format!("close({c})"), "");
    show("server", format!("recv({s})"), receive(&connected)?);
    drop(connected);
    show("server", format!("close({s})"), "this conversation is over");
    drop(listening);
    show("server", format!("close({l})"), "no more clients");
    Ok(())
}
// ANCHOR_END: main

fn show(who: &str, call: impl Display, result: impl Display) {
    println!("{}", format!("{who}  {call:<26}  {result}").trim_end());
}

/// One recv(2), with its result as text.
fn receive(mut socket: &Socket) -> io::Result<String> {
    let mut buffer = [0; 64];
    let count = socket.read(&mut buffer)?;
    let bytes = String::from_utf8_lossy(&buffer[..count]);
    Ok(match count {
        0 => "0, end of stream".to_string(),
        _ => format!("{count}, {bytes:?}"),
    })
}

fn its_name(address: &SockAddr) -> String {
    format!("its name is {}", text(address))
}

fn text(address: &SockAddr) -> String {
    match address.as_socket() {
        Some(address) => address.to_string(),
        None => format!("not an IP address, {address:?}"),
    }
}

/// The number by which the kernel knows the socket: its file descriptor.
#[cfg(unix)]
fn descriptor(socket: &Socket) -> impl Display + Copy + use<> {
    std::os::fd::AsRawFd::as_raw_fd(socket)
}

/// The number by which the kernel knows the socket: its handle.
#[cfg(windows)]
fn descriptor(socket: &Socket) -> impl Display + Copy + use<> {
    std::os::windows::io::AsRawSocket::as_raw_socket(socket)
}
