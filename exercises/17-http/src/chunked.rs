//! Exercise: chunked bodies, both ways.

/// Bytes of data that a chunk may have.
pub const MAX_CHUNK: usize = 4096;

/// Bytes that the line with a chunk's size may have, its CR LF not counted.
pub const MAX_SIZE_LINE: usize = 64;

/// The last chunk of a body: no data, and no trailer fields.
pub const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// One chunk: the length of `data` in hexadecimal digits, CR LF, `data`, CR LF.
///
/// When there is no data, there is no chunk either: the result is empty. A chunk of 0 bytes would end
/// the body, and that is what [`LAST_CHUNK`] is for.
///
/// What will come: nothing; one byte; 10 bytes (`a`), 16 bytes (`10`) and many more; data that holds
/// CR LF, and data that looks like a chunk.
///
/// Example: `encode(b"hello, world")` is `b"c\r\nhello, world\r\n"`.
pub fn encode(data: &[u8]) -> Vec<u8> {
    todo!("the length in hexadecimal, CR LF, the data, CR LF; nothing for no data")
}

/// What a decoder finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The data of a chunk, never empty.
    Chunk(Vec<u8>),
    /// The last chunk: the body is complete.
    End,
}

/// These bytes are no chunked body, or one with a chunk of more than [`MAX_CHUNK`] bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

/// Makes chunks of bytes that arrive in pieces, without a socket.
#[derive(Debug, Default)]
pub struct Decoder {
    /// What has come and is not yet part of a chunk that was returned.
    received: Vec<u8>,
}

impl Decoder {
    /// Nothing has arrived yet.
    pub fn new() -> Decoder {
        Decoder::default()
    }

    /// Takes what one read brought: a part of a chunk, many chunks, or nothing at all.
    pub fn receive_data(&mut self, bytes: &[u8]) {
        self.received.extend_from_slice(bytes);
    }

    /// What has come behind the body: after [`Event::End`], the beginning of the next request.
    pub fn rest(&self) -> &[u8] {
        &self.received
    }

    /// The next chunk, each exactly once; or `Ok(None)` when not all of it has come. The caller asks
    /// again until it gets `None`, and then brings more bytes; after [`Event::End`] it asks no more.
    ///
    /// A chunk is a line with its size in hexadecimal digits of either case, so many bytes of data,
    /// and CR LF. Behind the size there may be a semicolon and an extension, up to the line's end: it
    /// means nothing here. The chunk of size 0 ends the body. No trailer fields are taken: CR LF comes
    /// directly behind its line.
    ///
    /// What will come: chunks cut anywhere; many at once; data that looks like chunks; a chunk of
    /// exactly [`MAX_CHUNK`] bytes; leading zeros; the next request directly behind the body.
    ///
    /// Example: after `receive_data(b"2;x=y\r\nhi\r\n0\r\n\r\nGET /")` this returns `Chunk(b"hi")`,
    /// then `End`, and `rest()` is `b"GET /"`.
    ///
    /// # Errors
    /// [`Refused`] for a size that is anything but digits (`+5`, `0x5`, ` 5`, none at all); for one
    /// over [`MAX_CHUNK`], as soon as its line is there, however many digits it has; for a line of more
    /// than [`MAX_SIZE_LINE`] bytes, ended or not; and for data with anything but CR LF behind it.
    pub fn next_event(&mut self) -> Result<Option<Event>, Refused> {
        todo!(
            "find the line with the size; check it; wait for data and CR LF; remove all that and return the data"
        )
    }
}
