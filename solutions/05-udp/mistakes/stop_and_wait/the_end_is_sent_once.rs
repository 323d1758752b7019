//! hint: says-the-end
//! Does not wait for the acknowledgement of the end.

use std::io::{self, ErrorKind};
use std::net::UdpSocket;
use std::time::{Duration, Instant};

pub const MAX_DATAGRAM: usize = 1200;
pub const NUMBER: usize = 4;
pub const ATTEMPTS: usize = 20;

pub fn send_message(socket: &UdpSocket, message: &[u8], patience: Duration) -> io::Result<()> {
    let pieces = message.chunks(MAX_DATAGRAM - NUMBER);
    'pieces: for (number, piece) in (0_u32..).zip(pieces) {
        let number = number.to_be_bytes();
        let datagram = [&number[..], piece].concat();
        for _ in 0..ATTEMPTS {
            socket.send(&datagram)?;
            let deadline = Instant::now() + patience;
            loop {
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    break;
                }
                socket.set_read_timeout(Some(left))?;
                let mut answer = [0; NUMBER];
                match socket.recv(&mut answer) {
                    Ok(NUMBER) if answer == number => continue 'pieces,
                    Ok(_) => {}
                    Err(error) if is_no_answer_yet(&error) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        return Err(ErrorKind::TimedOut.into());
    }
    let end = message.len().div_ceil(MAX_DATAGRAM - NUMBER) as u32;
    socket.send(&end.to_be_bytes())?;
    Ok(())
}

fn is_no_answer_yet(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
    )
}
