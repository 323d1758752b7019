//! Exercise: every chunk leaves at once.

use std::io::{self, Write};

/// What stands before the body. It says that the body comes in chunks.
pub const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n";

/// The last chunk: the body is complete.
pub const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// `data` as one chunk (lesson 17). Made of nothing, it would be the last one. This part is given.
pub fn chunk(data: &[u8]) -> Vec<u8> {
    let size = format!("{:x}\r\n", data.len());
    [size.as_bytes(), data, b"\r\n"].concat()
}

/// Sends [`HEAD`], then a chunk for each of the `parts`, then [`LAST_CHUNK`]. Each of them has left
/// before the next part is asked for, and the last chunk before this returns.
///
/// A part is a word of a chatbot, a line of a log, or news of tomorrow: whoever asks for the next one
/// waits in that call until it is there. And `out` has a buffer, as most things have that one writes
/// to: what was written stays in it until it is full, or until somebody says `flush`.
///
/// What will come: a client that must have seen a part before the next one is made, and the head
/// before the first; a part with nothing in it, for which nothing is sent; a part that is longer than
/// the buffer; no part at all; an `out` that takes a few bytes at a time; a client that goes away, so
/// that a write or a flush fails.
///
/// Example: the parts `hi` and `you` become the head, `2\r\nhi\r\n`, `3\r\nyou\r\n` and
/// `0\r\n\r\n`: four times something leaves.
///
/// # Errors
/// What `out` reports. Then nobody is there who would hear the next part, and it is not asked for.
pub fn stream(mut out: impl Write, parts: impl Iterator<Item = Vec<u8>>) -> io::Result<()> {
    todo!(
        "write and flush the head; then each part that is not empty, as a chunk; then the last chunk"
    )
}
