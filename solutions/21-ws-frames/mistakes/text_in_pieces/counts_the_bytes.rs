//! hint: every-wrong-byte
//! Knows how many bytes a character has, and not which.

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
        for byte in bytes {
            match self.begun.first() {
                Some(_) if byte & 0xc0 != 0x80 => return Err(Fail(1007)),
                None if (0x80..0xc0).contains(byte) || *byte >= 0xf8 => return Err(Fail(1007)),
                _ => self.begun.push(*byte),
            }
            let length = match self.begun[0] {
                0x00..0x80 => 1,
                0x80..0xe0 => 2,
                0xe0..0xf0 => 3,
                _ => 4,
            };
            if self.begun.len() == length {
                self.begun.clear();
            }
        }
        match is_end && !self.begun.is_empty() {
            true => Err(Fail(1007)),
            false => Ok(()),
        }
    }
}
