//! hint: loses-the-beginning
//! Puts the newest bytes in place of the pending ones: wrong once a character comes in three pieces.

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
        let all = [self.pending.as_slice(), bytes].concat();
        let complete = match str::from_utf8(&all) {
            Ok(text) => text.len(),
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => return Err(DecodeError::Invalid),
        };
        self.pending = bytes[bytes.len().saturating_sub(all.len() - complete)..].to_vec();
        Ok(String::from_utf8_lossy(&all[..complete]).into_owned())
    }

    pub fn finish(self) -> Result<(), DecodeError> {
        if self.pending.is_empty() {
            Ok(())
        } else {
            Err(DecodeError::Incomplete)
        }
    }
}
