//! The other end of a connection: a client reads a response (RFC 9112, sections 4 and 6). No socket, no
//! clock, no print.

use framing::ByteQueue;

use crate::body::{Chunks, Step, number};
use crate::connection::head_length;
use crate::request::{Fields, is_field_byte, parse_fields, trimmed};
use crate::status::{Refused, Status};

/// What a client makes of the bytes that it has received.
#[derive(Debug)]
pub enum Answer {
    /// The head is complete. A status of 100 to 199 says nothing yet: another head comes.
    Head(Head),
    /// The next bytes of the body; never none.
    Body(Vec<u8>),
    /// The response is complete.
    End,
}

/// A response without its body.
#[derive(Clone, Debug)]
pub struct Head {
    /// What became of the request.
    pub status: Status,
    head: Vec<u8>,
    fields: Fields,
}

impl Head {
    /// The bytes, as they came.
    pub fn bytes(&self) -> &[u8] {
        &self.head
    }

    /// The value of the first field that is called `name`, in any case, when it is text.
    pub fn field<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        str::from_utf8(self.all(name).next()?).ok()
    }

    /// The values of the fields that are called `name`, in any case.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.fields
            .iter()
            .filter(move |(field, _)| {
                self.head[field.clone()].eq_ignore_ascii_case(name.as_bytes())
            })
            .map(|(_, value)| &self.head[value.clone()])
    }

    /// Whether one of the comma-separated values of the fields called `name` is `token`, in any case.
    pub fn has_token(&self, name: &str, token: &str) -> bool {
        self.all(name)
            .flat_map(|value| value.split(|byte| *byte == b','))
            .any(|value| trimmed(value).eq_ignore_ascii_case(token.as_bytes()))
    }
}

// ANCHOR: reply
/// A client's end of a connection, for one response after another: `receive_data`, then `next_event`
/// until it says `None`.
#[derive(Debug)]
pub struct Reply {
    max_body: u64,
    received: ByteQueue,
    ended: bool,
    searched: usize,
    reading: Reading,
    /// To a HEAD: the length in the head is that of a body that does not come.
    is_to_head: bool,
}

#[derive(Debug)]
enum Reading {
    Head,
    Length(u64),
    Chunked(Chunks),
    /// Nothing says where the body ends but the end of the stream. So much has come.
    UntilTheEnd(u64),
    Complete,
}
// ANCHOR_END: reply

impl Reply {
    /// Nothing has come yet. A body may have `max_body` bytes.
    pub fn new(max_body: u64) -> Self {
        Self {
            max_body,
            received: ByteQueue::default(),
            ended: false,
            searched: 0,
            reading: Reading::Head,
            is_to_head: false,
        }
    }

    /// The request was a HEAD.
    #[must_use]
    pub fn to_head(mut self) -> Self {
        self.is_to_head = true;
        self
    }

    /// Takes what one read brought.
    pub fn receive_data(&mut self, bytes: &[u8]) {
        self.received.push(bytes);
    }

    /// The stream has ended. What has been received before is still to be had.
    pub fn receive_end(&mut self) {
        self.ended = true;
    }

    /// The response is done with. What comes now is another one, on the same connection; not to a HEAD
    /// unless that is said again.
    pub fn begin_anew(&mut self) {
        self.reading = Reading::Head;
        self.is_to_head = false;
    }

