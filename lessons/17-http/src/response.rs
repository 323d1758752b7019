//! What a server answers, before it is bytes.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};

use threads::Conversation;

use crate::connection::{Connection, Length};
use crate::status::Status;

/// Bytes of a body that are in memory at once, for each client. Policy, slow client: the next ones are
/// fetched when these are written.
pub const PIECE: usize = 64 * 1024;

// ANCHOR: response
/// A response. Length, date and connection are the business of [`Connection`].
#[derive(Debug)]
pub struct Response {
    /// What became of the request.
    pub status: Status,
    /// Names and values.
    pub fields: Vec<(&'static str, String)>,
    /// What it is about.
    pub body: Body,
}

/// The body of a response.
pub enum Body {
    /// All of it, as one piece: it has to leave within the time for one.
    Bytes(Vec<u8>),
    /// So many bytes of a file, from where it stands.
    File(File, u64),
    /// Whatever comes, for as long as it comes. Only for servers that may wait: a thread for each client.
    Stream(Box<dyn Stream>),
    /// None: from now on the connection speaks another protocol (status 101). Only for servers that may wait.
    Switch(Switch),
}

/// Speaks the other protocol until it is over. It is given what has come behind the request already, and
/// returns what is to be counted.
pub type Switch = Box<dyn FnOnce(&Conversation, Vec<u8>) -> io::Result<u64> + Send>;

/// A body that is made while it is sent.
pub trait Stream: Send {
    /// Waits for the next bytes; `None` when there will be no more. They are sent at once. None at all,
    /// `Some` of an empty vector, are not sent: after each call, the server looks whether the client is
    /// gone, so do not wait for longer than about a second. When the server stops, a stream
    /// goes on to its end as long as each call brings bytes, and until the drain is over.
    ///
    /// # Errors
    ///
    /// When something is missing and will not come. The client sees that, too.
    fn next(&mut self) -> io::Result<Option<Vec<u8>>>;
}
// ANCHOR_END: response

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Body::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Body::File(_, length) => write!(f, "a file, {length} bytes"),
            Body::Stream(_) => f.write_str("a stream"),
            Body::Switch(_) => f.write_str("another protocol"),
        }
    }
}

impl Response {
    /// A body with a type, such as `text/html; charset=utf-8`.
    pub fn new(status: Status, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            fields: vec![("Content-Type", content_type.to_string())],
            body: Body::Bytes(body.into()),
        }
    }

    /// A sentence for people.
    pub fn text(status: Status, sentence: impl Into<String>) -> Self {
        Self::new(status, "text/plain; charset=utf-8", sentence.into())
    }

    /// The status, and nothing more to say.
    pub fn plain(status: Status) -> Self {
        Self::text(status, format!("{status}\n"))
    }

    /// Says yes to another protocol on this connection (RFC 9110, section 7.8), which `talk` speaks.
    pub fn switch(
        fields: Vec<(&'static str, String)>,
        talk: impl FnOnce(&Conversation, Vec<u8>) -> io::Result<u64> + Send + 'static,
    ) -> Self {
        Self {
            status: Status::SWITCHING_PROTOCOLS,
            fields,
            body: Body::Switch(Box::new(talk)),
        }
    }

    /// One more field.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    /// Puts the head into `connection`, and returns the body, which is still to be sent. To a HEAD there
    /// is none: no file is read for it, and no stream waited for.
    pub fn begin(self, connection: &mut Connection) -> Body {
        let length = match &self.body {
            Body::Bytes(bytes) => Length::Known(bytes.len() as u64),
            Body::File(_, length) => Length::Known(*length),
            Body::Stream(_) => Length::Unknown,
            Body::Switch(_) => Length::Known(0),
        };
        let fields = self.fields.iter();
        let fields = fields.map(|(name, value)| (*name, value.as_str()));
        connection.send_head_with(self.status, fields, length);
        match connection.sends_body() {
            true => self.body,
            false => Body::Bytes(Vec::new()),
        }
    }
}

impl Body {
    // ANCHOR: send_more
    /// Puts the next piece into `connection`, and says whether more is to come. Call it when the one
    /// before is written.
    ///
    /// # Errors
    ///
    /// When a file or a stream fails. Nothing can be said any more: end the connection.
    pub fn send_more(&mut self, connection: &mut Connection) -> io::Result<bool> {
        let more = match self {
            Body::Bytes(bytes) => {
                connection.send_body(bytes);
                false
            }
            Body::File(file, left) => {
                let size = (*left).min(PIECE as u64);
                let mut piece = Vec::with_capacity(size as usize);
                file.take(size).read_to_end(&mut piece)?;
                connection.send_body(&piece);
                *left -= piece.len() as u64;
                // A file that became shorter meanwhile: `send_end` will notice.
                *left > 0 && !piece.is_empty()
            }
            Body::Switch(_) => return Err(io::ErrorKind::Unsupported.into()),
            Body::Stream(stream) => match stream.next()? {
                Some(bytes) => {
                    connection.send_body(&bytes);
                    true
                }
                None => false,
            },
        };
        if !more {
            connection.send_end();
        }
        Ok(more)
    }
    // ANCHOR_END: send_more
}
