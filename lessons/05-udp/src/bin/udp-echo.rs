//! Sends back every datagram, on UDP port 7005.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::ops::ControlFlow;
use std::process::ExitCode;

const HELP: &str = "
Usage: udp-echo [ADDRESS]

Sends every datagram back to where it came from. Ctrl-C ends it.
ADDRESS is where to receive: 127.0.0.1:7005 unless given.
";

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 7005, receive)
}

fn receive(address: SocketAddr) -> io::Result<()> {
    // No listen() and no accept(): a bound UDP socket receives from everybody.
    let socket = UdpSocket::bind(address)?;
    println!("listening on {}", socket.local_addr()?);

    udp::serve(&socket, |client, outcome| {
        match outcome {
            Ok(count) => println!("{client}: echoed {count} bytes"),
            Err(error) => println!("{client}: {error}"),
        }
        ControlFlow::Continue(())
    })
}
// ANCHOR_END: main
