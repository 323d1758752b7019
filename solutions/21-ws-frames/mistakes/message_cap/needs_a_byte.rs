//! hint: empty-payload
//! Has nothing to say when no bytes come.

pub const MAX_MESSAGE: usize = 16 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fail(pub u16);

#[derive(Debug, Default)]
pub struct Inbox {
    message: Vec<u8>,
    missing: u64,
    fin: bool,
}

impl Inbox {
    pub fn new() -> Inbox {
        Inbox::default()
    }

    pub fn header(&mut self, fin: bool, length: u64) -> Result<(), Fail> {
        let left = MAX_MESSAGE - self.message.len();
        if length > left as u64 {
            return Err(Fail(1009));
        }
        self.missing = length;
        self.fin = fin;
        Ok(())
    }

    pub fn payload(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        if bytes.is_empty() {
            return None;
        }
        self.message.extend_from_slice(bytes);
        self.missing -= bytes.len() as u64;
        match self.missing == 0 && self.fin {
            true => Some(std::mem::take(&mut self.message)),
            false => None,
        }
    }
}
