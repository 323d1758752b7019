//! hint: waits-for-more
//! Reads everything and returns the first frame of it.

use std::io::{self, ErrorKind, Read};

pub const MAX_FRAME: usize = 64 * 1024;

pub fn read_frame(stream: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut all = Vec::new();
    stream.read_to_end(&mut all)?;
    if all.is_empty() {
        return Ok(None);
    }
    let Some((prefix, rest)) = all.split_first_chunk::<4>() else {
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
