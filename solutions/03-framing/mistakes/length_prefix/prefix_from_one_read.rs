//! hint: prefix-from-one-read
//! Decodes the prefix from the bytes of one read, as if four came together.

pub const MAX_FRAME: usize = 32 << 20;

#[derive(Debug, Default)]
pub struct Decoder {
    length: Option<usize>,
    received: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

impl Decoder {
    pub fn new() -> Decoder {
        Decoder::default()
    }

    pub fn receive_data(&mut self, bytes: &[u8]) {
        let mut bytes = bytes;
        if self.length.is_none() {
            let prefix: [u8; 4] = bytes[..4].try_into().unwrap();
            self.length = Some(u32::from_be_bytes(prefix) as usize);
            bytes = &bytes[4..];
        }
        self.received.extend_from_slice(bytes);
    }

    pub fn next_event(&mut self) -> Result<Option<Vec<u8>>, TooLong> {
        let Some(length) = self.length else {
            return Ok(None);
        };
        if length > MAX_FRAME {
            return Err(TooLong);
        }
        if self.received.len() < length {
            return Ok(None);
        }
        let rest = self.received.split_off(length);
        let payload = std::mem::replace(&mut self.received, rest);
        self.length = None;
        let rest = std::mem::take(&mut self.received);
        if !rest.is_empty() {
            self.receive_data(&rest);
        }
        Ok(Some(payload))
    }
}