    /// The bytes behind the response, taken out: after a 101 they are another protocol's.
    pub fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.received).bytes().to_vec()
    }

    // ANCHOR: next_answer
    /// What has happened; or `None`, not yet. After [`Answer::End`] it is `None`, too.
    ///
    /// # Errors
    ///
    /// The response cannot be understood, is too long, or something is missing of it. Its status is of no
    /// use here; its sentence is.
    pub fn next_event(&mut self) -> Result<Option<Answer>, Refused> {
        let bytes = self.received.bytes();
        let step = match &mut self.reading {
            Reading::Head => return self.next_head(),
            Reading::Complete => return Ok(None),
            Reading::Length(0) => Step::End { skip: 0 },
            Reading::Length(left) => {
                let take = usize::try_from(*left)
                    .unwrap_or(usize::MAX)
                    .min(bytes.len());
                *left -= take as u64;
                Step::of(take)
            }
            Reading::Chunked(chunks) => chunks.step(bytes, self.max_body)?,
            Reading::UntilTheEnd(come) => {
                *come += bytes.len() as u64;
                if *come > self.max_body {
                    return Err(TOO_LONG);
                }
                match self.ended && bytes.is_empty() {
                    true => Step::End { skip: 0 },
                    false => Step::of(bytes.len()),
                }
            }
        };
        match step {
            Step::Data { skip, take } => {
                let data = bytes[skip..skip + take].to_vec();
                self.received.remove(skip + take);
                Ok(Some(Answer::Body(data)))
            }
            Step::End { skip } => {
                self.received.remove(skip);
                self.reading = Reading::Complete;
                Ok(Some(Answer::End))
            }
            Step::More { skip } => {
                self.received.remove(skip);
                match self.ended {
                    true => Err(Refused::bad("the stream ended inside a body")),
                    false => Ok(None),
                }
            }
        }
    }
    // ANCHOR_END: next_answer

    fn next_head(&mut self) -> Result<Option<Answer>, Refused> {
        let bytes = self.received.bytes();
        let Some(length) = head_length(bytes, &mut self.searched)? else {
            return match (self.ended, bytes.is_empty()) {
                (false, _) => Ok(None),
                (true, true) => Err(Refused::bad("the stream ended before a response")),
                (true, false) => Err(Refused::bad("the stream ended inside a head")),
            };
        };
        let head = bytes[..length].to_vec();
        self.received.remove(length);
        self.searched = 0;
        let (line, fields) = parse_fields(&head)?;
        let status = status_of(&head[line])?;
        let head = Head {
            status,
            head,
            fields,
        };
        self.reading = self.body_of(&head)?;
        Ok(Some(Answer::Head(head)))
    }

    /// RFC 9112, section 6.3.
    fn body_of(&self, head: &Head) -> Result<Reading, Refused> {
        match head.status.0 {
            101 => return Ok(Reading::Complete),
            100..=199 => return Ok(Reading::Head),
            _ if self.is_to_head || head.status.is_bodiless() => return Ok(Reading::Length(0)),
            _ => {}
        }
        let mut lengths = head.all("content-length");
        let mut codings = head.all("transfer-encoding");
        match (lengths.next(), codings.next()) {
            (None, None) => Ok(Reading::UntilTheEnd(0)),
            (Some(_), Some(_)) => Err(Refused::bad("the response has two lengths")),
            (Some(length), None) => match (number(length)?, lengths.next()) {
                (_, Some(_)) => Err(Refused::bad("the response has two lengths")),
                (length, None) if length > self.max_body => Err(TOO_LONG),
                (length, None) => Ok(Reading::Length(length)),
            },
            (None, Some(coding))
                if codings.next().is_none() && trimmed(coding).eq_ignore_ascii_case(b"chunked") =>
            {
                Ok(Reading::Chunked(Chunks::new()))
            }
            (None, Some(_)) => Err(Refused::bad("of the transfer codings, we know chunked")),
        }
    }
}

const TOO_LONG: Refused = Refused::new(Status::CONTENT_TOO_LARGE, "the response is too long");

/// `HTTP/1.1 200 OK`, the phrase being for people.
fn status_of(line: &[u8]) -> Result<Status, Refused> {
    const NO_STATUS: Refused = Refused::bad("that is no status line");
    // In a phrase may stand what may stand in a field (RFC 9112, section 4).
    if !line.iter().copied().all(is_field_byte) {
        return Err(NO_STATUS);
    }
    let rest = line.strip_prefix(b"HTTP/1.").ok_or(NO_STATUS)?;
    match rest {
        [b'0'..=b'9', b' ', digits @ ..] if matches!(digits.get(3), None | Some(b' ')) => {
            let digits = digits.get(..3).ok_or(NO_STATUS)?;
            match number(digits)? {
                code @ 100..=599 => Ok(Status(code as u16)),
                _ => Err(NO_STATUS),
            }
        }
        _ => Err(NO_STATUS),
    }
}
