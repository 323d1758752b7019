//! Exercise: lines with a maximum length.

/// Bytes that a line may have before its newline.
pub const MAX_LINE: usize = 1024;

/// Makes lines of bytes that arrive in pieces, without a socket, as `length_prefix` does.
///
/// A line ends with a newline, `\n`. Windows and telnet end it with `\r\n`, so one `\r` directly
/// before the newline is no part of the line either.
#[derive(Debug, Default)]
pub struct Decoder {
    /// What has come and is not yet part of a line that was returned.
    received: Vec<u8>,
}

/// More than [`MAX_LINE`] bytes came, and no newline among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

impl Decoder {
    /// Nothing has arrived yet.
    pub fn new() -> Decoder {
        Decoder::default()
    }

    /// Takes what one read brought: a part of a line, a thousand lines, or nothing at all.
    pub fn receive_data(&mut self, bytes: &[u8]) {
        todo!("put the new bytes behind those that wait already")
    }

    /// The next line without its end, each exactly once; or `Ok(None)` when no newline has come.
    /// The caller asks again until it gets `None`, and then brings more bytes.
    ///
    /// What will come: lines cut anywhere, also between `\r` and `\n`; many lines at once; empty
    /// lines; blanks and tabs at either end of a line, which belong to it; bytes that are not
    /// text; a line of exactly [`MAX_LINE`] bytes (a `\r` counts); and a client that sends and
    /// sends and never ends its line.
    ///
    /// Example: after `receive_data(b"one\r\n two\nth")` this returns `b"one"`, then `b" two"`,
    /// then `Ok(None)`.
    ///
    /// # Errors
    /// [`TooLong`] for a line of more than [`MAX_LINE`] bytes, as soon as so many have come,
    /// newline or not. The lines before it are returned first. This is not called again after that.
    pub fn next_event(&mut self) -> Result<Option<Vec<u8>>, TooLong> {
        todo!(
            "find the first newline; remove and return the line before it, or say that it is too long, or Ok(None)"
        )
    }
}
