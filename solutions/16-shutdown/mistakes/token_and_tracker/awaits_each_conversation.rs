//! hint: one-after-another
//! Waits for the end of a conversation before it accepts the next client.

use std::future::Future;
use std::io;
use tokio::net::{TcpListener, TcpStream};
use tokio::select;
use tokio_util::sync::CancellationToken;

pub async fn serve_until<Conversation>(
    listener: TcpListener,
    stop: CancellationToken,
    converse: impl Fn(TcpStream, CancellationToken) -> Conversation,
) -> io::Result<()>
where
    Conversation: Future<Output = ()> + Send + 'static,
{
    loop {
        let (stream, _) = select! {
            accepted = listener.accept() => accepted?,
            () = stop.cancelled() => return Ok(()),
        };
        converse(stream, stop.clone()).await;
    }
}
