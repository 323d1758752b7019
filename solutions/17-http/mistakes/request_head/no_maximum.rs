//! hint: no-maximum
//! Collects whatever comes.

pub const MAX_REQUEST_LINE: usize = 1024;

pub const MAX_HEAD: usize = 4096;

#[derive(Debug, Default)]
pub struct Decoder {
    received: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooLarge {
    RequestLine,
    Head,
}

impl Decoder {
    pub fn new() -> Decoder {
        Decoder::default()
    }

    pub fn receive_data(&mut self, bytes: &[u8]) {
        self.received.extend_from_slice(bytes);
    }

    pub fn next_event(&mut self) -> Result<Option<Vec<u8>>, TooLarge> {
        let end = self.received.windows(4).position(|at| at == b"\r\n\r\n");
        Ok(end.map(|at| self.received.drain(..at + 4).collect()))
    }
}
