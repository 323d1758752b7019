//! Exercise: text from bytes that are split anywhere.

/// Makes text of bytes that arrive in pieces.
///
/// A character of UTF-8 has one to four bytes: `a` has one, `한` three, `🙂` four. A read may end
/// after any of them.
#[derive(Debug, Default)]
pub struct Decoder {
    /// The first bytes of a character whose last byte has not come yet: three at most.
    pending: Vec<u8>,
}

/// Why bytes are not text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// These bytes are not UTF-8, and nothing that could follow would make them so.
    Invalid,
    /// The stream has ended in the middle of a character.
    Incomplete,
}

impl Decoder {
    /// Nothing has arrived yet.
    pub fn new() -> Decoder {
        Decoder::default()
    }

    /// Takes what one read brought, and returns the characters that are complete with it: as
    /// early as possible, each exactly once. The beginning of a character is kept for the next
    /// call.
    ///
    /// What will come: Korean text and emoji, split before, after and inside every character,
    /// into two pieces or into single bytes; no bytes at all; bytes that are not UTF-8.
    ///
    /// Example: `push(b"a\xed\x95")` returns `"a"`, and then `push(b"\x9cb")` returns `"한b"`.
    ///
    /// # Errors
    /// [`DecodeError::Invalid`] in the very call that brings a byte that cannot belong to UTF-8.
    /// The stream is of no use after that, and this is not called again.
    pub fn push(&mut self, bytes: &[u8]) -> Result<String, DecodeError> {
        // BEGIN SOLUTION: put the new bytes behind the pending ones, return the characters that are complete, and keep the rest pending
        self.pending.extend_from_slice(bytes);
        let complete = match str::from_utf8(&self.pending) {
            Ok(text) => text.len(),
            // No length of the error means: the bytes end inside a character that may become valid.
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => return Err(DecodeError::Invalid),
        };
        let rest = self.pending.split_off(complete);
        let text = std::mem::replace(&mut self.pending, rest);
        String::from_utf8(text).map_err(|_| DecodeError::Invalid)
        // END SOLUTION
    }

    /// The stream has ended: was that between two characters?
    ///
    /// # Errors
    /// [`DecodeError::Incomplete`] when bytes of a character are still pending.
    pub fn finish(self) -> Result<(), DecodeError> {
        // BEGIN SOLUTION: a character that is still pending is DecodeError::Incomplete
        if self.pending.is_empty() {
            Ok(())
        } else {
            Err(DecodeError::Incomplete)
        }
        // END SOLUTION
    }
}
