//! hint: silent-to-duplicates
//! Answers nothing more when the message is complete.

pub const NUMBER: usize = 4;

pub const MAX_MESSAGE: usize = 16 * 1024;

#[derive(Debug, Default)]
pub struct Receiver {
    expected: u32,
    message: Vec<u8>,
    complete: bool,
}

impl Receiver {
    pub fn new() -> Receiver {
        Receiver::default()
    }

    pub fn message(&self) -> Option<&[u8]> {
        self.complete.then_some(&self.message[..])
    }

    pub fn receive_datagram(&mut self, datagram: &[u8]) -> Option<u32> {
        let (number, piece) = datagram.split_first_chunk::<NUMBER>()?;
        let number = u32::from_be_bytes(*number);
        if self.complete {
            return None;
        }
        if number < self.expected {
            return Some(number);
        }
        let fits = self.message.len() + piece.len() <= MAX_MESSAGE;
        if number > self.expected || self.complete || !fits {
            return None;
        }
        self.message.extend_from_slice(piece);
        self.complete = piece.is_empty();
        self.expected += 1;
        Some(number)
    }
}
