//! hint: reads-past-the-end
//! Takes Ok(0) for "nothing yet" and asks again, for ever.

use std::io::{self, ErrorKind, Read, Write};

pub const BUFFER: usize = 1024;

pub fn echo_until_eof(stream: &mut (impl Read + Write)) -> io::Result<u64> {
    let mut buffer = [0; BUFFER];
    let mut echoed = 0;
    loop {
        let n = match stream.read(&mut buffer) {
            Ok(0) => continue,
            Ok(n) => n,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        stream.write_all(&buffer[..n])?;
        echoed += n as u64;
    }
}
