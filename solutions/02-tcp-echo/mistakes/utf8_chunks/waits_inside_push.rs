//! hint: waits-inside-push
//! Loops until the character is complete, but its last byte comes with the next push.

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
        let mut text = String::new();
        while !self.pending.is_empty() {
            match str::from_utf8(&self.pending) {
                Ok(rest) => {
                    text.push_str(rest);
                    self.pending.clear();
                }
                Err(error) if error.error_len().is_none() => {
                    let complete: Vec<u8> = self.pending.drain(..error.valid_up_to()).collect();
                    text.push_str(&String::from_utf8_lossy(&complete));
                }
                Err(_) => return Err(DecodeError::Invalid),
            }
        }
        Ok(text)
    }

    pub fn finish(self) -> Result<(), DecodeError> {
        if self.pending.is_empty() {
            Ok(())
        } else {
            Err(DecodeError::Incomplete)
        }
    }
}
