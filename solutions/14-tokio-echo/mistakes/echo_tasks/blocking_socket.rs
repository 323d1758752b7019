//! hint: one-at-a-time
//! The reads are std's: each of them stops the thread, and with it every task.

use std::io::{self, Read, Write};
use tokio::net::TcpListener;

/// Bytes that one read may take.
pub const BUFFER_SIZE: usize = 16 * 1024;

/// Echoes for the clients of `listener`, all at the same time, for ever.
///
/// Each client gets every byte back that it sends, and when its stream has ended and all of it was
/// sent back, the end of the stream. There may be one thread only, so nothing may block it.
///
/// What will come: clients that are connected and say nothing; bytes one by one; megabytes from a
/// client that begins to read late; one that ends its half and reads on; one that resets the
/// connection, which must harm nobody else.
///
/// Example: one client has sent `"hel"` and waits. Another sends `"hi"` and gets `"hi"`. Then the
/// first one sends `"lo"`, and has `"hello"`.
///
/// # Errors
/// That of `accept`: the next exercise looks at it more closely.
pub async fn serve(listener: TcpListener) -> io::Result<()> {
    loop {
        let (client, _) = listener.accept().await?;
        let mut client = client.into_std()?;
        client.set_nonblocking(false)?;
        tokio::spawn(async move {
            let mut buffer = vec![0; BUFFER_SIZE];
            loop {
                match client.read(&mut buffer) {
                    Ok(0) | Err(_) => return,
                    Ok(count) => {
                        if client.write_all(&buffer[..count]).is_err() {
                            return;
                        }
                    }
                }
            }
        });
    }
}
