//! hint: remembers-the-beginning
//! Drops a begun character at the end of a piece, and allows its rest.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fail(pub u16);

#[derive(Debug, Default)]
pub struct Text {
    begun: Vec<u8>,
}

impl Text {
    pub fn new() -> Text {
        Text::default()
    }

    pub fn check(&mut self, bytes: &[u8], is_end: bool) -> Result<(), Fail> {
        let rest = bytes.iter().take_while(|byte| **byte & 0xc0 == 0x80);
        let bytes = &bytes[rest.count().min(3)..];
        match str::from_utf8(bytes) {
            Ok(_) => Ok(()),
            Err(error) if error.error_len().is_none() && !is_end => Ok(()),
            Err(_) => Err(Fail(1007)),
        }
    }
}
