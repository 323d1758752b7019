//! hint: own-token
//! Gives each conversation a new token, which nobody will ever cancel.

use std::future::Future;
use std::io;
use tokio::net::{TcpListener, TcpStream};
use tokio::select;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub async fn serve_until<Conversation>(
    listener: TcpListener,
    stop: CancellationToken,
    converse: impl Fn(TcpStream, CancellationToken) -> Conversation,
) -> io::Result<()>
where
    Conversation: Future<Output = ()> + Send + 'static,
{
    let tracker = TaskTracker::new();
    loop {
        let (stream, _) = select! {
            accepted = listener.accept() => accepted?,
            () = stop.cancelled() => break,
        };
        tracker.spawn(converse(stream, CancellationToken::new()));
    }
    drop(listener);
    tracker.close();
    tracker.wait().await;
    Ok(())
}
