//! hint: sends-everything
//! Says that nothing more will come, and sends after that.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};

pub fn upload(mut stream: &TcpStream, body: &[u8]) -> io::Result<Vec<u8>> {
    stream.shutdown(Shutdown::Write)?;
    stream.write_all(body)?;
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply)?;
    Ok(reply)
}
