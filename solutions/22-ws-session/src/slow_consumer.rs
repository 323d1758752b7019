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
        // BEGIN SOLUTION: one too many: keep only a frame that is begun, put TOO_SLOW behind it, and take no more; otherwise queue the same bytes
        if self.is_put_out {
            return Pushed::Gone;
        }
        if self.waiting + frame.len() <= MOST_WAITING {
            self.waiting += frame.len();
            self.frames.push_back(Arc::clone(frame));
            return Pushed::Queued;
        }
        self.is_put_out = true;
        self.frames.truncate(usize::from(self.sent > 0));
        self.frames.push_back(Arc::from(TOO_SLOW));
        self.waiting = self.frames.iter().map(|frame| frame.len()).sum::<usize>() - self.sent;
        Pushed::PutOut
        // END SOLUTION
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
        // BEGIN SOLUTION: write the first frame from where the last write ended, and go on with the next one when it is written whole
        while let Some(frame) = self.frames.front() {
            match to.write(&frame[self.sent..]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.sent += count;
                    self.waiting -= count;
                    if self.sent == frame.len() {
                        self.frames.pop_front();
                        self.sent = 0;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Flushed::Waits),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(match self.is_put_out {
            true => Flushed::Over,
            false => Flushed::All,
        })
        // END SOLUTION
    }
}
