//! Server-Sent Events: what a stream of events looks like (WHATWG HTML, section 9.2).
//!
//! Lines end in CR LF, LF or CR. A line is a field with its value, or a comment when it begins with a
//! colon; a blank line ends an event. `data` is an event's text, a line for each of its lines; `event` its
//! name; `id` what the client says in `Last-Event-ID` when it comes back; `retry` when it may.

use std::io::{self, ErrorKind};
use std::time::Duration;

use framing::ByteQueue;

// ANCHOR: write
/// Writes an event, whole. `name` is what a page listens for (`message` when it is `None`), and has no line
/// ends. Each line of `data` gets a field of its own; a CR in it, and a CR LF, arrive as LF.
pub fn write_event(id: Option<u64>, name: Option<&str>, data: &str) -> Vec<u8> {
    let mut out = String::new();
    if let Some(id) = id {
        out += &format!("id: {id}\n");
    }
    if let Some(name) = name {
        let name = name.replace(['\r', '\n'], " ");
        out += &format!("event: {name}\n");
    }
    for line in data.replace("\r\n", "\n").split(['\r', '\n']) {
        out += &format!("data: {line}\n");
    }
    out += "\n";
    out.into_bytes()
}

/// Writes how long a client should wait before it connects anew.
pub fn write_retry(after: Duration) -> Vec<u8> {
    format!("retry: {}\n\n", after.as_millis()).into_bytes()
}

/// Writes a number without an event: nobody hears it, but a client that comes back says it.
pub fn write_id(id: u64) -> Vec<u8> {
    format!("id: {id}\n\n").into_bytes()
}

/// A comment: nobody hears it, but the connection is seen to be alive, by the proxies on its way, too.
pub const COMMENT: &[u8] = b":\n\n";
// ANCHOR_END: write

// ANCHOR: message
/// An event, as a client sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// `message`, unless the server said otherwise.
    pub name: String,
    /// The lines of its text, with LF between them.
    pub data: String,
    /// The last `id` that came, with this event or before; empty when there was none.
    pub id: String,
}
// ANCHOR_END: message

// ANCHOR: decoder
/// A client's end of a stream of events: `receive_data`, then `next_event` until it says `None`. An event
/// that the end of the stream cuts off is none.
#[derive(Debug)]
pub struct Decoder {
    /// Bytes of one line, and of the data of one event.
    max: usize,
    received: ByteQueue,
    /// The bytes of `received` in which there is no line end.
    searched: usize,
    at_start: bool,
    /// The line before ended in CR: an LF that comes now belongs to it.
    after_cr: bool,
    name: String,
    data: String,
    /// A field `data` came, perhaps an empty one.
    has_data: bool,
    /// Of the event that is being received. It counts when that is complete.
    next_id: String,
    /// Of the last complete one.
    id: String,
    retry: Option<Duration>,
    /// Something was over the limit, and what is behind it cannot be told apart any more.
    failed: bool,
}
// ANCHOR_END: decoder

impl Decoder {
    /// A line, and an event, may have `max` bytes.
    pub fn new(max: usize) -> Self {
        Self {
            max,
            received: ByteQueue::default(),
            searched: 0,
            at_start: true,
            after_cr: false,
            name: String::new(),
            data: String::new(),
            has_data: false,
            next_id: String::new(),
            id: String::new(),
            retry: None,
            failed: false,
        }
    }

    /// What the client says in `Last-Event-ID` when it connects anew; empty: then it says nothing. Give it
    /// to the next decoder with [`Decoder::resume`].
    pub fn last_id(&self) -> &str {
        &self.id
    }

    /// Goes on behind an earlier stream that ended after the event `id`.
    #[must_use]
    pub fn resume(mut self, id: &str) -> Self {
        self.id = id.to_string();
        self.next_id = self.id.clone();
        self
    }

    /// How long the server wants the client to wait before it connects anew, when it has said so.
    pub fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// Takes what one read brought.
    pub fn receive_data(&mut self, bytes: &[u8]) {
        self.received.push(bytes);
    }

    // ANCHOR: next_event
    /// The next event; or `None`, not yet.
    ///
    /// # Errors
    ///
    /// `InvalidData` for a line or an event over the limit. It is said again when asked again.
    pub fn next_event(&mut self) -> io::Result<Option<Message>> {
        while let Some(line) = self.next_line()? {
            if !line.is_empty() {
                self.field(&line);
                continue;
            }
            let name = std::mem::take(&mut self.name);
            let data = std::mem::take(&mut self.data);
            self.id.clone_from(&self.next_id);
            if std::mem::take(&mut self.has_data) {
                let name = match name.is_empty() {
                    true => "message".to_string(),
                    false => name,
                };
                let id = self.id.clone();
                return Ok(Some(Message { name, data, id }));
            }
        }
        Ok(None)
    }
    // ANCHOR_END: next_event

    // ANCHOR: next_line
    fn next_line(&mut self) -> io::Result<Option<String>> {
        const BOM: &[u8] = b"\xef\xbb\xbf";
        if self.failed {
            return Err(too_long());
        }
        if self.at_start {
            let bytes = self.received.bytes();
            if bytes.len() < BOM.len() && BOM.starts_with(bytes) {
                return Ok(None);
            }
            if bytes.starts_with(BOM) {
                self.received.remove(BOM.len());
            }
            self.at_start = false;
        }
        if self.after_cr
            && let Some(first) = self.received.bytes().first()
        {
            if *first == b'\n' {
                self.received.remove(1);
            }
            self.after_cr = false;
        }
        let bytes = self.received.bytes();
        let new = &bytes[self.searched..];
        let end = new.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
        let end = end.map(|at| self.searched + at);
        if end.unwrap_or(bytes.len()) > self.max {
            self.failed = true;
            return Err(too_long());
        }
        let Some(end) = end else {
            self.searched = bytes.len();
            return Ok(None);
        };
        self.after_cr = bytes[end] == b'\r';
        // What is no UTF-8 becomes a replacement character, as in a browser.
        let line = String::from_utf8_lossy(&bytes[..end]).into_owned();
        self.received.remove(end + 1);
        self.searched = 0;
        Ok(Some(line))
    }
    // ANCHOR_END: next_line

    // ANCHOR: field
    fn field(&mut self, line: &str) {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        // One space behind the colon is for people; a second one is text.
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => {
                if self.has_data {
                    self.data.push('\n');
                }
                self.has_data = true;
                self.data.push_str(value);
                self.failed = self.data.len() > self.max;
            }
            "event" => self.name = value.to_string(),
            "id" if !value.contains('\0') => self.next_id = value.to_string(),
            // `parse` would take a plus, too.
            "retry" if value.bytes().all(|byte| byte.is_ascii_digit()) => {
                if let Ok(milliseconds) = value.parse() {
                    self.retry = Some(Duration::from_millis(milliseconds));
                }
            }
            _ => {} // A comment, or a field of a later version.
        }
    }
    // ANCHOR_END: field
}

fn too_long() -> io::Error {
    io::Error::new(ErrorKind::InvalidData, "an event is too long")
}
