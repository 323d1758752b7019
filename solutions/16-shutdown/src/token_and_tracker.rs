//! Exercise: a token that tells, and a tracker that counts.

use std::future::Future;
use std::io;
use tokio::net::{TcpListener, TcpStream};
use tokio::select;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Serves every client of `listener` with a task of its own, which runs `converse(stream, token)`,
/// until `stop` is cancelled. Then nobody new is served, and this returns when the last
/// conversation has ended.
///
/// The token that each conversation gets tells it about the stop, so it must be `stop` itself or a
/// child of it. How a conversation ends is its own affair, and it may take a while.
///
/// What will come: clients that are connected at the same time; a stop while you wait for the next
/// one; a conversation that goes on for a while after the stop, and must not be disturbed; clients
/// that try to connect meanwhile. They must be refused by the kernel *at once*, so that they can try
/// another server, and not wait in the backlog of one that will never accept them.
///
/// Example: two clients are connected when `stop` is cancelled. The listener is closed, both
/// conversations are told, both end in their own time, and this returns `Ok(())`.
///
/// # Errors
/// Those of `accept`. The conversations are not waited for then.
pub async fn serve_until<Conversation>(
    listener: TcpListener,
    stop: CancellationToken,
    converse: impl Fn(TcpStream, CancellationToken) -> Conversation,
) -> io::Result<()>
where
    Conversation: Future<Output = ()> + Send + 'static,
{
    // BEGIN SOLUTION: spawn a tracked task for each client until `stop`, close the listener, and wait for the tasks
    let tracker = TaskTracker::new();
    loop {
        let (stream, _) = select! {
            accepted = listener.accept() => accepted?,
            () = stop.cancelled() => break,
        };
        tracker.spawn(converse(stream, stop.clone()));
    }
    drop(listener); // Now, and not at the end of this function.
    tracker.close(); // "No more tasks will come": without it, wait() would wait for them.
    tracker.wait().await;
    Ok(())
    // END SOLUTION
}
