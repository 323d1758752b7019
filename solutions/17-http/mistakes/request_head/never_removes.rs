//! hint: only-the-head-goes
//! Returns the head and leaves it where it is.

pub const MAX_REQUEST_LINE: usize = 1024;

pub const MAX_HEAD: usize = 4096;

#[derive(Debug, Default)]
pub struct Decoder {
    received: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooLarge {
    RequestLine,
    Head,
}

impl Decoder {
    pub fn new() -> Decoder {
        Decoder::default()
    }

    pub fn receive_data(&mut self, bytes: &[u8]) {
        self.received.extend_from_slice(bytes);
    }

    pub fn next_event(&mut self) -> Result<Option<Vec<u8>>, TooLarge> {
        let find = |end: &[u8]| {
            let start = self.received.windows(end.len()).position(|at| at == end);
            start.map(|start| start + end.len())
        };
        let so_far = self.received.len();
        if find(b"\r\n").unwrap_or(so_far) > MAX_REQUEST_LINE {
            return Err(TooLarge::RequestLine);
        }
        let head = find(b"\r\n\r\n");
        if head.unwrap_or(so_far) > MAX_HEAD {
            return Err(TooLarge::Head);
        }
        Ok(head.map(|length| self.received[..length].to_vec()))
    }
}
