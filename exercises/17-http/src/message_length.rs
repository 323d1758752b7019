//! Exercise: where one request ends and the next one begins.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};

/// Bytes that a request's body may have.
pub const MAX_BODY: usize = 4096;

/// Bytes that are read and thrown away, at most, before a connection is closed.
pub const MAX_SCRAP: u64 = 1024 * 1024;

/// Bytes that a line of a head may have.
const MAX_LINE: u64 = 1024;

/// What a request's head says about where its body ends and what comes behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// True for HTTP/1.1, false for HTTP/1.0.
    pub is_http_1_1: bool,
    /// What the field `Connection` says, in lower case: `"close"`, `"keep-alive"`, or `""` when there
    /// is no such field.
    pub connection: String,
    /// Bytes of the body; 0 when the head does not say.
    pub content_length: usize,
}

/// Reads one head, and not a byte more, or returns `None` at the end of the stream. It is not as
/// strict as a server must be: that is the exercise `smuggling`.
///
/// # Errors
/// `UnexpectedEof` when the stream ends inside the head, and what reading fails with.
pub fn read_head(reader: &mut impl BufRead) -> io::Result<Option<Head>> {
    let mut head: Option<Head> = None;
    loop {
        let mut line = String::new();
        reader.by_ref().take(MAX_LINE).read_line(&mut line)?;
        if !line.ends_with('\n') {
            let is_between = head.is_none() && line.is_empty();
            return if is_between {
                Ok(None)
            } else {
                Err(ErrorKind::UnexpectedEof.into())
            };
        }
        let line = line.trim_end().to_ascii_lowercase();
        match (&mut head, line.split_once(':')) {
            (Some(_), None) => return Ok(head),
            (Some(head), Some(("connection", value))) => head.connection = value.trim().to_string(),
            (Some(head), Some(("content-length", value))) => {
                let length = value.trim().parse();
                head.content_length = length.map_err(|_| ErrorKind::InvalidData)?;
            }
            (Some(_), Some(_)) => {}
            (None, _) => {
                head = Some(Head {
                    is_http_1_1: line.ends_with("http/1.1"),
                    connection: String::new(),
                    content_length: 0,
                });
            }
        }
    }
}

/// A whole response. `status` is code and phrase, as in `"200 OK"`; `closes` says that the server
/// closes the connection after it.
pub fn response(status: &str, body: &[u8], closes: bool) -> Vec<u8> {
    let close = if closes { "Connection: close\r\n" } else { "" };
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{close}\r\n");
    [head.as_bytes(), body].concat()
}

/// Answers the requests of one client, one after the other, until the connection is to end.
///
/// A body has as many bytes as its head says. The answer to each request is `200 OK` with the
/// request's own body. The connection goes on after it, except when the request is of HTTP/1.1 and
/// says `Connection: close`, or is of HTTP/1.0 and does not say `Connection: keep-alive`; then the
/// response says that it closes, and nothing behind that request is answered.
///
/// A request with more than [`MAX_BODY`] bytes of body is answered with `413 Content Too Large`, an
/// empty body, and the end of the connection, before any of its body is read.
///
/// However the connection ends: end your side, then read and throw away what still comes, up to the
/// client's end or [`MAX_SCRAP`] bytes; errors do not matter there. A socket that is closed with
/// unread bytes resets the connection, and the reset may overtake the last response (lesson 04).
///
/// What will come: a client that waits for each answer and does not close; many requests in one
/// piece; heads and bodies in pieces, down to single bytes; a body that looks like a request; a body
/// of 0 and of [`MAX_BODY`] bytes; a body of a gigabyte, at least its beginning; a stream that ends
/// between two requests, or inside one. `stream` has timeouts already, so no read waits for ever.
///
/// Example: `POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi` is answered with
/// `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi`.
///
/// # Errors
/// `UnexpectedEof` when the stream ends inside a request: it gets no answer. And what reading and
/// writing fail with.
pub fn converse(stream: TcpStream) -> io::Result<()> {
    todo!(
        "read a head, exactly its body, and answer, until the connection is to end; then end your side and throw away what still comes"
    )
}
