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
    /// The head, but for what is offered.
    head: String,
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
    /// Asks for `target` (with a slash in front) at `host` (with its port, unless that is 80 or 443). `random`
    /// must be bytes that nobody can foresee; `origin` is for tests of servers, since browsers send theirs by
    /// themselves. No line end in any of them makes a line of its rest.
    pub fn new(host: &str, target: &str, random: [u8; 16], origin: Option<&str>) -> Self {
        let key = client_key(random);
        let mut head = format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n",
            encoded(target),
            one_line(host)
        );
        if let Some(origin) = origin {
            head += &format!("Origin: {}\r\n", one_line(origin));
        }
        Self {
            head,
            key,
            subprotocols: Vec::new(),
            extensions: Vec::new(),
            reply: Reply::new(u64::MAX), // Of a refusal nothing but the head is read.
        }
    }

    /// Offers subprotocols, the best first.
    #[must_use]
    pub fn subprotocols(mut self, names: &[&str]) -> Self {
        self.subprotocols = names.iter().map(|name| one_line(name)).collect();
        self
    }

    /// Offers one more extension, with its parameters as they stand on the wire.
    #[must_use]
    pub fn extension(mut self, offer: &str) -> Self {
        self.extensions.push(one_line(offer));
        self
    }

    /// What is to be sent.
    pub fn request(&self) -> Vec<u8> {
        let mut request = self.head.clone();
        if !self.subprotocols.is_empty() {
            let names = self.subprotocols.join(", ");
            request += &format!("Sec-WebSocket-Protocol: {names}\r\n");
        }
        for offer in &self.extensions {
            request += &format!("Sec-WebSocket-Extensions: {offer}\r\n");
        }
        request += "\r\n";
        request.into_bytes()
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
    /// The server refuses, or its answer does not prove that it has read the question. Close the connection.
    pub fn next_event(&mut self) -> Result<Option<Opened>, Unopened> {
        loop {
            let head = match self.reply.next_event() {
                Ok(Some(Answer::Head(head))) => head,
                Ok(_) => return Ok(None),
                Err(refused) => return Err(Unopened::Invalid(refused.why)),
            };
            match head.status.0 {
                101 => return self.check(&head).map(Some),
                100..=199 => {} // The answer is still to come, and may be here already.
                _ => return Err(Unopened::Refused(head.status)),
            }
        }
    }

    /// Section 4.1: all that a client must look at before it believes.
    fn check(&mut self, head: &Head) -> Result<Opened, Unopened> {
        let invalid = |why| Err(Unopened::Invalid(why));
        if head.bytes().starts_with(b"HTTP/1.0") {
            return invalid("it speaks HTTP/1.0, which cannot switch");
        }
        // One protocol, not a list: nobody would know what is spoken.
        let is_websocket = |value: &[u8]| value.eq_ignore_ascii_case(b"websocket");
        if !only(head, "upgrade").is_some_and(is_websocket)
            || !head.has_token("connection", "upgrade")
        {
            return invalid("it switches to something else");
        }
        if only(head, "sec-websocket-accept") != Some(accept_key(&self.key).as_bytes()) {
            return invalid("Sec-WebSocket-Accept does not fit the key");
        }
        let subprotocol = match head.all("sec-websocket-protocol").next() {
            None => None,
            Some(_) => {
                let chosen = only(head, "sec-websocket-protocol");
                let offered = self
                    .subprotocols
                    .iter()
                    .find(|name| Some(name.as_bytes()) == chosen);
                if offered.is_none() {
                    return invalid("it chooses a subprotocol that was not offered, or two");
                }
                offered.cloned()
            }
        };
        let Some(accepted) = extensions(head.all("sec-websocket-extensions")) else {
            return invalid("Sec-WebSocket-Extensions is no list of extensions");
        };
        let offers = self.extensions.iter().map(String::as_bytes);
        let offered = extensions(offers).unwrap_or_default();
        let was_offered = |one: &Extension| offered.iter().any(|offer| offer.name == one.name);
        if !accepted.iter().all(was_offered) {
            return invalid("it accepts an extension that was not offered");
        }
        Ok(Opened {
            subprotocol,
            extensions: accepted,
            rest: self.reply.rest(),
        })
    }
    // ANCHOR_END: opened
}

/// The value of the field that is called `name`, when there is one and no other.
fn only<'a>(head: &'a Head, name: &'a str) -> Option<&'a [u8]> {
    let mut values = head.all(name);
    match (values.next(), values.next()) {
        (value, None) => value,
        _ => None,
    }
}

/// A target as it may stand in a request line: what may not is percent-encoded, and behind a `#` is nothing
/// that a server is told.
fn encoded(target: &str) -> String {
    let target = target.split('#').next().unwrap_or_default();
    let mut out = String::new();
    for byte in target.bytes() {
        match byte.is_ascii_graphic() {
            true => out.push(char::from(byte)),
            false => out += &format!("%{byte:02X}"),
        }
    }
    out
}

/// A value as it may stand in a field: without line ends.
fn one_line(value: &str) -> String {
    value.replace(char::is_control, " ")
}

impl fmt::Display for Unopened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(status) => {
                write!(f, "the server says {status}, not 101 Switching Protocols")
            }
            Self::Invalid(why) => write!(f, "the server's answer is no WebSocket: {why}"),
        }
    }
}

impl std::error::Error for Unopened {}
