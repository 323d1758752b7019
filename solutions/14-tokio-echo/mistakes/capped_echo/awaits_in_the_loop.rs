//! hint: one-at-a-time
//! The conversation is awaited where clients are accepted.

use std::io;
use std::sync::Arc;
use std::time::Duration;
use threads::{ACCEPT_PAUSE, AfterAccept, after_accept};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Bytes that one read may take.
pub const BUFFER_SIZE: usize = 16 * 1024;

/// Where clients come from: a listener of tokio's, or one that can fail as the grader says.
pub trait Acceptor {
    /// A connection.
    type Client: AsyncRead + AsyncWrite + Unpin + Send + 'static;
    /// Waits for the next client.
    fn accept(&mut self) -> impl Future<Output = io::Result<Self::Client>> + Send;
}

impl Acceptor for TcpListener {
    type Client = TcpStream;

    async fn accept(&mut self) -> io::Result<TcpStream> {
        TcpListener::accept(self).await.map(|(client, _)| client)
    }
}

/// Echoes for the clients of `acceptor` with [`echo`], at most `cap` of them at the same time.
///
/// - Without a free place, `accept` is not called: clients wait in the backlog. However a
///   conversation ends, its place is free again.
/// - Lesson 09's [`after_accept`] says what a failed `accept` asks for: the next call at once, or
///   after [`ACCEPT_PAUSE`], or the end. Conversations go on meanwhile, on the same thread.
/// - When the future that this returns is dropped, its conversations end too.
///
/// What will come: clients in any order; `accept` failing once (ECONNABORTED), for a while (EMFILE),
/// for good; clients that are silent, that do not read, that go away in the middle.
///
/// # Errors
/// That of `accept` which ends the server.
pub async fn serve(mut acceptor: impl Acceptor, cap: usize, idle: Duration) -> io::Result<()> {
    let places = Arc::new(Semaphore::new(cap));
    let mut conversations = JoinSet::new();
    loop {
        while conversations.try_join_next().is_some() {}
        let place = Arc::clone(&places).acquire_owned().await;
        let place = place.map_err(io::Error::other)?;
        match acceptor.accept().await {
            Ok(client) => {
                let conversation = conversations.spawn(async move {
                    let _ = echo(client, idle).await;
                    drop(place);
                });
                conversations.join_next().await;
                drop(conversation);
            }
            Err(error) => match after_accept(&error) {
                AfterAccept::Next => {}
                AfterAccept::Pause => sleep(ACCEPT_PAUSE).await,
                AfterAccept::GiveUp => return Err(error),
            },
        }
    }
}

/// Sends back what `client` sends until its end of stream.
///
/// When nothing moves for `idle`, the client is given up: it sends nothing, or it takes nothing of
/// what is sent back. As long as something moves, however little, the conversation may last for
/// ever.
///
/// # Errors
/// `TimedOut` for a client that is given up; otherwise those of the connection.
pub async fn echo(
    mut client: impl AsyncRead + AsyncWrite + Unpin,
    idle: Duration,
) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER_SIZE];
    loop {
        let count = timeout(idle, client.read(&mut buffer)).await??;
        if count == 0 {
            return Ok(());
        }
        let mut rest = &buffer[..count];
        while !rest.is_empty() {
            let count = timeout(idle, client.write(rest)).await??;
            rest = &rest[count..];
        }
    }
}
