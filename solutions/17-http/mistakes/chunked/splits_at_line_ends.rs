//! hint: the-size-decides
//! Reads two lines for each chunk, and never looks at the size.

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
        let text = self.received.clone();
        let mut lines = text
            .windows(2)
            .enumerate()
            .filter(|(_, two)| *two == b"\r\n");
        let (Some((size, _)), Some((data, _))) = (lines.next(), lines.next()) else {
            return Ok(None);
        };
        self.received.drain(..data + 2);
        let digits = text[..size]
            .split(|byte| *byte == b';')
            .next()
            .unwrap_or_default();
        Ok(Some(match digits {
            b"0" => Event::End,
            _ => Event::Chunk(text[size + 2..data].to_vec()),
        }))
    }
}
