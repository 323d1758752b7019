//! Text that comes in pieces.

use std::str;

use crate::violation::Violation;

/// Bytes of the longest character.
const LONGEST: usize = 4;

// ANCHOR: utf8
/// Checks UTF-8 that may be cut anywhere, as early as it can be known to be none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Utf8 {
    /// The beginning of a character whose end has not come.
    begun: [u8; LONGEST],
    length: u8,
}

impl Utf8 {
    /// Checks the next bytes.
    ///
    /// # Errors
    ///
    /// [`Violation::NotUtf8`], with the first byte that no more bytes can mend. Then a new text may begin.
    pub fn check(&mut self, mut bytes: &[u8]) -> Result<(), Violation> {
        while self.length > 0
            && let Some((first, rest)) = bytes.split_first()
        {
            self.begun[usize::from(self.length)] = *first;
            self.length += 1;
            bytes = rest;
            match str::from_utf8(&self.begun[..usize::from(self.length)]) {
                Ok(_) => self.length = 0,
                Err(error) if error.error_len().is_some() => {
                    self.length = 0;
                    return Err(Violation::NotUtf8);
                }
                Err(_) => {} // It is not whole yet: three bytes at most.
            }
        }
        let Err(error) = str::from_utf8(bytes) else {
            return Ok(());
        };
        if error.error_len().is_some() {
            return Err(Violation::NotUtf8);
        }
        let begun = &bytes[error.valid_up_to()..];
        self.begun[..begun.len()].copy_from_slice(begun);
        self.length = begun.len() as u8;
        Ok(())
    }

    /// The text is over, and a new one may begin.
    ///
    /// # Errors
    ///
    /// [`Violation::NotUtf8`], when it ends inside a character.
    pub fn end(&mut self) -> Result<(), Violation> {
        match std::mem::take(&mut self.length) {
            0 => Ok(()),
            _ => Err(Violation::NotUtf8),
        }
    }
}
// ANCHOR_END: utf8
