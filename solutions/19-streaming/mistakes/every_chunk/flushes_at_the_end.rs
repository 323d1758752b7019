//! hint: buffered-chunks
//! Flushes once, when all parts are there.

use std::io::{self, Write};

pub const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n";

pub const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

pub fn chunk(data: &[u8]) -> Vec<u8> {
    let size = format!("{:x}\r\n", data.len());
    [size.as_bytes(), data, b"\r\n"].concat()
}

pub fn stream(mut out: impl Write, parts: impl Iterator<Item = Vec<u8>>) -> io::Result<()> {
    out.write_all(HEAD)?;
    for part in parts.filter(|part| !part.is_empty()) {
        out.write_all(&chunk(&part))?;
    }
    out.write_all(LAST_CHUNK)?;
    out.flush()
}
