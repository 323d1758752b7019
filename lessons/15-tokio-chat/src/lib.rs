//! Lesson 15: `select!` drops the loser, with what it had read.
//!
//! The chat of lesson 10, and its room, with a task for each conversation. A task waits for six
//! things at once, with one `select!`. Whichever comes first wins, and the five other futures are
//! dropped where they stand. So none of them may hold a byte that is worth something: what has been
//! received is in [`framing::Frames`], and what is to be sent is in the client's queue.

mod conversation;
mod hall;
mod queue;

use std::future::pending;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use threads::{ACCEPT_PAUSE, AfterAccept, Limits, News, Stop, after_accept};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use crate::hall::Hall;

/// How long a refused client may go on sending what is thrown away, before its connection is closed.
/// To close with unread input would destroy the refusal on its way, lesson 04.
pub const LINGER: Duration = Duration::from_secs(1);

// ANCHOR: serve
/// Serves a chat to the clients of `listener` until `stop`, and tells `report` how each conversation
/// ended: `News::Ended` counts the messages that came from the client, its name included.
///
/// Returns how many conversations had to be cut off at the deadline. By then, every task has ended
/// and every connection is closed.
///
/// # Errors
///
/// When `accept` fails for good, see [`after_accept`]. All conversations have been ended by then.
pub async fn serve(
    listener: TcpListener,
    limits: Limits,
    stop: &Stop,
    report: impl Fn(News) + Send + Sync + 'static,
) -> io::Result<usize> {
    let asked = Arc::new(Notify::new());
    let wake = Arc::clone(&asked);
    stop.on_stop(move || wake.notify_one());
    // The deadline, as soon as there is one.
    let (draining, stopped) = watch::channel(None);
    let (hall, report) = (Arc::new(Hall::default()), Arc::new(report));
    let mut tasks = JoinSet::new();
    loop {
        tokio::select! {
            // Policy, cap: while every place is taken, clients wait in the backlog.
            accepted = accept(&listener, &*report), if tasks.len() < limits.connections => {
                match accepted {
                    Ok((client, address)) => {
                        let (hall, report) = (Arc::clone(&hall), Arc::clone(&report));
                        let stopped = stopped.clone();
                        tasks.spawn(async move {
                            let (ended, cut_off) = host(client, hall, limits, stopped).await;
                            // Policy, failed client: it is reported, and harms nobody.
                            report(News::Ended(address, ended));
                            cut_off
                        });
                    }
                    Err(error) => {
                        tasks.shutdown().await;
                        return Err(error);
                    }
                }
            }
            // Without tasks it says None, and this branch is out for the rest of the turn.
            Some(_) = tasks.join_next() => {}
            () = asked.notified() => break,
        }
    }
    let deadline = Instant::now() + limits.drain;
    drop(listener);
    hall.close(); // Before the conversations hear of it: their last message is in their queues now.
    draining.send_replace(Some(deadline));
    let mut cut_off = 0;
    while let Some(ended) = tasks.join_next().await {
        cut_off += usize::from(matches!(ended, Ok(true)));
    }
    Ok(cut_off)
}
// ANCHOR_END: serve

// ANCHOR: accept
/// The next client; or an error that will not become better.
///
/// `select!` drops this whenever a conversation ends. An accepted client is not lost by that, since
/// nothing is awaited between the accept and the return. A pause is cut short by it: quite right,
/// for the conversation has given its descriptor back.
async fn accept(
    listener: &TcpListener,
    report: &impl Fn(News),
) -> io::Result<(TcpStream, SocketAddr)> {
    loop {
        let error = match listener.accept().await {
            Ok(accepted) => return Ok(accepted),
            Err(error) => error,
        };
        // Policy, failed accept: see `after_accept`.
        match after_accept(&error) {
            AfterAccept::Next => {}
            AfterAccept::Pause => {
                report(News::AcceptFailed(error));
                sleep(ACCEPT_PAUSE).await;
            }
            AfterAccept::GiveUp => return Err(error),
        }
    }
}
// ANCHOR_END: accept

// ANCHOR: host
/// One client, from its first byte to its last: how the conversation ended, and whether it had to be
/// cut off. What the loser of this `select!` holds is dropped on purpose: it is the connection.
async fn host(
    client: TcpStream,
    hall: Arc<Hall>,
    limits: Limits,
    stopped: watch::Receiver<Option<Instant>>,
) -> (io::Result<u64>, bool) {
    let (key, queue) = hall.enter();
    let ended = tokio::select! {
        ended = conversation::hold(client, key, &hall, &queue, limits.idle, &stopped) => (ended, false),
        // Policy, drain: whoever is not done by then is cut off.
        () = overdue(stopped.clone()) => {
            let sentence = "cut off at the deadline of the shutdown";
            (Err(io::Error::new(ErrorKind::TimedOut, sentence)), true)
        }
    };
    hall.leave(key);
    ended
}

async fn overdue(stopped: watch::Receiver<Option<Instant>>) {
    sleep_until(deadline(stopped).await).await;
}

/// Waits until the server is asked to stop, and says until when everything must be over.
async fn deadline(mut stopped: watch::Receiver<Option<Instant>>) -> Instant {
    let asked = stopped.wait_for(Option::is_some).await;
    match asked.ok().and_then(|asked| *asked) {
        Some(deadline) => deadline,
        // Nobody is left who could ask.
        None => pending().await,
    }
}
// ANCHOR_END: host
