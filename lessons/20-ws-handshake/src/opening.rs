//! The client's side.

use std::fmt;

use http::{Answer, Head, Reply, Status};

use crate::extensions::{Extension, extensions};
use crate::key::{accept_key, client_key};

// ANCHOR: opening
/// A client that asks for a WebSocket: send [`Opening::request`], then `receive_data`, then `next_event`
/// until it says something.
#[derive(Debug)]
pub struct Opening {
    request: String,
    key: String,
    subprotocols: Vec<String>,
    extensions: Vec<String>,
    reply: Reply,
}
// ANCHOR_END: opening

/// What both sides have agreed on.
#[derive(Debug)]
pub struct Opened {
    /// One of those that were offered.
    pub subprotocol: Option<String>,
    /// Those of the offered that the server accepts.
    pub extensions: Vec<Extension>,
    /// What came behind the server's answer: it is frames already.
    pub rest: Vec<u8>,
}

/// Why there is no WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unopened {
    /// The server says no.
    Refused(Status),
    /// What it says is no answer to this request.
    Invalid(&'static str),
}

impl Opening {
    /// Asks for `target` at `host` (with its port, unless that is 80 or 443). `random` must be bytes that
    /// nobody can foresee; `origin` is for tests of servers, since browsers send theirs by themselves.
    pub fn new(host: &str, target: &str, random: [u8; 16], origin: Option<&str>) -> Self {
        let key = client_key(random);
        let mut request = format!(
            "GET {target} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        );
        if let Some(origin) = origin {
            request += &format!("Origin: {origin}\r\n");
        }
        Self {
            request,
            key,
            subprotocols: Vec::new(),
            extensions: Vec::new(),
            reply: Reply::new(u64::MAX), // Of a refusal nothing but the head is read.
        }
    }

    /// Offers subprotocols, the best first.
    #[must_use]
    pub fn subprotocols(mut self, names: &[&str]) -> Self {
        self.subprotocols = names.iter().map(|name| name.to_string()).collect();
        self.request += &format!("Sec-WebSocket-Protocol: {}\r\n", names.join(", "));
        self
    }

    /// Offers an extension, with its parameters as they stand on the wire.
    #[must_use]
    pub fn extension(mut self, offer: &str) -> Self {
        let name = offer.split(';').next().unwrap_or_default().trim();
        self.extensions.push(name.to_string());
        self.request += &format!("Sec-WebSocket-Extensions: {offer}\r\n");
        self
    }

    /// What is to be sent.
    pub fn request(&self) -> Vec<u8> {
        format!("{}\r\n", self.request).into_bytes()
    }

    /// Takes what one read brought.
    pub fn receive_data(&mut self, bytes: &[u8]) {
        self.reply.receive_data(bytes);
    }

    /// The stream has ended.
    pub fn receive_end(&mut self) {
        self.reply.receive_end();
    }

    // ANCHOR: opened
    /// What is agreed; or `None`, not yet.
    ///
    /// # Errors
    ///
    /// The server refuses, or its answer does not prove that it has read the question.
    pub fn next_event(&mut self) -> Result<Option<Opened>, Unopened> {
        let head = match self.reply.next_event() {
            Ok(Some(Answer::Head(head))) => head,
            Ok(_) => return Ok(None),
            Err(refused) => return Err(Unopened::Invalid(refused.why)),
        };
        match head.status.0 {
            101 => self.check(&head).map(Some),
            100..=199 => Ok(None), // The answer is still to come.
            _ => Err(Unopened::Refused(head.status)),
        }
    }

    fn check(&mut self, head: &Head) -> Result<Opened, Unopened> {
        let invalid = |why| Err(Unopened::Invalid(why));
        if !head.has_token("upgrade", "websocket") || !head.has_token("connection", "upgrade") {
            return invalid("it switches to something else");
        }
        let accept = accept_key(&self.key);
        let mut accepts = head.all("sec-websocket-accept");
        if (accepts.next(), accepts.next()) != (Some(accept.as_bytes()), None) {
            return invalid("Sec-WebSocket-Accept does not fit the key");
        }
        let subprotocol = match head.all("sec-websocket-protocol").count() {
            0 => None,
            1 => head.field("sec-websocket-protocol").map(str::to_string),
            _ => return invalid("it chooses two subprotocols"),
        };
        if let Some(name) = &subprotocol
            && !self.subprotocols.contains(name)
        {
            return invalid("it chooses a subprotocol that was not offered");
        }
        let Some(extensions) = extensions(head.all("sec-websocket-extensions")) else {
            return invalid("Sec-WebSocket-Extensions is no list of extensions");
        };
        let offered = |one: &Extension| self.extensions.contains(&one.name);
        if !extensions.iter().all(offered) {
            return invalid("it accepts an extension that was not offered");
        }
        Ok(Opened {
            subprotocol,
            extensions,
            rest: self.reply.rest(),
        })
    }
    // ANCHOR_END: opened
}

impl fmt::Display for Unopened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(status) => write!(f, "the server refuses: {status}"),
            Self::Invalid(why) => write!(f, "the server's answer is no WebSocket: {why}"),
        }
    }
}

impl std::error::Error for Unopened {}
