//! hint: as-early-as-possible
//! Looks at a character when as many bytes have come as its first one says.

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
        self.begun.extend_from_slice(bytes);
        let mut rest = &self.begun[..];
        while let Some(first) = rest.first() {
            let length = match first {
                0x00..0xc0 => 1,
                0xc0..0xe0 => 2,
                0xe0..0xf0 => 3,
                _ => 4,
            };
            let Some((character, behind)) = rest.split_at_checked(length) else {
                break;
            };
            if str::from_utf8(character).is_err() {
                return Err(Fail(1007));
            }
            rest = behind;
        }
        self.begun = rest.to_vec();
        match is_end && !self.begun.is_empty() {
            true => Err(Fail(1007)),
            false => Ok(()),
        }
    }
}
