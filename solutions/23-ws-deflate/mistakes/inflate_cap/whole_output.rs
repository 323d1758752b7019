//! hint: maximum-is-allowed
//! Takes all of the output, and not only what was written.

use flate2::{Decompress, FlushDecompress, Status};

pub const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

pub const STEP: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    TooLong,
    NotDeflate,
}

pub type Done = (usize, usize);

pub trait Inflate {
    fn inflate(&mut self, input: &[u8], output: &mut [u8]) -> Result<Done, Refused>;
}

impl Inflate for Decompress {
    fn inflate(&mut self, input: &[u8], output: &mut [u8]) -> Result<Done, Refused> {
        let (read, written) = (self.total_in(), self.total_out());
        let status = self
            .decompress(input, output, FlushDecompress::Sync)
            .map_err(|_| Refused::NotDeflate)?;
        let done = (self.total_in() - read, self.total_out() - written);
        if status == Status::StreamEnd {
            self.reset(false);
        }
        Ok((done.0 as usize, done.1 as usize))
    }
}

pub fn inflate(zlib: &mut impl Inflate, payload: &[u8], max: usize) -> Result<Vec<u8>, Refused> {
    let mut message = Vec::new();
    let mut output = [0; STEP];
    for mut input in [payload, &TAIL] {
        loop {
            let (read, written) = zlib.inflate(input, &mut output)?;
            input = &input[read..];
            message.extend_from_slice(&output);
            if message.len() > max {
                return Err(Refused::TooLong);
            }
            if input.is_empty() && written < output.len() {
                break;
            }
            if (read, written) == (0, 0) {
                return Err(Refused::NotDeflate);
            }
        }
    }
    Ok(message)
}
