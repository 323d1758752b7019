//! hint: gives-twice
//! Returns the text and keeps its bytes, so that they come again.

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
        match str::from_utf8(&self.pending) {
            Ok(text) => Ok(text.to_string()),
            Err(error) if error.error_len().is_none() => {
                let text =
                    String::from_utf8_lossy(&self.pending[..error.valid_up_to()]).into_owned();
                self.pending.drain(..error.valid_up_to());
                Ok(text)
            }
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
