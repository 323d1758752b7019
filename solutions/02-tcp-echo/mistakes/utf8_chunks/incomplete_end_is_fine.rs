//! hint: incomplete-end
//! Forgets that half a character may be pending at the end.

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
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => return Err(DecodeError::Invalid),
        };
        let rest = self.pending.split_off(complete);
        let text = std::mem::replace(&mut self.pending, rest);
        String::from_utf8(text).map_err(|_| DecodeError::Invalid)
    }

    pub fn finish(self) -> Result<(), DecodeError> {
        Ok(())
    }
}
