//! Exercise: stop and wait, the receiver.

/// Bytes of the number in front of each piece.
pub const NUMBER: usize = 4;

/// Bytes of a message. Whoever sends more gets no acknowledgement.
pub const MAX_MESSAGE: usize = 16 * 1024;

/// Puts a message together from the datagrams that [`stop_and_wait`](super::stop_and_wait) sends,
/// each piece once, whatever the network does. It knows no socket and no clock.
#[derive(Debug, Default)]
pub struct Receiver {
    /// The number of the piece that comes next: all below it have come.
    expected: u32,
    message: Vec<u8>,
    complete: bool,
}

impl Receiver {
    /// A receiver that has received nothing.
    pub fn new() -> Receiver {
        Receiver::default()
    }

    /// The message, when the end has come.
    pub fn message(&self) -> Option<&[u8]> {
        self.complete.then_some(&self.message[..])
    }

    /// Takes one datagram, and returns the number to acknowledge; `None`: this one gets no answer.
    ///
    /// A datagram is a number (a `u32`, big endian) and the bytes of a piece. No bytes behind the
    /// number: the message is complete.
    ///
    /// - The expected piece: keep its bytes, expect the next number, acknowledge.
    /// - A piece that has come before: keep nothing, and acknowledge *again*. Its sender would not
    ///   have sent it again if it had heard the first acknowledgement. Also after the end.
    /// - A piece beyond the expected one, a piece with which the message would grow over
    ///   [`MAX_MESSAGE`], a datagram without a whole number in it: `None`, and nothing changes. So
    ///   also when the message is complete and a new number comes.
    ///
    /// Example: `00 00 00 00 h i`, then the same again, then `00 00 00 01`: returns `Some(0)`,
    /// `Some(0)`, `Some(1)`, and the message is `"hi"`.
    pub fn receive_datagram(&mut self, datagram: &[u8]) -> Option<u32> {
        todo!(
            "take the number off, and decide: is it the expected piece, one that has come before, or none of our business?"
        )
    }
}
