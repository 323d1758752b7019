//! Bytes that wait: behind, new ones come; in front, those that are done with go.

// ANCHOR: byte_queue
/// A queue of bytes that lie in one piece, so that a parser can look at all of them.
///
/// Each byte is moved a constant number of times on average, however the calls are mixed.
#[derive(Debug, Default)]
pub struct ByteQueue {
    bytes: Vec<u8>,
    /// So many of `bytes` are done with.
    start: usize,
}

impl ByteQueue {
    /// Puts `more` behind what is there.
    pub fn push(&mut self, more: &[u8]) {
        // To move the rest to the front costs as much as the rest is long. So it has to wait until
        // more than that has been removed: each byte that is moved has been paid for.
        if self.start > self.bytes.len() / 2 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        self.bytes.extend_from_slice(more);
    }

    /// All that wait, in one piece.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Removes the first `count` bytes, or all when there are fewer.
    pub fn remove(&mut self, count: usize) {
        self.start += count.min(self.bytes().len());
        if self.start == self.bytes.len() {
            self.bytes.clear();
            self.start = 0;
        }
    }
}
// ANCHOR_END: byte_queue
