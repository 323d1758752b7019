//! hint: unread-body-resets
//! Lets the connection linger after a 413, and closes it at once after Connection: close.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
pub const MAX_BODY: usize = 4096;
pub const MAX_SCRAP: u64 = 1024 * 1024;
const MAX_LINE: u64 = 1024;
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub is_http_1_1: bool,
    pub connection: String,
    pub content_length: usize,
}
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
pub fn response(status: &str, body: &[u8], closes: bool) -> Vec<u8> {
    let close = if closes { "Connection: close\r\n" } else { "" };
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{close}\r\n");
    [head.as_bytes(), body].concat()
}
pub fn converse(stream: TcpStream) -> io::Result<()> {
    let mut reader = BufReader::new(&stream);
    while let Some(head) = read_head(&mut reader)? {
        if head.content_length > MAX_BODY {
            (&stream).write_all(&response("413 Content Too Large", b"", true))?;
            stream.shutdown(Shutdown::Write)?;
            let _ = io::copy(&mut reader.take(MAX_SCRAP), &mut io::sink());
            return Ok(());
        }
        let mut body = vec![0; head.content_length];
        reader.read_exact(&mut body)?;
        let closes = match head.is_http_1_1 {
            true => head.connection == "close",
            false => head.connection != "keep-alive",
        };
        (&stream).write_all(&response("200 OK", &body, closes))?;
        if closes {
            break;
        }
    }
    Ok(())
}
