//! hint: crlf-behind-the-data
//! Takes the CR LF behind the data for the next size.

pub const MAX_CHUNK: usize = 4096;

pub const MAX_SIZE_LINE: usize = 64;

pub const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

pub fn encode(data: &[u8]) -> Vec<u8> {
    if data.is_empty() {
        return Vec::new();
    }
    let size = format!("{:x}\r\n", data.len());
    [size.as_bytes(), data, b"\r\n"].concat()
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Chunk(Vec<u8>),
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

#[derive(Debug, Default)]
pub struct Decoder {
    received: Vec<u8>,
}

impl Decoder {
    pub fn new() -> Decoder {
        Decoder::default()
    }

    pub fn receive_data(&mut self, bytes: &[u8]) {
        self.received.extend_from_slice(bytes);
    }

    pub fn rest(&self) -> &[u8] {
        &self.received
    }

    pub fn next_event(&mut self) -> Result<Option<Event>, Refused> {
        let Some(end) = self.received.windows(2).position(|two| two == b"\r\n") else {
            return match self.received.len() > MAX_SIZE_LINE + 1 {
                true => Err(Refused),
                false => Ok(None),
            };
        };
        let line = str::from_utf8(&self.received[..end]).map_err(|_| Refused)?;
        let digits = line.split(';').next().unwrap_or_default();
        let size = usize::from_str_radix(digits, 16).map_err(|_| Refused)?;
        if size > MAX_CHUNK {
            return Err(Refused);
        }
        let Some(data) = self.received.get(end + 2..end + 2 + size) else {
            return Ok(None);
        };
        let data = data.to_vec();
        self.received.drain(..end + 2 + size);
        Ok(Some(match size {
            0 => Event::End,
            _ => Event::Chunk(data),
        }))
    }
}
