//! hint: allocates-the-length
//! Makes room for the whole payload as soon as the prefix has come.

pub const MAX_FRAME: usize = 32 << 20;

#[derive(Debug, Default)]
pub struct Decoder {
    received: Vec<u8>,
    length: usize,
    payload: Option<Vec<u8>>,
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
        if self.payload.is_none() {
            let Some((prefix, _)) = self.received.split_first_chunk::<4>() else {
                return Ok(None);
            };
            let length = u32::from_be_bytes(*prefix) as usize;
            if length > MAX_FRAME {
                return Err(TooLong);
            }
            self.received.drain(..4);
            self.length = length;
            self.payload = Some(Vec::with_capacity(length));
        }
        let Some(payload) = &mut self.payload else {
            return Ok(None);
        };
        let missing = self.length - payload.len();
        let taken = missing.min(self.received.len());
        payload.extend(self.received.drain(..taken));
        if payload.len() < self.length {
            return Ok(None);
        }
        Ok(self.payload.take())
    }
}
