//! Exercise: put out a slow consumer, with a word.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Write};
use std::sync::Arc;

/// Bytes that may wait for one member. One more, and it is put out.
pub const MOST_WAITING: usize = 64 * 1024;

/// The close frame of a server that puts somebody out: 1008, policy (RFC 6455, section 7.4.1).
pub const TOO_SLOW: [u8; 4] = [0x88, 0x02, 0x03, 0xf0];

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// It waits for its turn.
    Queued,
    /// It was one too many: the member is put out, now.
    PutOut,
    /// The member had been put out before.
    Gone,
}

/// How far the writing came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flushed {
    /// Nothing waits.
    All,
    /// The stream takes no more for now.
    Waits,
    /// The close frame is written, and was the last one. Close the connection.
    Over,
}

/// The frames that wait for one member of a room.
///
/// A message is encoded once, and the same bytes go to every member: the outbox holds the `Arc`, and
/// makes no copy. A member who does not read would make the outbox grow without end. So there is a
/// limit, in bytes, and a policy: who is above it is put out, and told why with [`TOO_SLOW`]. Nobody
/// is left in the room with a gap in the conversation.
#[derive(Debug, Default)]
pub struct Outbox {
    /// Whole frames, never empty. Of the first one, `sent` bytes are written.
    frames: VecDeque<Arc<[u8]>>,
    sent: usize,
    /// Bytes of all frames that are not written yet.
    waiting: usize,
    is_put_out: bool,
}

impl Outbox {
    /// Nothing waits.
    pub fn new() -> Outbox {
        Outbox::default()
    }

    /// Bytes that wait, the close frame included.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// Puts `frame` behind those that wait, unless more than [`MOST_WAITING`] bytes would wait then. In
    /// that case the member is put out: frames of which nothing is written are dropped, and
    /// [`TOO_SLOW`] takes their place. A frame of which a part is written must come to its end
    /// first: the peer would take the close frame for the rest of it.
    ///
    /// What will come: frames of many sizes, also one above the limit; frames for members who have
    /// read everything, or a part of a frame, or nothing; more frames after the one too many.
    ///
    /// Example: 65,000 bytes wait, nothing of them is written, and a frame of 1,000 comes. It is
    /// `PutOut`, 4 bytes wait, and the next frame is `Gone`.
    pub fn push(&mut self, frame: &Arc<[u8]>) -> Pushed {
        todo!(
            "one too many: keep only a frame that is begun, put TOO_SLOW behind it, and take no more; otherwise queue the same bytes"
        )
    }

    /// Writes what waits, in order, until `to` takes no more for now.
    ///
    /// What will come: writes that take a part, that would block, that are interrupted; a connection
    /// that is reset.
    ///
    /// Example: a frame of 10 bytes waits, and `to` takes 3. That is `Waits`, and 7 bytes wait. The
    /// next call begins with the fourth byte.
    ///
    /// # Errors
    /// Whatever the stream reports, but not `WouldBlock` and `Interrupted`; `WriteZero` when it takes
    /// nothing and says that this is fine.
    pub fn flush(&mut self, to: &mut impl Write) -> io::Result<Flushed> {
        todo!(
            "write the first frame from where the last write ended, and go on with the next one when it is written whole"
        )
    }
}
