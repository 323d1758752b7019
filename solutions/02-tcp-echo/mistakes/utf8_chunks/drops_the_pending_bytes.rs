//! hint: loses-the-beginning
//! Returns what is complete and forgets the beginning of the next character.

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
        match str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_string()),
            Err(error) if error.error_len().is_none() => {
                Ok(String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned())
            }
            Err(_) => Err(DecodeError::Invalid),
        }
    }

    pub fn finish(self) -> Result<(), DecodeError> {
        Ok(())
    }
}
