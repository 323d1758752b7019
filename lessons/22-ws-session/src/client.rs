//! How a client begins.

use std::fmt;
use std::io::{self, ErrorKind};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use names::{ATTEMPT_DELAY, Resolve, System, interleave};
use timeouts::{Deadline, Heard, listen_for, write_by};
use ws_handshake::{Opened, Opening};

/// Bytes that one read may bring.
const BUFFER_SIZE: usize = 16 * 1024;

// ANCHOR: random
/// Bytes that nobody can foresee, from the operating system: for the keys of a client (sections 4.1 and 10.3).
/// Whoever knows the next masking key chooses the bytes that travel, and what a proxy takes them for.
///
/// # Panics
///
/// When the operating system has none. Once it has given some it always does, getrandom(2): so a program that
/// may not panic later asks for its first key early.
#[expect(
    clippy::expect_used,
    reason = "no peer decides it, and a key that is not random would be worse"
)]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system should give random bytes");
    bytes
}
// ANCHOR_END: random

// ANCHOR: target
/// A URL such as `ws://127.0.0.1:7022/chat`, in parts (section 3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// A name or an address.
    pub host: String,
    /// 80 when the URL has none.
    pub port: u16,
    /// Both, as the field Host has them.
    pub authority: String,
    /// With the query.
    pub path: String,
}
// ANCHOR_END: target

impl Target {
    /// `None` for what is no such URL. `ws://` may be missing.
    pub fn parse(url: &str) -> Option<Self> {
        let rest = url.strip_prefix("ws://").unwrap_or(url);
        // What would be more than one line of the request is no URL, and a fragment means nothing here.
        if !rest.bytes().all(|byte| byte.is_ascii_graphic()) || rest.contains(['#', '@']) {
            return None;
        }
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (host, port) = match authority.rsplit_once(':') {
            // The colons of an IPv6 address stand in brackets.
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
            _ => (authority, 80),
        };
        let in_brackets = host
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        let host = match in_brackets {
            Some(address) => address,
            // A number alone is a port, or an address of another time: 7022 would be 0.0.27.110.
            None if host.contains([':', '[', ']']) => return None,
            None if host.bytes().all(|byte| byte.is_ascii_digit()) => return None,
            None => host,
        };
        let slash = if path.starts_with('/') { "" } else { "/" };
        Some(Self {
            host: host.to_string(),
            port,
            authority: authority.to_string(),
            path: format!("{slash}{path}"),
        })
    }

    /// Connects (lesson 06). It may last for `patience`.
    ///
    /// # Errors
    ///
    /// Those of the name and of the connection.
    pub fn dial(&self, patience: Duration) -> io::Result<TcpStream> {
        let addresses = interleave(&System.resolve(&self.host, self.port)?);
        let stream = names::dial(addresses, ATTEMPT_DELAY, patience, |_, _, _| {})?;
        stream.set_nodelay(true)?; // Lesson 07: a message shall not wait for the answer to the last one.
        Ok(stream)
    }

    /// Asks for it, with a random key.
    pub fn opening(&self) -> Opening {
        Opening::new(&self.authority, &self.path, random(), None)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ws://{}{}", self.authority, self.path)
    }
}

// ANCHOR: open
/// The client's opening handshake on `stream`: sends the request, and waits for what the server answers.
///
/// # Errors
///
/// - `InvalidData` with an [`Unopened`](ws_handshake::Unopened): the server refuses, or its answer is none;
/// - `UnexpectedEof` when it ends its stream instead, and `TimedOut` when `deadline` comes first;
/// - those of the connection.
pub fn open(stream: &TcpStream, mut opening: Opening, deadline: Deadline) -> io::Result<Opened> {
    write_by(stream, &opening.request(), deadline)?;
    let mut buffer = vec![0; BUFFER_SIZE];
    let mut has_ended = false;
    loop {
        match opening.next_event() {
            Ok(Some(opened)) => return Ok(opened),
            Ok(None) if has_ended => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(None) => {}
            Err(why) => return Err(io::Error::new(ErrorKind::InvalidData, why)),
        }
        let left = deadline.left(Instant::now());
        if left.is_zero() {
            let sentence = "the server did not answer the handshake in time";
            return Err(io::Error::new(ErrorKind::TimedOut, sentence));
        }
        match listen_for(stream, &mut buffer, left)? {
            Heard::Bytes(count) => opening.receive_data(&buffer[..count]),
            Heard::End => {
                opening.receive_end();
                has_ended = true;
            }
            Heard::Silence => {} // The deadline will tell.
        }
    }
}
// ANCHOR_END: open
