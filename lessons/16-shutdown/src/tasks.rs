//! The server on tokio: one token says "stop", another says "now", and a tracker knows who is left.

use std::future::Future;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use framing::{Event, Lines, MAX_LINE};
use threads::{ACCEPT_PAUSE, AfterAccept, Limits, News, Stop, after_accept};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::select;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::{BUFFER_SIZE, Request, cut_off, discard, idle};

// ANCHOR: serve
/// Answers the requests of every client of `listener` until `stop`, and returns how many
/// conversations had to be cut off. When it returns, no task of it runs any more.
///
/// # Errors
///
/// When `accept` fails for good. All conversations are cut off then.
pub async fn serve(
    listener: TcpListener,
    limits: Limits,
    stop: &Stop,
    report: impl Fn(News) + Send + Sync + 'static,
) -> io::Result<usize> {
    let stopping = CancellationToken::new();
    stop.on_stop({
        let stopping = stopping.clone();
        move || stopping.cancel() // It wakes every task that waits for it.
    });
    let conversations = Conversations {
        stopping,
        now: CancellationToken::new(),
        tracker: TaskTracker::new(),
        cut: AtomicUsize::new(0),
        report,
    };
    let conversations = Arc::new(conversations);
    // Whoever drops this future wants no orphans either.
    let _no_orphans = conversations.now.drop_guard_ref();

    // Dropped while it waits in accept(), it loses nobody: who was not taken is in the backlog.
    let failed = select! {
        biased; // The stop wins over a client who comes in the same moment.
        () = conversations.stopping.cancelled() => None,
        error = accept_all(&listener, limits, &conversations) => Some(error),
    };

    // Policy, drain: one deadline for all, and it begins now.
    let deadline = Instant::now() + limits.drain;
    // From here on a client is refused by the kernel, and can try another server.
    drop(listener);
    let tracker = &conversations.tracker;
    tracker.close(); // wait() waits for "closed and empty": one without the other would not do.
    if failed.is_some() || timeout_at(deadline, tracker.wait()).await.is_err() {
        conversations.now.cancel();
        tracker.wait().await; // Not for long: each task is dropped where it waits.
    }
    match failed {
        Some(error) => Err(error),
        None => Ok(conversations.cut.load(Ordering::Relaxed)),
    }
}
// ANCHOR_END: serve

/// What all conversations share.
struct Conversations<Report> {
    /// Finish what is in flight, and begin nothing.
    stopping: CancellationToken,
    /// The deadline has come: be gone.
    now: CancellationToken,
    tracker: TaskTracker,
    cut: AtomicUsize,
    report: Report,
}

// ANCHOR: accept_all
/// Begins a conversation with every client. Returns only when `accept` fails for good.
async fn accept_all<Report: Fn(News) + Send + Sync + 'static>(
    listener: &TcpListener,
    limits: Limits,
    conversations: &Arc<Conversations<Report>>,
) -> io::Error {
    let places = Arc::new(Semaphore::new(
        limits.connections.min(Semaphore::MAX_PERMITS),
    ));
    loop {
        // Policy, cap: without a place there is no accept, and clients wait in the backlog.
        let place = match Arc::clone(&places).acquire_owned().await {
            Ok(place) => place,
            Err(closed) => return io::Error::other(closed), // Nobody closes it.
        };
        let (stream, client) = match listener.accept().await {
            Ok(accepted) => accepted,
            // Policy, failed accept: see `after_accept`.
            Err(error) => match after_accept(&error) {
                AfterAccept::Next => continue,
                AfterAccept::Pause => {
                    (conversations.report)(News::AcceptFailed(error));
                    sleep(ACCEPT_PAUSE).await;
                    continue;
                }
                AfterAccept::GiveUp => return error,
            },
        };
        let ours = Arc::clone(conversations);
        conversations.tracker.spawn(async move {
            // Policy, stubborn client: at the deadline the conversation is dropped wherever it
            // waits, and its socket with it.
            let conversation = converse(stream, limits.idle, &ours.stopping);
            let ended = ours.now.run_until_cancelled(conversation).await;
            let ended = ended.unwrap_or_else(|| {
                ours.cut.fetch_add(1, Ordering::Relaxed);
                Err(cut_off())
            });
            drop(place);
            // Policy, failed client: it is reported, and harms nobody.
            (ours.report)(News::Ended(client, ended));
        });
    }
}
// ANCHOR_END: accept_all

// ANCHOR: converse
/// Answers one request after another until the client's end of stream, or until `stopping`; then
/// the reply that is in flight is the last one. Returns how many there were.
async fn converse(
    mut stream: TcpStream,
    patience: Duration,
    stopping: &CancellationToken,
) -> io::Result<u64> {
    stream.set_nodelay(true)?; // As in every server since lesson 09.
    let mut lines = Lines::new(MAX_LINE);
    let mut answered = 0;
    while !stopping.is_cancelled() {
        match lines.next_event()? {
            Some(Event::Message(line)) => {
                // In flight: nothing here looks at `stopping`, so the reply goes out whole.
                let request = Request::parse(&line);
                // Even for zero, sleep() would wait for the next millisecond.
                if !request.work.is_zero() {
                    sleep(request.work).await;
                }
                for piece in request.reply() {
                    send(&mut stream, patience, &piece).await?;
                }
                answered += 1;
            }
            Some(Event::End) => return Ok(answered),
            None => {
                // Between two requests: the one place where a stop may interrupt.
                let reading = in_time(patience, receive(&stream, &mut lines));
                match stopping.run_until_cancelled(reading).await {
                    Some(received) => received?,
                    None => break,
                }
            }
        }
    }
    stream.shutdown().await?;
    discard(stream.into_std()?); // Nonblocking still: it reads what has come, and closes.
    Ok(answered)
}
// ANCHOR_END: converse

/// One read. To drop it half-way loses nothing: what has been read is in `lines` at once.
async fn receive(stream: &TcpStream, lines: &mut Lines) -> io::Result<()> {
    loop {
        stream.readable().await?;
        // Never kept while the task waits: an idle client is small.
        let mut buffer = [0; BUFFER_SIZE];
        match stream.try_read(&mut buffer) {
            Ok(0) => lines.receive_end(),
            Ok(count) => lines.receive_data(&buffer[..count]),
            // It was a false alarm.
            Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error),
        }
        return Ok(());
    }
}

/// Writes all of `bytes`. Each write gets all the patience: a slow client is not an idle one.
async fn send(stream: &mut TcpStream, patience: Duration, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let count = in_time(patience, stream.write(bytes)).await?;
        bytes = &bytes[count..];
    }
    Ok(())
}

/// Waits for one read or one write, but not longer than `patience`.
async fn in_time<T>(
    patience: Duration,
    moving: impl Future<Output = io::Result<T>>,
) -> io::Result<T> {
    timeout(patience, moving)
        .await
        .unwrap_or_else(|_| Err(idle()))
}
