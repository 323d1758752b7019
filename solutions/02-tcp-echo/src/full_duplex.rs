//! Exercise: send and receive at the same time.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;

/// Sends all of `payload` and receives all that the server has to say, both at the same time.
///
/// After the last byte of `payload` it tells the server that nothing more will come (half-close).
/// It has received everything when the server's end of stream comes.
///
/// What will come: 8 MiB for an echo server that does not read on until its own writes are taken;
/// a server that says its first word after it has heard your last; an answer that is longer or
/// shorter than `payload`; an empty `payload`; a server that gives up while you still send, or in
/// the middle of its answer.
///
/// Example: `payload` is `"hello"`, and the server, once it has the end of the stream, answers
/// `"good bye"`. This returns `Ok` with the 8 bytes of `"good bye"`.
///
/// # Errors
/// The error of the sending half or of the receiving half. An answer is only worth something when
/// both have gone well.
pub fn send_and_receive(stream: &TcpStream, payload: &[u8]) -> io::Result<Vec<u8>> {
    // BEGIN SOLUTION: send and half-close in one thread, receive until the end of the stream in another, and report the errors of both
    let mut sent = Ok(());
    let mut answer = Vec::new();
    // `&TcpStream` reads and writes too, so both threads may hold the same socket.
    let mut sender = stream;
    let mut receiver = stream;
    // The scope ends when both threads have ended.
    let received = thread::scope(|scope| {
        scope.spawn(|| {
            sent = sender
                .write_all(payload)
                .and_then(|()| sender.shutdown(Shutdown::Write));
        });
        receiver.read_to_end(&mut answer)
    });
    // A reset is told to one of the two only; to the other it can look like a clean end.
    sent?;
    received?;
    Ok(answer)
    // END SOLUTION
}
