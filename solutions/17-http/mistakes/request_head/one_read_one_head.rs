//! hint: answers-before-the-blank-line
//! Takes whatever one read brings for a whole head.

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
        if self.received.is_empty() {
            return Ok(None);
        }
        Ok(Some(std::mem::take(&mut self.received)))
    }
}
