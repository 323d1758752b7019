//! hint: invalid-is-not-incomplete
//! Takes bytes that are not UTF-8 for the beginning of a character, and waits for its end.

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
        let complete = match str::from_utf8(&self.pending) {
            Ok(text) => text.len(),
            Err(error) => error.valid_up_to(),
        };
        let rest = self.pending.split_off(complete);
        let text = std::mem::replace(&mut self.pending, rest);
        String::from_utf8(text).map_err(|_| DecodeError::Invalid)
    }

    pub fn finish(self) -> Result<(), DecodeError> {
        if self.pending.is_empty() {
            Ok(())
        } else {
            Err(DecodeError::Incomplete)
        }
    }
}
