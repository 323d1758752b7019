//! A message with a newline behind it.

use crate::byte_queue::ByteQueue;
use crate::{Error, Event};

/// Bytes of one line, without its newline, that a chat needs to accept.
pub const MAX_LINE: usize = 1024;

// ANCHOR: lines
/// One end of a conversation in lines. A line ends with `\n`; a `\r` before that is no part of it.
///
/// A line is bytes, not text: decode it when it is whole. The rule of [`Frames`](crate::Frames)
/// holds here as well: call [`Lines::next_event`] until it says `None`.
#[derive(Debug)]
pub struct Lines {
    max_line: usize,
    received: ByteQueue,
    /// So many of the received bytes are known to hold no newline.
    searched: usize,
    ended: bool,
    to_send: ByteQueue,
}

impl Lines {
    /// A line may have `max_line` bytes before its newline, a `\r` included, in both directions.
    pub fn new(max_line: usize) -> Self {
        Self {
            max_line,
            received: ByteQueue::default(),
            searched: 0,
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

    /// The next line; or `None`, not yet; or [`Event::End`], for ever.
    ///
    /// # Errors
    ///
    /// - [`Error::TooLong`] as soon as more than the maximum has come without a newline;
    /// - [`Error::EndsInside`] when the stream ended after a line without its newline.
    ///
    /// It is said again when asked again.
    pub fn next_event(&mut self) -> Result<Option<Event>, Error> {
        let received = self.received.bytes();
        // Where the newline of the longest line would stand, there is the end of the search.
        let window = received.len().min(self.max_line.saturating_add(1));
        let unsearched = received.get(self.searched..window).unwrap_or_default();
        match unsearched.iter().position(|byte| *byte == b'\n') {
            Some(at) => {
                let newline = self.searched + at;
                let line = &received[..newline];
                let line = line.strip_suffix(b"\r").unwrap_or(line).to_vec();
                self.received.remove(newline + 1);
                self.searched = 0;
                Ok(Some(Event::Message(line)))
            }
            None if window > self.max_line => {
                let limit = self.max_line;
                Err(Error::TooLong { limit })
            }
            None => {
                // A client that sends byte by byte must not make us search everything each time.
                self.searched = window;
                self.incomplete()
            }
        }
    }

    /// What to say when the received bytes are not a whole line.
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
// ANCHOR_END: lines

// ANCHOR: send_line
/// What goes out.
impl Lines {
    /// Puts `line` and a newline behind what is to be sent.
    ///
    /// # Errors
    ///
    /// - [`Error::NotALine`] when the receiver would see another line, or two: `line` comes from a
    ///   user perhaps, and a newline in it would let that user speak for others;
    /// - [`Error::TooLong`] when it is longer than the maximum.
    pub fn send_line(&mut self, line: &[u8]) -> Result<(), Error> {
        if line.contains(&b'\n') || line.ends_with(b"\r") {
            return Err(Error::NotALine);
        }
        if line.len() > self.max_line {
            let limit = self.max_line;
            return Err(Error::TooLong { limit });
        }
        self.to_send.push(line);
        self.to_send.push(b"\n");
        Ok(())
    }

    /// All bytes that are to be written, until [`Lines::data_sent`] says that they were.
    pub fn data_to_send(&self) -> &[u8] {
        self.to_send.bytes()
    }

    /// The first `count` bytes of [`Lines::data_to_send`] were written.
    pub fn data_sent(&mut self, count: usize) {
        self.to_send.remove(count);
    }
}
// ANCHOR_END: send_line
