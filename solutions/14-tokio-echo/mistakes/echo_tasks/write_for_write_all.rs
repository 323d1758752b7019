//! hint: short-write
//! A write takes what there is room for; the rest is lost.

use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
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
        let (mut client, _) = listener.accept().await?;
        tokio::spawn(async move {
            let mut buffer = vec![0; BUFFER_SIZE];
            loop {
                match client.read(&mut buffer).await {
                    // The end, or a failure that is this client's alone. `client` is dropped: close.
                    Ok(0) | Err(_) => return,
                    Ok(count) => {
                        if client.write(&buffer[..count]).await.is_err() {
                            return;
                        }
                    }
                }
            }
        });
    }
}
