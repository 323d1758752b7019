//! hint: ends-inside
//! Does not look whether the message ends inside a character.

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
        let complete = match str::from_utf8(&self.begun) {
            Ok(text) => text.len(),
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => return Err(Fail(1007)),
        };
        self.begun = self.begun.split_off(complete);
        if is_end {
            self.begun.clear();
        }
        Ok(())
    }
}
