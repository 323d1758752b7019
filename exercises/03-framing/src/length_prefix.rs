//! Exercise: frames out of bytes that are cut anywhere.

/// Bytes of payload that a frame may have: 32 MiB, so that a photo fits.
pub const MAX_FRAME: usize = 32 << 20;

/// Makes frames of bytes that arrive in pieces. It has no socket: bytes are pushed in, frames are
/// pulled out.
///
/// A frame is four bytes that say how long the payload is, the most significant byte first, and
/// then the payload. A length of 0 is allowed, and so is one of [`MAX_FRAME`].
#[derive(Debug, Default)]
pub struct Decoder {
    /// What has come and is not yet part of a frame that was returned.
    received: Vec<u8>,
}

/// A prefix says more than [`MAX_FRAME`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

impl Decoder {
    /// Nothing has arrived yet.
    pub fn new() -> Decoder {
        Decoder::default()
    }

    /// Takes what one read brought: half a prefix, a thousand frames, or nothing at all.
    pub fn receive_data(&mut self, bytes: &[u8]) {
        todo!("put the new bytes behind those that wait already")
    }

    /// The payload of the next frame, each exactly once; or `Ok(None)` when more bytes are needed.
    /// The caller asks again until it gets `None`, and then brings more bytes.
    ///
    /// What will come: frames cut before, inside and behind the prefix, also into single bytes;
    /// many frames at once; empty frames; lengths up to 4,294,967,295; a client that promises
    /// 32 MiB and sends one byte. Memory is for bytes that have come, not for promises.
    ///
    /// Example: after `receive_data(b"\0\0\0\x02hi\0\0")` this returns `Ok(Some(b"hi".to_vec()))`,
    /// then `Ok(None)`. After `receive_data(b"\0\0")` it returns `Ok(Some(vec![]))`.
    ///
    /// # Errors
    /// [`TooLong`] as soon as a prefix is complete that says more than [`MAX_FRAME`]. This is not
    /// called again after that.
    pub fn next_event(&mut self) -> Result<Option<Vec<u8>>, TooLong> {
        todo!(
            "look whether prefix and payload are complete; if so, remove and return the payload, else Ok(None)"
        )
    }
}
