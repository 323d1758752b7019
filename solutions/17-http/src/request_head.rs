//! Exercise: the head of a request, which ends with a blank line.

/// Bytes that a request line may have, its CR LF included.
pub const MAX_REQUEST_LINE: usize = 1024;

/// Bytes that a head may have: the request line, the fields and the blank line.
pub const MAX_HEAD: usize = 4096;

/// Cuts heads out of bytes that arrive in pieces, without a socket, as `length_prefix` cuts frames.
///
/// A head is a request line, any number of fields, and a blank line. Each line ends with CR LF, so
/// `\r\n\r\n` is the end of a head. What the lines say is for somebody else.
#[derive(Debug, Default)]
pub struct Decoder {
    /// What has come and is not yet part of a head that was returned.
    received: Vec<u8>,
}

/// Why a request is refused: the head is larger than this server takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooLarge {
    /// The request line has more than [`MAX_REQUEST_LINE`] bytes: 414 URI Too Long.
    RequestLine,
    /// The head has more than [`MAX_HEAD`] bytes: 431 Request Header Fields Too Large.
    Head,
}

impl Decoder {
    /// Nothing has arrived yet.
    pub fn new() -> Decoder {
        Decoder::default()
    }

    /// Takes what one read brought: a part of a head, many heads, or nothing at all.
    pub fn receive_data(&mut self, bytes: &[u8]) {
        self.received.extend_from_slice(bytes);
    }

    /// The next head, its blank line included, each exactly once; or `Ok(None)` when its blank line
    /// has not come. The caller asks again until it gets `None`, and then brings more bytes.
    ///
    /// What will come: heads cut anywhere, also inside `\r\n\r\n`; a head without any field; many
    /// heads at once, together more than [`MAX_HEAD`]; bytes behind a head that belong to the next
    /// one; bytes that are not text; a request line and a head of exactly the maximum; and a client
    /// that sends and sends, and never a line's end or never a blank line.
    ///
    /// Example: after `receive_data(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /b")` this returns the
    /// first 27 bytes, then `Ok(None)`.
    ///
    /// # Errors
    /// [`TooLarge`] as soon as too many bytes have come, whether the end is there or not; the request
    /// line is looked at first. The heads before it are returned first. This is not called again
    /// after that.
    pub fn next_event(&mut self) -> Result<Option<Vec<u8>>, TooLarge> {
        // BEGIN SOLUTION: measure the request line and the head, ended or not; refuse what is too large; remove and return the head when its blank line is there, else Ok(None)
        let find = |end: &[u8]| {
            let start = self.received.windows(end.len()).position(|at| at == end);
            start.map(|start| start + end.len())
        };
        let so_far = self.received.len();
        if find(b"\r\n").unwrap_or(so_far) > MAX_REQUEST_LINE {
            return Err(TooLarge::RequestLine);
        }
        let head = find(b"\r\n\r\n");
        if head.unwrap_or(so_far) > MAX_HEAD {
            return Err(TooLarge::Head);
        }
        Ok(head.map(|length| self.received.drain(..length).collect()))
        // END SOLUTION
    }
}
