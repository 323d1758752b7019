//! hint: one-read-one-frame
//! Expects prefix and payload in one read.

use std::io::{self, ErrorKind, Read};

pub const MAX_FRAME: usize = 64 * 1024;

pub fn read_frame(stream: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut buffer = vec![0; 4 + MAX_FRAME];
    let count = stream.read(&mut buffer)?;
    if count == 0 {
        return Ok(None);
    }
    let Some((prefix, rest)) = buffer[..count].split_first_chunk::<4>() else {
        return Err(ErrorKind::UnexpectedEof.into());
    };
    let length = u32::from_be_bytes(*prefix) as usize;
    if length > MAX_FRAME {
        return Err(ErrorKind::InvalidData.into());
    }
    match rest.get(..length) {
        Some(payload) => Ok(Some(payload.to_vec())),
        None => Err(ErrorKind::UnexpectedEof.into()),
    }
}
