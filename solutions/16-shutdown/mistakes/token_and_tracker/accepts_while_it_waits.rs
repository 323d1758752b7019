//! hint: still-listening
//! Goes on accepting, and closes what comes: to a client that looks like a broken server.

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
        tracker.spawn(converse(stream, stop.clone()));
    }
    tracker.close();
    loop {
        select! {
            () = tracker.wait() => return Ok(()),
            accepted = listener.accept() => drop(accepted?),
        }
    }
}
