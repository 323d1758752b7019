//! Lesson 14: a task is the state machine that the compiler writes.
//!
//! Lesson 12 keeps a struct for each connection and asks, at every event, where the conversation
//! stands. Here each conversation is a function that reads from top to bottom, and each `await` is
//! a place where it may be left and gone on with. The compiler makes the struct, and tokio is the
//! readiness loop.
//!
//! - [`serve`] accepts, counts and stops;
//! - [`converse`] is one conversation.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use threads::{ACCEPT_PAUSE, AfterAccept, Limits, News, Stop, after_accept};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::select;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Policy, back-pressure: bytes of one client that are read and not yet written. That is all that a
/// conversation buffers: it reads no more before these are written.
pub const HIGH_WATER_MARK: usize = 64 * 1024;

/// Bytes of a client that are thrown away when its conversation is ended, so that one that sends
/// without end ends too. More than a receive buffer holds usually, tcp(7).
const MAX_DISCARDED: usize = 16 * 1024 * 1024;

/// Bytes that one read may throw away.
const SCRAP: usize = 16 * 1024;

/// How long a client may be silent that has all of its echo, and has not ended its stream.
const LINGER: Duration = Duration::from_millis(100);

// ANCHOR: serve
/// Echoes for the clients of `listener`, all at the same time, until `stop` says so, and tells
/// `report` what becomes of them. Returns how many conversations had to be cut off.
///
/// When this returns, no task of it runs any more. When it is dropped before, its tasks are
/// aborted.
///
/// # Errors
///
/// When `accept` fails for a reason that will not go away, accept(2). The conversations are cut off
/// then.
pub async fn serve(
    listener: TcpListener,
    limits: Limits,
    stop: &Stop,
    report: impl Fn(News) + Send + Sync + 'static,
) -> io::Result<usize> {
    serve_each(listener, limits, stop, report, |client, stopping| {
        converse(client, limits.idle, stopping)
    })
    .await
}

/// Like [`serve`], for any conversation: `talk` holds it, and returns what is to be counted. It should end soon
/// when its second argument becomes true.
///
/// # Errors
///
/// As for [`serve`].
pub async fn serve_each<Talk>(
    listener: TcpListener,
    limits: Limits,
    stop: &Stop,
    report: impl Fn(News) + Send + Sync + 'static,
    talk: impl Fn(TcpStream, watch::Receiver<bool>) -> Talk,
) -> io::Result<usize>
where
    Talk: Future<Output = io::Result<u64>> + Send + 'static,
{
    let report = Arc::new(report);
    let places = Arc::new(Semaphore::new(
        limits.connections.min(Semaphore::MAX_PERMITS),
    ));
    let mut conversations = JoinSet::new();
    let (asked, mut stopping) = watch::channel(false);
    stop.on_stop(move || {
        asked.send_replace(true);
    });

    loop {
        let accepted = select! {
            biased; // In this order: after the stop, nobody new.
            _ = stopping.wait_for(|asked| *asked) => break,
            // A set remembers who has ended until somebody asks.
            Some(_) = conversations.join_next() => continue,
            accepted = next_client(&listener, &places) => accepted,
        };
        match accepted {
            Ok((place, client, address)) => {
                let ending = Ending {
                    address,
                    outcome: None,
                    report: Arc::clone(&report),
                    _place: place,
                };
                // On the heap: a task that held it by value would have room for it twice, as what it was
                // given and as what it waits for.
                let talk = Box::pin(talk(client, stopping.clone()));
                conversations.spawn(async move { ending.with(talk.await) });
            }
            // Policy, failed accept: only what will not become better ends the server.
            Err(error) => match after_accept(&error) {
                AfterAccept::Next => {}
                AfterAccept::Pause => {
                    report(News::AcceptFailed(error));
                    // The conversations go on meanwhile: they are tasks of their own.
                    sleep(ACCEPT_PAUSE).await;
                }
                AfterAccept::GiveUp => {
                    drop(listener);
                    conversations.shutdown().await;
                    return Err(error);
                }
            },
        }
    }

    // Policy, drain: nobody new, and a limited time for those who are here.
    drop(listener);
    let all = async { while conversations.join_next().await.is_some() {} };
    select! {
        biased;
        () = all => {}
        () = sleep(limits.drain) => {}
    }
    while conversations.try_join_next().is_some() {}
    let cut_off = conversations.len();
    conversations.shutdown().await;
    Ok(cut_off)
}
// ANCHOR_END: serve

