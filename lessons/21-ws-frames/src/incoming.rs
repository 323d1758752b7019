//! Events of the bytes that come, where they are.

use std::ops::Deref;
use std::str;

use crate::frame::{Header, Opcode};
use crate::mask::mask;
use crate::utf8::Utf8;
use crate::violation::Violation;

/// Which end of the connection we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// We have connected: we mask what we send, and the peer does not.
    Client,
    /// We have accepted: the other way round.
    Server,
}

/// Of what a message consists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8, checked.
    Text,
    /// Any bytes.
    Binary,
}

// ANCHOR: event
/// What a peer says.
#[derive(Debug, PartialEq, Eq)]
pub enum Event<'b> {
    /// A message, whole. Text is checked, unless the message is compressed.
    Message {
        /// Text or bytes.
        kind: Kind,
        /// Its first frame had the bit [`Header::rsv1`].
        compressed: bool,
        /// Its bytes.
        payload: Payload<'b>,
    },
    /// To be answered with a pong of the same bytes (section 5.5.2).
    Ping(&'b [u8]),
    /// An answer to a ping, or a sign of life (section 5.5.3).
    Pong(&'b [u8]),
    /// Nothing more will come (section 5.5.1).
    Close(Option<CloseReason<'b>>),
}

/// Why a peer closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CloseReason<'b> {
    /// Section 7.4.
    pub code: u16,
    /// For people; perhaps empty.
    pub reason: &'b str,
}

/// The bytes of a message.
#[derive(Debug, PartialEq, Eq)]
pub enum Payload<'b> {
    /// It came in one frame, and still is where it was read.
    Whole(&'b mut [u8]),
    /// It came in several.
    Joined(Vec<u8>),
}
// ANCHOR_END: event

impl Deref for Payload<'_> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            Payload::Whole(bytes) => bytes,
            Payload::Joined(bytes) => bytes,
        }
    }
}

// ANCHOR: incoming
/// What has come from a peer, in part or whole. It holds no bytes but those of earlier frames of a message:
/// the bytes stay in the caller's buffer, and events borrow them there.
#[derive(Debug)]
pub struct Incoming {
    role: Role,
    compresses: bool,
    max_message: usize,
    /// Between two messages there is nothing to remember: most connections are there most of the time.
    begun: Option<Box<Begun>>,
}

/// What has begun and is not complete.
#[derive(Debug, Default)]
struct Begun {
    /// The frame at the beginning of the buffer.
    frame: Option<Partial>,
    /// The earlier frames of a message.
    message: Option<Fragments>,
    text: Utf8,
}

/// A frame of which a part is there.
#[derive(Clone, Copy, Debug)]
struct Partial {
    header: Header,
    /// Bytes of the header.
    start: usize,
    /// Bytes of the payload that are unmasked, and checked if they are text.
    done: usize,
}

#[derive(Debug)]
struct Fragments {
    kind: Kind,
    compressed: bool,
    bytes: Vec<u8>,
}
// ANCHOR_END: incoming

impl Incoming {
    /// What comes to our end. A message may have `max_message` bytes, and an eighth more while it is compressed;
    /// it may be compressed if both sides have agreed.
    pub fn new(role: Role, max_message: usize, compresses: bool) -> Self {
        Self {
            role,
            compresses,
            max_message,
            begun: None,
        }
    }

    /// Whether a part of a message, or of a frame behind its header, is there.
    pub fn is_inside_message(&self) -> bool {
        self.begun.is_some()
    }

    /// How many bytes the buffer must have until [`Incoming::next_event`] can say more about a frame of
    /// which a part is there. It is bounded by the limit for messages.
    pub fn wants(&self) -> usize {
        let frame = self.begun.as_ref().and_then(|begun| begun.frame);
        // It fits: a frame over the limit is refused.
        frame.map_or(0, |frame| {
            frame.start.saturating_add(frame.header.length as usize)
        })
    }

