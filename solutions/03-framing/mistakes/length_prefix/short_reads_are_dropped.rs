//! hint: prefix-from-one-read
//! Throws a read away that is shorter than a prefix.

pub const MAX_FRAME: usize = 32 << 20;

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
        if self.received.is_empty() && bytes.len() < 4 {
            return;
        }
        self.received.extend_from_slice(bytes);
    }

    pub fn next_event(&mut self) -> Result<Option<Vec<u8>>, TooLong> {
        let Some((prefix, rest)) = self.received.split_first_chunk::<4>() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes(*prefix) as usize;
        if length > MAX_FRAME {
            return Err(TooLong);
        }
        let Some(payload) = rest.get(..length) else {
            return Ok(None);
        };
        let payload = payload.to_vec();
        self.received.drain(..4 + length);
        Ok(Some(payload))
    }
}
