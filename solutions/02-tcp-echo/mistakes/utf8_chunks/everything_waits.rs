//! hint: as-early-as-possible
//! Returns nothing until no character is split, then everything.

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
        match String::from_utf8(self.pending.clone()) {
            Ok(text) => {
                self.pending.clear();
                Ok(text)
            }
            Err(error) if error.utf8_error().error_len().is_none() => Ok(String::new()),
            Err(_) => Err(DecodeError::Invalid),
        }
    }

    pub fn finish(self) -> Result<(), DecodeError> {
        if self.pending.is_empty() {
            Ok(())
        } else {
            Err(DecodeError::Incomplete)
        }
    }
}
