//! Sends many datagrams to a socket that is not read meanwhile, and counts those that are there.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, UdpSocket};
use std::process::ExitCode;
use std::time::Duration;

const HELP: &str = "
Usage: slow-reader [ADDRESS]

Sends 10000 datagrams to a socket that nobody reads until all are sent, and counts what it holds.
ADDRESS is where to receive: 127.0.0.1:0 unless given.
";

const DATAGRAMS: u32 = 10_000;
/// Bytes of payload.
const SIZES: [usize; 4] = [4, 100, udp::MAX_PAYLOAD, 10_000];
/// Over loopback a datagram is in the receive buffer when the send call returns. When there is none
/// for this long, there will be none.
const SILENCE: Duration = Duration::from_millis(200);

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 0, compare)
}

fn compare(address: SocketAddr) -> io::Result<()> {
    println!("bytes each     sent  errors  arrived  the last one that arrived");
    for size in SIZES {
        let reader = UdpSocket::bind(address)?;
        reader.set_read_timeout(Some(SILENCE))?;
        let reader_address = reader.local_addr()?;
        let sender = UdpSocket::bind(SocketAddr::new(reader_address.ip(), 0))?;

        let mut errors = 0;
        let mut datagram = vec![0; size];
        for number in 0..DATAGRAMS {
            datagram[..4].copy_from_slice(&number.to_be_bytes());
            if sender.send_to(&datagram, reader_address).is_err() {
                errors += 1;
            }
        }
        let numbers = numbers_in(&reader)?;
        let last = numbers
            .last()
            .map_or("none".to_string(), |n| format!("number {n}"));
        println!(
            "{size:>10}  {DATAGRAMS:>7}  {errors:>6}  {:>7}  {last}",
            numbers.len()
        );
    }
    Ok(())
}

/// Reads what `socket` holds: the number at the beginning of each datagram.
fn numbers_in(socket: &UdpSocket) -> io::Result<Vec<u32>> {
    let mut numbers = Vec::new();
    // Four bytes of room are enough: the rest of the datagram is thrown away. (Windows calls that
    // an error.)
    let mut number = [0; 4];
    loop {
        match socket.recv(&mut number) {
            Ok(_) => numbers.push(u32::from_be_bytes(number)),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return Ok(numbers);
            }
            Err(error) => return Err(error),
        }
    }
}
// ANCHOR_END: main
