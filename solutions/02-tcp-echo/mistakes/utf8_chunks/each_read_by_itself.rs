//! hint: split-is-not-invalid
//! Decodes each read by itself: a character that is split looks invalid.

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
        String::from_utf8(bytes.to_vec()).map_err(|_| DecodeError::Invalid)
    }

    pub fn finish(self) -> Result<(), DecodeError> {
        Ok(())
    }
}
