//! Exercise: is it text? As early as that can be known.

/// The connection is over: fail it with this close code (RFC 6455, section 7.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fail(pub u16);

/// Checks the text messages of a peer, one after the other, while they arrive.
#[derive(Debug, Default)]
pub struct Text {
    /// The first bytes of a character whose last byte has not come: three at most.
    begun: Vec<u8>,
}

impl Text {
    /// No message has begun.
    pub fn new() -> Text {
        Text::default()
    }

    /// Checks the next bytes of a message. `is_end`: with them the message is complete, and the next
    /// bytes belong to another one.
    ///
    /// A message comes in frames, and each frame in reads, and both may end inside a character. Only the
    /// *message* must end behind one. Nothing is decoded here and nothing returned; somebody else keeps
    /// the message, so keep no more of it than the beginning of a character.
    ///
    /// What will come: text of any characters, whole, cut anywhere, in single bytes; pieces of nothing,
    /// also as the end; messages of many megabytes; bytes that no character begins with (`0x80`, `0xff`),
    /// that are too long for their character (`0xc0 0x80`), surrogates (`0xed 0xa0 0x80`), characters
    /// over U+10FFFF (`0xf4 0x90 0x80 0x80`); a message that ends inside a character; many messages.
    ///
    /// Example: `한` is `0xed 0x95 0x9c`. The pieces `[0xed]`, `[0x95, 0x9c]` with the end behind the
    /// second are good. `[0xed]` with the end behind it is not, and neither is `[0xed]`, `[0xa0]`.
    ///
    /// # Errors
    /// [`Fail`] with 1007, not consistent with its type, in the very call that brings the first byte that
    /// nothing behind it could mend; and at an end inside a character. This is not called again after that.
    pub fn check(&mut self, bytes: &[u8], is_end: bool) -> Result<(), Fail> {
        // BEGIN SOLUTION: look at the bytes behind those of a begun character; tell bytes that are wrong from bytes that are not complete; keep the latter, unless this is the end
        self.begun.extend_from_slice(bytes);
        let complete = match str::from_utf8(&self.begun) {
            Ok(text) => text.len(),
            // No length of the error: the bytes end inside a character that may become good.
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => return Err(Fail(1007)),
        };
        // A new vector: the old one has room for the whole piece.
        self.begun = self.begun.split_off(complete);
        match is_end && !self.begun.is_empty() {
            true => Err(Fail(1007)),
            false => Ok(()),
        }
        // END SOLUTION
    }
}
