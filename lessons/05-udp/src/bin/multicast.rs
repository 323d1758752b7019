//! Sends one datagram to a group, and every member receives it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::process::ExitCode;
use std::time::Duration;

use socket2::{Domain, Socket, Type};

const HELP: &str = "
Usage: multicast [ADDRESS]

Sends one datagram to a group that three sockets have joined, and shows what each receives.
ADDRESS is an IPv4 address of this computer, and says on which network: 127.0.0.1:0 unless given.
";

/// From the range for use inside one organisation, 239.0.0.0 to 239.255.255.255 (RFC 2365). Nobody
/// owns a group: its members are those who have joined.
const GROUP: Ipv4Addr = Ipv4Addr::new(239, 255, 70, 5);
/// How long a member waits for a datagram that is certainly under way.
const PATIENCE: Duration = Duration::from_secs(5);

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 0, send_once)
}

fn send_once(address: SocketAddr) -> io::Result<()> {
    let IpAddr::V4(network) = address.ip() else {
        let sentence = "give an IPv4 address: IPv6 has other groups";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, sentence));
    };
    let first = member(network, 0)?;
    let group = first.local_addr()?;
    let members = [
        first,
        member(network, group.port())?,
        member(network, group.port())?,
    ];

    // The sender need not be a member. Its own address chooses the network.
    let sender = UdpSocket::bind(address)?;
    sender.send_to(b"to all of you", group)?;
    println!("one send_to, to {group}");
    for (number, member) in (1..).zip(&members) {
        let mut buffer = [0; 64];
        let (count, from) = member.recv_from(&mut buffer)?;
        let text = String::from_utf8_lossy(&buffer[..count]);
        println!("member {number}: \"{text}\" from {from}");
    }
    Ok(())
}

/// A socket that has joined the group on `network`; port 0 lets the kernel choose.
fn member(network: Ipv4Addr, port: u16) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
    // Several sockets want the same port, and each gets a copy: before bind (lesson 07).
    socket.set_reuse_address(true)?;
    socket.bind(&SocketAddr::from((GROUP, port)).into())?;
    socket.join_multicast_v4(&GROUP, &network)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    Ok(socket.into())
}
// ANCHOR_END: main
