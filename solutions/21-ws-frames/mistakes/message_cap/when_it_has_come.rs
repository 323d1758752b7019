//! hint: at-the-header
//! Takes a header of any length, and looks when the message has come.

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
        if self.message.len() > MAX_MESSAGE {
            return Err(Fail(1009));
        }
        self.missing = length;
        self.fin = fin;
        Ok(())
    }

    pub fn payload(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        self.message.extend_from_slice(bytes);
        self.missing -= bytes.len() as u64;
        match self.missing == 0 && self.fin {
            true => Some(std::mem::take(&mut self.message)),
            false => None,
        }
    }
}
