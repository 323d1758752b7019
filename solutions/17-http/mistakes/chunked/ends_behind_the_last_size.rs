//! hint: crlf-behind-the-data
//! Takes the line of the last chunk for the end, and leaves the CR LF behind it.

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
        let end = self.received.windows(2).position(|two| two == b"\r\n");
        // A CR that is the last byte may be the first half of the line's end.
        if end.unwrap_or(self.received.len().saturating_sub(1)) > MAX_SIZE_LINE {
            return Err(Refused);
        }
        let Some(end) = end else { return Ok(None) };
        let line = &self.received[..end];
        let digits = line.split(|byte| *byte == b';').next().unwrap_or_default();
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(Refused);
        }
        let digits = str::from_utf8(digits).map_err(|_| Refused)?;
        // Digits only: an error means that there are too many for a usize.
        let size = usize::from_str_radix(digits, 16).map_err(|_| Refused)?;
        if size > MAX_CHUNK {
            return Err(Refused);
        }
        if size == 0 {
            self.received.drain(..end + 2);
            return Ok(Some(Event::End));
        }
        let data = end + 2..end + 2 + size;
        match self.received.get(data.end..data.end + 2) {
            None => return Ok(None),
            Some(b"\r\n") => {}
            Some(_) => return Err(Refused),
        }
        let chunk = self.received[data.clone()].to_vec();
        self.received.drain(..data.end + 2);
        Ok(Some(Event::Chunk(chunk)))
    }
}
