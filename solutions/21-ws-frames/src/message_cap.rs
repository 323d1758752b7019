//! Exercise: messages that are larger than we take.

/// Bytes of payload that a message may have: 16 MiB, in one frame or in a thousand.
pub const MAX_MESSAGE: usize = 16 << 20;

/// The connection is over: fail it with this close code (RFC 6455, section 7.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fail(pub u16);

/// Collects the messages of a peer, one after the other, and no more than [`MAX_MESSAGE`] bytes of each.
#[derive(Debug, Default)]
pub struct Inbox {
    /// What has come of the message.
    message: Vec<u8>,
    /// Bytes of the frame that have not come.
    missing: u64,
    /// The frame is the last one of its message.
    fin: bool,
}

impl Inbox {
    /// No message has begun.
    pub fn new() -> Inbox {
        Inbox::default()
    }

    /// The header of the message's next frame has come, and not one byte of its payload: there will be
    /// `length` of them. All of the frame before has come.
    ///
    /// What will come: any length that 63 bits can hold; messages of one frame and of many; fragments that
    /// are small each and large together; many messages, the one behind the other; messages of exactly
    /// [`MAX_MESSAGE`] bytes; and headers that promise 16 MiB, from clients that send nothing more.
    ///
    /// Example: after fragments of 9 MiB and 7 MiB, a header of length 0 is good, and one of 1 is not.
    ///
    /// # Errors
    /// [`Fail`] with 1009, message too big, when the message would have more than [`MAX_MESSAGE`] bytes
    /// with this frame: now, and not when they have come. This is not called again after that.
    pub fn header(&mut self, fin: bool, length: u64) -> Result<(), Fail> {
        // BEGIN SOLUTION: compare the length with what the message may still have; remember the frame
        let left = MAX_MESSAGE - self.message.len();
        if length > left as u64 {
            return Err(Fail(1009));
        }
        self.missing = length;
        self.fin = fin;
        Ok(())
        // END SOLUTION
    }

    /// The next bytes of the frame's payload, never more than the header has promised: a part of it, all of
    /// it, or nothing. This is called at least once behind each header, with nothing when the payload is
    /// empty. Returns the message when it is complete.
    ///
    /// Memory is for bytes that have come, not for promises: 10,000 clients that promise 16 MiB each would
    /// take 160 GB.
    ///
    /// Example: after `header(true, 5)`, `payload(b"Hel")` is `None` and `payload(b"lo")` is
    /// `Some(b"Hello")`. After `header(false, 5)` both are `None`.
    pub fn payload(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        // BEGIN SOLUTION: put the bytes behind the message; when the last frame is complete, return it and begin a new one
        self.message.extend_from_slice(bytes);
        self.missing -= bytes.len() as u64;
        match self.missing == 0 && self.fin {
            true => Some(std::mem::take(&mut self.message)),
            false => None,
        }
        // END SOLUTION
    }
}
