//! hint: length-overflows
//! Adds 4 to a length that may be the largest u32.

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
        self.received.extend_from_slice(bytes);
    }

    pub fn next_event(&mut self) -> Result<Option<Vec<u8>>, TooLong> {
        if self.received.len() < 4 {
            return Ok(None);
        }
        let prefix = [
            self.received[0],
            self.received[1],
            self.received[2],
            self.received[3],
        ];
        let end = u32::from_be_bytes(prefix) + 4;
        if end as usize > MAX_FRAME + 4 {
            return Err(TooLong);
        }
        if self.received.len() < end as usize {
            return Ok(None);
        }
        let payload = self.received[4..end as usize].to_vec();
        self.received.drain(..end as usize);
        Ok(Some(payload))
    }
}
