//! A message with its length in front.

use crate::byte_queue::ByteQueue;
use crate::{Error, Event};

/// Bytes of payload that the programs accept in one frame.
pub const MAX_FRAME: usize = 64 * 1024;

/// Bytes of the length in front of each payload: a `u32`, the most significant byte first, as
/// network protocols write numbers (RFC 791, Appendix B).
pub const PREFIX: usize = 4;

// ANCHOR: frames
/// One end of a conversation in frames: four bytes of length, then as many bytes of payload.
///
/// The peer decides what arrives, so a length is believed only up to a maximum, and no memory is
/// set aside for bytes that have not come. Call [`Frames::next_event`] until it says `None` before
/// the next [`Frames::receive_data`]: then never more than one frame is waiting, and what one
/// call brought.
#[derive(Debug)]
pub struct Frames {
    max_frame: usize,
    received: ByteQueue,
    ended: bool,
    to_send: ByteQueue,
}

impl Frames {
    /// A frame may have `max_frame` bytes of payload, in both directions.
    pub fn new(max_frame: usize) -> Self {
        Self {
            max_frame,
            received: ByteQueue::default(),
            ended: false,
            to_send: ByteQueue::default(),
        }
    }

    /// Takes what one read brought.
    pub fn receive_data(&mut self, bytes: &[u8]) {
        self.received.push(bytes);
    }

    /// The stream has ended. What has been received before is still to be had.
    pub fn receive_end(&mut self) {
        self.ended = true;
    }

    /// The next frame's payload; or `None`, not yet; or [`Event::End`], for ever.
    ///
    /// # Errors
    ///
    /// - [`Error::TooLong`] as soon as a prefix says more than the maximum;
    /// - [`Error::EndsInside`] when the stream ended inside a prefix or a payload.
    ///
    /// It is said again when asked again: nobody can tell where the next frame begins.
    pub fn next_event(&mut self) -> Result<Option<Event>, Error> {
        let Some((prefix, rest)) = self.received.bytes().split_first_chunk::<PREFIX>() else {
            return self.incomplete();
        };
        let length = u32::from_be_bytes(*prefix) as usize;
        if length > self.max_frame {
            let limit = self.max_frame;
            return Err(Error::TooLong { limit });
        }
        // `PREFIX + length` could overflow for other maxima; to ask for a part of the rest cannot.
        let Some(payload) = rest.get(..length) else {
            return self.incomplete();
        };
        let message = payload.to_vec();
        self.received.remove(PREFIX + length);
        Ok(Some(Event::Message(message)))
    }

    /// What to say when the received bytes are not a whole frame.
    fn incomplete(&self) -> Result<Option<Event>, Error> {
        match (self.ended, self.buffered()) {
            (false, _) => Ok(None),
            (true, 0) => Ok(Some(Event::End)),
            (true, _) => Err(Error::EndsInside),
        }
    }

    /// Bytes that have been received and are not yet part of an event.
    pub fn buffered(&self) -> usize {
        self.received.bytes().len()
    }
}
// ANCHOR_END: frames

// ANCHOR: send_frame
/// What goes out.
impl Frames {
    /// Puts `payload` behind what is to be sent, as one frame.
    ///
    /// # Errors
    ///
    /// [`Error::TooLong`] when the payload is longer than the maximum, or than the prefix can say.
    pub fn send_frame(&mut self, payload: &[u8]) -> Result<(), Error> {
        let limit = self.max_frame.min(u32::MAX as usize);
        match u32::try_from(payload.len()) {
            Ok(length) if payload.len() <= limit => {
                self.to_send.push(&length.to_be_bytes());
                self.to_send.push(payload);
                Ok(())
            }
            _ => Err(Error::TooLong { limit }),
        }
    }

    /// All bytes that are to be written, until [`Frames::data_sent`] says that they were.
    pub fn data_to_send(&self) -> &[u8] {
        self.to_send.bytes()
    }

    /// The first `count` bytes of [`Frames::data_to_send`] were written.
    pub fn data_sent(&mut self, count: usize) {
        self.to_send.remove(count);
    }
}
// ANCHOR_END: send_frame
