//! hint: error-ends-both
//! When one direction fails, the other one is waited for all the same.

use std::io;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// Passes what `client` sends to `server`, and what `server` sends to `client`, both at the same
/// time, and returns how many bytes went up to the server and how many came down.
///
/// The end of one direction is passed on like its bytes, with `shutdown` of that write half. The
/// other direction goes on until its own end. When one direction fails, there is nothing to wait
/// for any more: both connections are closed.
///
/// What will come: a server that speaks first; a client that ends its half and then gets a long
/// answer; a server that ends its half first; a client that resets the connection while the server
/// says nothing.
///
/// (`tokio::io::copy_bidirectional` does this. Here you write it, from halves and `tokio::io::copy`.)
///
/// Example: the client sends `"time?"` and ends its half. The server gets `"time?"` and the end of
/// the stream, sends `"noon"` and closes. The client gets `"noon"` and the end; the result is
/// `(5, 4)`.
///
/// # Errors
/// The first one of either connection.
pub async fn relay(mut client: TcpStream, mut server: TcpStream) -> io::Result<(u64, u64)> {
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let up = async {
        let count = tokio::io::copy(&mut from_client, &mut to_server).await?;
        to_server.shutdown().await?;
        Ok(count)
    };
    let down = async {
        let count = tokio::io::copy(&mut from_server, &mut to_client).await?;
        to_client.shutdown().await?;
        Ok(count)
    };
    let (up, down): (io::Result<u64>, io::Result<u64>) = tokio::join!(up, down);
    Ok((up?, down?))
}
