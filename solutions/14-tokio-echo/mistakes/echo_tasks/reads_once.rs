//! hint: not-echoed
//! One read is taken for all that a client says.

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
            if let Ok(count) = client.read(&mut buffer).await {
                let _ = client.write_all(&buffer[..count]).await;
            }
        });
    }
}
