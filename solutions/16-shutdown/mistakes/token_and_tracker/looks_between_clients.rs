//! hint: nobody-wakes-accept
//! Looks at the token only when a client has come.

use std::future::Future;
use std::io;
use tokio::net::{TcpListener, TcpStream};
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
    while !stop.is_cancelled() {
        let (stream, _) = listener.accept().await?;
        tracker.spawn(converse(stream, stop.clone()));
    }
    drop(listener);
    tracker.close();
    tracker.wait().await;
    Ok(())
}
