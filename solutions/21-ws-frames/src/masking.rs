//! Exercise: the mask that a client must wear.

/// Which end of the connection we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// We have connected, and a server sends to us.
    Client,
    /// We have accepted, and a client sends to us.
    Server,
}

/// The connection is over: fail it with this close code (RFC 6455, section 7.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fail(pub u16);

/// Takes the mask off the payload of one frame, which arrives in pieces.
#[derive(Debug)]
pub struct Unmask {
    /// The frame's masking key; `None` when it came without.
    key: Option<[u8; 4]>,
    /// Bytes of the payload that have been unmasked.
    done: usize,
}

impl Unmask {
    /// A frame has begun. We are `role`, and its header brought this `key`.
    ///
    /// Every frame of a client is masked, and none of a server (RFC 6455, section 5.1). A key may be any
    /// four bytes, also four zeros, and also the key of the frame before: that is for the sender to avoid.
    ///
    /// Example: `Unmask::begin(Role::Server, None)` is `Err(Fail(1002))`.
    ///
    /// # Errors
    /// [`Fail`] with 1002, a protocol error, for a client's frame without key, and for a server's frame
    /// with one.
    pub fn begin(role: Role, key: Option<[u8; 4]>) -> Result<Unmask, Fail> {
        // BEGIN SOLUTION: compare the role with the key, and begin at the first byte
        match (role, key) {
            (Role::Server, None) | (Role::Client, Some(_)) => Err(Fail(1002)),
            _ => Ok(Unmask { key, done: 0 }),
        }
        // END SOLUTION
    }

    /// Unmasks the next bytes of the payload, in place. Without key they stay as they are.
    ///
    /// Byte `i` of the payload was combined (`^`) with byte `i % 4` of the key, and the same operation
    /// brings it back. It is the place in the *payload* that counts, not that in the piece.
    ///
    /// What will come: a payload whole, cut anywhere, in single bytes; pieces of nothing; lengths that
    /// four does not divide.
    ///
    /// Example: the key is `[1, 2, 3, 4]`. The pieces `[0x60, 0x60, 0x60]` and `[0x60, 0x64]` become
    /// `b"abc"` and `b"de"`.
    pub fn payload(&mut self, piece: &mut [u8]) {
        // BEGIN SOLUTION: combine each byte with its byte of the key, and remember how far you have come
        if let Some(key) = self.key {
            for byte in piece {
                *byte ^= key[self.done % 4];
                self.done += 1;
            }
        }
        // END SOLUTION
    }
}
