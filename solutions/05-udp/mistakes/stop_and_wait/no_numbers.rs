//! hint: number-in-front
//! Sends the pieces as they are.

use std::io::{self, ErrorKind};
use std::net::UdpSocket;
use std::time::{Duration, Instant};

pub const MAX_DATAGRAM: usize = 1200;
pub const NUMBER: usize = 4;
pub const ATTEMPTS: usize = 20;

pub fn send_message(socket: &UdpSocket, message: &[u8], patience: Duration) -> io::Result<()> {
    let pieces = message.chunks(MAX_DATAGRAM - NUMBER).chain([&[][..]]);
    'pieces: for (number, piece) in (0_u32..).zip(pieces) {
        let number = number.to_be_bytes();
        let datagram = piece.to_vec();
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
    Ok(())
}

fn is_no_answer_yet(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
    )
}