// ANCHOR: next_client
/// Policy, cap: first a place, then a client. Without a free place nothing is accepted, and whoever
/// comes waits in the backlog, listen(2).
///
/// `select!` may drop this while it waits: a place that it holds by then is free again.
async fn next_client(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(OwnedSemaphorePermit, TcpStream, SocketAddr)> {
    let place = Arc::clone(places).acquire_owned().await;
    let place = place.map_err(io::Error::other)?; // Only a closed semaphore refuses: ours is open.
    let (client, address) = listener.accept().await?;
    Ok((place, client, address))
}
// ANCHOR_END: next_client

// ANCHOR: ending
/// What happens when a conversation ends, however it ends: also when its task is aborted or panics,
/// because then what it owns is dropped.
struct Ending<R: Fn(News)> {
    address: SocketAddr,
    outcome: Option<io::Result<u64>>,
    report: Arc<R>,
    /// The place under the cap, free again when this is dropped.
    _place: OwnedSemaphorePermit,
}

impl<R: Fn(News)> Ending<R> {
    fn with(mut self, outcome: io::Result<u64>) {
        self.outcome = Some(outcome);
    }
}

impl<R: Fn(News)> Drop for Ending<R> {
    fn drop(&mut self) {
        let cut_off = || Err(io::Error::new(io::ErrorKind::TimedOut, "cut off"));
        // Policy, failed client: it is reported, and harms nobody.
        let outcome = self.outcome.take().unwrap_or_else(cut_off);
        (self.report)(News::Ended(self.address, outcome));
    }
}
// ANCHOR_END: ending

// ANCHOR: converse
/// Sends back what `client` sends, until its end of stream or until `stopping` changes, and returns
/// how many bytes that were.
///
/// # Errors
///
/// `TimedOut` when nothing moved for `idle`, and whatever the connection reports.
pub async fn converse(
    mut client: TcpStream,
    idle: Duration,
    mut stopping: watch::Receiver<bool>,
) -> io::Result<u64> {
    client.set_nodelay(true)?; // As in lesson 09.
    let mut echoed = 0;
    while !*stopping.borrow() {
        // Policy, slow client: each wait is limited, this one and the one for a write. A limit
        // around the whole conversation would end busy ones too.
        select! {
            ready = timeout(idle, client.readable()) => ready??,
            _ = stopping.changed() => break,
        }
        // Only now: whoever says nothing has no buffer.
        let mut buffer = Vec::with_capacity(HIGH_WATER_MARK);
        match client.try_read_buf(&mut buffer) {
            Ok(0) => break,
            Ok(_) => {}
            // Readiness is a hint, as in lesson 12.
            Err(error) if is_no_news(&error) => continue,
            Err(error) => return Err(error),
        }
        let mut rest = &buffer[..];
        while !rest.is_empty() {
            // Policy, fairness: tokio counts. A task that reads and writes without ever having to
            // wait is made to wait here from time to time, and others run.
            let count = timeout(idle, client.write(rest)).await??;
            rest = &rest[count..];
            echoed += count as u64;
        }
    }
    farewell(client).await?;
    Ok(echoed)
}
// ANCHOR_END: converse

fn is_no_news(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, WouldBlock};
    matches!(error.kind(), WouldBlock | Interrupted)
}

// ANCHOR: farewell
/// Ends the connection so that what was written arrives: our end of stream; and what the client still
/// sends is read and thrown away, for unread bytes would make close() a reset (lesson 04). It is over
/// when the client has ended its stream, too, or was silent for [`LINGER`].
async fn farewell(mut client: TcpStream) -> io::Result<()> {
    client.shutdown().await?;
    let mut scrap = vec![0; SCRAP];
    let mut left = MAX_DISCARDED;
    while left > 0
        && let Ok(Ok(count @ 1..)) = timeout(LINGER, client.read(&mut scrap)).await
    {
        left = left.saturating_sub(count);
    }
    Ok(())
}
// ANCHOR_END: farewell
