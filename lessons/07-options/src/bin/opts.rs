//! Shows what a new socket has for each option, what was asked for, and what was read back.

use std::io::{self, ErrorKind, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use options::catalogue::{self, SocketOption};
use socket2::{Domain, Socket, Type};

const HELP: &str = "
Usage: opts [ADDRESS]

Reads each socket option, changes it, reads it back, and says what it is for.
ADDRESS only decides the family: 127.0.0.1:0 unless given; try [::1]:0 for the options of IPv6.
";

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 0, list)
}

fn list(address: SocketAddr) -> io::Result<()> {
    let domain = Domain::for_address(address);
    let tcp = Socket::new(domain, Type::STREAM, None)?;
    let udp = Socket::new(domain, Type::DGRAM, None)?;
    let (ip, of_tcp, of_udp) = match address {
        SocketAddr::V4(_) => ("IPv4", catalogue::IPV4, catalogue::UDP_IPV4),
        SocketAddr::V6(_) => ("IPv6", catalogue::IPV6, catalogue::UDP_IPV6),
    };
    let table = [
        "option                    set before  at first    asked for   read back\n".to_string(),
        tried("a TCP socket", catalogue::TCP, &tcp),
        tried(&format!("a TCP socket over {ip}"), of_tcp, &tcp),
        tried(&format!("a UDP socket over {ip}"), of_udp, &udp),
    ];
    match io::stdout().write_all(table.concat().as_bytes()) {
        // `opts | head` has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

fn tried(socket_name: &str, options: &[SocketOption], socket: &Socket) -> String {
    let mut table = format!("\n{socket_name}:\n\n");
    for option in options {
        let outcome = match option.try_on(socket) {
            Ok(tried) => {
                let asked = tried.asked.as_deref().unwrap_or("");
                format!("{:<11} {asked:<11} {}", tried.at_first, tried.read_back)
            }
            // What a system lacks is told, and the others are shown all the same.
            Err(error) if error.kind() == ErrorKind::Unsupported => {
                "this system has no such option".to_string()
            }
            Err(error) => format!("{error}"),
        };
        let (name, before) = (option.name, option.before);
        let row = format!("{name:<25} {before:<11} {outcome}");
        table += &format!("{}\n  {}\n", row.trim_end(), option.meaning);
    }
    table
}
// ANCHOR_END: main
