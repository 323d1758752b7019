//! hint: waits-for-more
//! Waits for the end of a line; nobody promised lines.

use std::io::{self, BufRead, BufReader, Read, Write};

pub const BUFFER: usize = 1024;

pub fn echo_until_eof(stream: &mut (impl Read + Write)) -> io::Result<u64> {
    let mut reader = BufReader::new(stream);
    let mut echoed = 0;
    loop {
        let mut line = Vec::new();
        if reader.read_until(b'\n', &mut line)? == 0 {
            return Ok(echoed);
        }
        reader.get_mut().write_all(&line)?;
        echoed += line.len() as u64;
    }
}
