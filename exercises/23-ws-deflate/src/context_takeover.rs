//! Exercise: the tail, and the memory between messages.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};

/// What zlib writes at the end of a flush: an empty block. Each compressed message would end with it, and so
/// nobody sends it (RFC 7692, section 7.2.1).
pub const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

/// How one direction is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Messages refer back by two to this power bytes, at most.
    pub bits: u8,
    /// Also to the messages before. Without it each message begins anew, and between two there is nothing to
    /// remember.
    pub takeover: bool,
}

/// The payload is no compressed message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotDeflate;

/// Compresses messages.
#[derive(Debug)]
pub struct Sender {
    window: Window,
    /// What was sent. Made when the first message needs it.
    zlib: Option<Compress>,
}

/// Decompresses them.
#[derive(Debug)]
pub struct Receiver {
    window: Window,
    /// What has come. Made when the first message needs it.
    zlib: Option<Decompress>,
}

impl Sender {
    /// Nothing was sent.
    pub fn new(window: Window) -> Sender {
        Sender { window, zlib: None }
    }

    /// Whether there is memory between two messages. This part is given.
    pub fn remembers(&self) -> bool {
        self.zlib.is_some()
    }

    /// The payload that `message` becomes: what [`deflate`] makes of it, without the [`TAIL`] (RFC 7692,
    /// section 7.2.1).
    ///
    /// With takeover the same zlib goes on from message to message. Without, each message has a new one, and
    /// afterwards there is none.
    ///
    /// What will come: messages that are alike; a message longer than the window; an empty one. For the
    /// empty one [`deflate`] gives nothing at all when it has nothing to flush: the payload is one byte,
    /// `0x00` (section 7.2.3.6).
    ///
    /// Example: `Hello` becomes `f2 48 cd c9 c9 07 00`, and with takeover the second `Hello`
    /// `f2 00 11 00 00`.
    pub fn payload(&mut self, message: &[u8]) -> Vec<u8> {
        todo!(
            "take the zlib that is there, or a new one for the window; deflate; take the tail off; keep the zlib only with takeover"
        )
    }
}

impl Receiver {
    /// Nothing has come.
    pub fn new(window: Window) -> Receiver {
        Receiver { window, zlib: None }
    }

    /// Whether there is memory between two messages. This part is given.
    pub fn remembers(&self) -> bool {
        self.zlib.is_some()
    }

    /// The message that became `payload`: [`inflate`] of it and the [`TAIL`] behind it (RFC 7692, section
    /// 7.2.2). With takeover the same zlib goes on, without there is none afterwards.
    ///
    /// What will come: what a [`Sender`] of the same window sends; bytes that are no such thing.
    ///
    /// # Errors
    /// [`NotDeflate`]: the connection will be failed, and this is not called again.
    pub fn message(&mut self, payload: &[u8]) -> Result<Vec<u8>, NotDeflate> {
        todo!(
            "take the zlib that is there, or a new one for the window; inflate the payload and the tail; keep the zlib only with takeover"
        )
    }
}

/// A zlib that compresses, without header and checksum, for a window of two to the power of `bits` bytes. For
/// the other direction there is `Decompress::new_with_window_bits(false, bits)`. This part is given.
pub fn new_zlib(bits: u8) -> Compress {
    Compress::new_with_window_bits(Compression::default(), false, bits)
}

/// Compresses `bytes` and flushes, so that the other side can read all of them. Ends with [`TAIL`], or has
/// nothing to flush and is empty. This part is given.
pub fn deflate(zlib: &mut Compress, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 64);
    let begun = zlib.total_in();
    loop {
        let done = (zlib.total_in() - begun) as usize;
        // Into memory it does not fail.
        let _ = zlib.compress_vec(&bytes[done..], &mut out, FlushCompress::Sync);
        if out.len() < out.capacity() {
            return out;
        }
        out.reserve(out.len());
    }
}

/// Decompresses `bytes`, however long what comes out is: how to stop that is the next exercise. This part is
/// given.
///
/// # Errors
/// [`NotDeflate`].
pub fn inflate(zlib: &mut Decompress, bytes: &[u8]) -> Result<Vec<u8>, NotDeflate> {
    let mut out = Vec::with_capacity(4 * bytes.len() + 64);
    let begun = zlib.total_in();
    loop {
        let done = (zlib.total_in() - begun) as usize;
        let result = zlib.decompress_vec(&bytes[done..], &mut out, FlushDecompress::Sync);
        result.map_err(|_| NotDeflate)?;
        if out.len() < out.capacity() {
            return Ok(out);
        }
        out.reserve(out.len());
    }
}
