//! hint: waits-for-the-newline
//! Looks at the maximum when the newline comes, and it never comes.

pub const MAX_LINE: usize = 1024;

#[derive(Debug, Default)]
pub struct Decoder {
    received: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

impl Decoder {
    pub fn new() -> Decoder {
        Decoder::default()
    }

    pub fn receive_data(&mut self, bytes: &[u8]) {
        self.received.extend_from_slice(bytes);
    }

    pub fn next_event(&mut self) -> Result<Option<Vec<u8>>, TooLong> {
        match self.received.iter().position(|byte| *byte == b'\n') {
            Some(length) if length > MAX_LINE => Err(TooLong),
            None => Ok(None),
            Some(length) => {
                let mut line: Vec<u8> = self.received.drain(..=length).collect();
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                Ok(Some(line))
            }
        }
    }
}