    // ANCHOR: next_event
    /// The next event of the bytes in `buffer`, and those behind it: call it again with them. No event: read
    /// more, put it behind these bytes, and show both.
    ///
    /// The bytes of a part of a frame are unmasked where they are: change nothing in them.
    ///
    /// # Errors
    ///
    /// Whatever RFC 6455 forbids: in a header when it is complete, and most of it with its first byte or its
    /// second; in a text with the first byte that cannot be; in a close frame at its end. The connection must
    /// be failed.
    ///
    /// # Panics
    ///
    /// When there are fewer bytes than the last call has left.
    #[inline]
    pub fn next_event<'b>(
        &mut self,
        mut buffer: &'b mut [u8],
    ) -> Result<(Option<Event<'b>>, &'b mut [u8]), Violation> {
        loop {
            let Some(frame) = self.next_frame(buffer)? else {
                return Ok((None, buffer));
            };
            let (bytes, rest) = buffer.split_at_mut(frame.start + frame.done);
            let payload = &mut bytes[frame.start..];
            if frame.header.fin {
                let event = self.event(&frame.header, payload)?;
                return Ok((Some(event), rest));
            }
            self.keep(&frame.header, payload);
            buffer = rest;
        }
    }
    // ANCHOR_END: next_event

    // ANCHOR: next_frame
    /// The frame that `buffer` begins with, when it is all there; its payload is unmasked, and checked if it
    /// is text.
    #[inline]
    fn next_frame(&mut self, buffer: &mut [u8]) -> Result<Option<Partial>, Violation> {
        let mut frame = match self.begun.as_mut().and_then(|begun| begun.frame.take()) {
            Some(frame) => frame,
            None => {
                let Some((header, start)) = Header::parse(buffer)? else {
                    return Ok(None);
                };
                self.allow(&header)?;
                let done = 0;
                Partial {
                    header,
                    start,
                    done,
                }
            }
        };
        let header = &frame.header;
        // It fits: `allow` has compared it with the limit.
        let length = header.length as usize;
        let there = (buffer.len() - frame.start).min(length);
        let new = &mut buffer[frame.start + frame.done..frame.start + there];
        if let Some(key) = header.key {
            mask(new, key, frame.done);
        }
        if self.is_text(header) {
            self.check_text(new, header.fin && there == length)?;
        }
        frame.done = there;
        if there < length {
            self.begun.get_or_insert_default().frame = Some(frame);
            return Ok(None);
        }
        Ok(Some(frame))
    }
    // ANCHOR_END: next_frame

    // ANCHOR: allow
    /// What only the place of a frame can tell.
    #[inline]
    fn allow(&self, header: &Header) -> Result<(), Violation> {
        match (self.role, header.key) {
            (Role::Server, None) => return Err(Violation::Unmasked),
            (Role::Client, Some(_)) => return Err(Violation::Masked),
            _ => {}
        }
        let (begun, compressed) = match (header.opcode, self.message()) {
            (Opcode::Continuation, None) => return Err(Violation::NothingToContinue),
            (Opcode::Text | Opcode::Binary, Some(_)) => return Err(Violation::UnfinishedMessage),
            (Opcode::Continuation, Some(message)) => (message.bytes.len(), message.compressed),
            _ => (0, header.rsv1),
        };
        // Only the first frame of a message says that it is compressed (RFC 7692, section 6).
        if header.rsv1 && (!self.compresses || header.opcode == Opcode::Continuation) {
            return Err(Violation::ReservedBit);
        }
        // What cannot be compressed becomes longer. Its own length is counted when it is decompressed.
        let margin = if compressed { self.max_message / 8 } else { 0 };
        let most = self.max_message.saturating_add(margin);
        let left = most.saturating_sub(begun) as u64;
        if header.length > left && !header.opcode.is_control() {
            let limit = self.max_message;
            return Err(Violation::TooLong { limit });
        }
        Ok(())
    }
    // ANCHOR_END: allow

    fn message(&self) -> Option<&Fragments> {
        self.begun.as_ref()?.message.as_ref()
    }

    /// Whether the payload is text that can be checked as it is.
    #[inline]
    fn is_text(&self, header: &Header) -> bool {
        match (header.opcode, self.message()) {
            (Opcode::Text, _) => !header.rsv1,
            (Opcode::Continuation, Some(message)) => {
                message.kind == Kind::Text && !message.compressed
            }
            _ => false,
        }
    }

    /// Checks the next bytes of a text, and that it may end with them.
    fn check_text(&mut self, bytes: &[u8], is_end: bool) -> Result<(), Violation> {
        match (&mut self.begun, is_end) {
            // It came in one piece.
            (None, true) => match str::from_utf8(bytes) {
                Ok(_) => Ok(()),
                Err(_) => Err(Violation::NotUtf8),
            },
            (begun, is_end) => {
                let text = &mut begun.get_or_insert_default().text;
                text.check(bytes)?;
                if is_end { text.end() } else { Ok(()) }
            }
        }
    }

    /// Keeps a frame that does not end its message.
    fn keep(&mut self, header: &Header, payload: &[u8]) {
        let kind = match header.opcode {
            Opcode::Text => Kind::Text,
            _ => Kind::Binary,
        };
        let begun = self.begun.get_or_insert_default();
        let message = begun.message.get_or_insert_with(|| Fragments {
            kind,
            compressed: header.rsv1,
            bytes: Vec::new(),
        });
        message.bytes.extend_from_slice(payload);
    }

    #[inline]
    fn event<'b>(
        &mut self,
        header: &Header,
        payload: &'b mut [u8],
    ) -> Result<Event<'b>, Violation> {
        // Only a message in fragments goes on: behind a control frame, or to its own end.
        if self.message().is_none() {
            self.begun = None;
        }
        let (kind, compressed, payload) = match header.opcode {
            Opcode::Ping => return Ok(Event::Ping(payload)),
            Opcode::Pong => return Ok(Event::Pong(payload)),
            Opcode::Close => return close_reason(payload).map(Event::Close),
            Opcode::Text => (Kind::Text, header.rsv1, Payload::Whole(payload)),
            Opcode::Binary => (Kind::Binary, header.rsv1, Payload::Whole(payload)),
            Opcode::Continuation => {
                let message = self.begun.take().and_then(|begun| begun.message);
                // `allow` has refused it when there is none.
                let mut message = message.ok_or(Violation::NothingToContinue)?;
                message.bytes.extend_from_slice(payload);
                (
                    message.kind,
                    message.compressed,
                    Payload::Joined(message.bytes),
                )
            }
        };
        Ok(Event::Message {
            kind,
            compressed,
            payload,
        })
    }
}

// ANCHOR: close_reason
/// The body of a close frame: nothing, or a code and a text (section 5.5.1).
fn close_reason(payload: &[u8]) -> Result<Option<CloseReason<'_>>, Violation> {
    let Some((code, reason)) = payload.split_first_chunk() else {
        return match payload {
            [] => Ok(None),
            _ => Err(Violation::CloseWithoutCode),
        };
    };
    let code = u16::from_be_bytes(*code);
    let reason = str::from_utf8(reason).map_err(|_| Violation::NotUtf8)?;
    match is_close_code(code) {
        true => Ok(Some(CloseReason { code, reason })),
        false => Err(Violation::BadCloseCode(code)),
    }
}

/// Whether a close frame may say `code` (section 7.4).
pub fn is_close_code(code: u16) -> bool {
    // 1004 is reserved; 1005, 1006 and 1015 are for programs, and never sent (section 7.4.1); up to 2999
    // the others are for later versions, and from 3000 on for everybody.
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}
// ANCHOR_END: close_reason
