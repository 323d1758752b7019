//! hint: line-from-one-read
//! Takes what one read brought for whole lines.

pub const MAX_LINE: usize = 1024;

#[derive(Debug, Default)]
pub struct Decoder {
    lines: std::collections::VecDeque<Vec<u8>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

impl Decoder {
    pub fn new() -> Decoder {
        Decoder::default()
    }

    pub fn receive_data(&mut self, bytes: &[u8]) {
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        for line in bytes.split(|byte| *byte == b'\n') {
            self.lines
                .push_back(line.strip_suffix(b"\r").unwrap_or(line).to_vec());
        }
    }

    pub fn next_event(&mut self) -> Result<Option<Vec<u8>>, TooLong> {
        let Some(line) = self.lines.pop_front() else {
            return Ok(None);
        };
        if line.len() > MAX_LINE {
            return Err(TooLong);
        }
        Ok(Some(line))
    }
}
