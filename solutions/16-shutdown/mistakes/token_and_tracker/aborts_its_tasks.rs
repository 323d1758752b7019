//! hint: does-not-wait
//! A JoinSet that is dropped aborts its tasks, whatever they are doing.

use std::future::Future;
use std::io;
use tokio::net::{TcpListener, TcpStream};
use tokio::select;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub async fn serve_until<Conversation>(
    listener: TcpListener,
    stop: CancellationToken,
    converse: impl Fn(TcpStream, CancellationToken) -> Conversation,
) -> io::Result<()>
where
    Conversation: Future<Output = ()> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    loop {
        let (stream, _) = select! {
            accepted = listener.accept() => accepted?,
            () = stop.cancelled() => break,
        };
        tasks.spawn(converse(stream, stop.clone()));
    }
    drop(listener);
    tasks.shutdown().await;
    Ok(())
}
