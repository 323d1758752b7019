//! hint: as-early-as-possible
//! Collects all bytes, to decode them once the stream has ended.

#[derive(Debug, Default)]
pub struct Decoder {
    pending: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    Invalid,
    Incomplete,
}

impl Decoder {
    pub fn new() -> Decoder {
        Decoder::default()
    }

    pub fn push(&mut self, bytes: &[u8]) -> Result<String, DecodeError> {
        self.pending.extend_from_slice(bytes);
        Ok(String::new())
    }

    pub fn finish(self) -> Result<(), DecodeError> {
        String::from_utf8(self.pending)
            .map(|_| ())
            .map_err(|_| DecodeError::Incomplete)
    }
}
