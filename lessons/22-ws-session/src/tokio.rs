//! The echo server with a task for each client (lesson 14).

use std::cell::RefCell;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::Shutdown;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Instant;

use ::tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use ::tokio::net::{TcpListener, TcpStream};
use ::tokio::sync::Notify;
use ::tokio::time::{Sleep, sleep_until};
use http::turns::{Moment, Next, Peer};
use http::{Request, Response};
use socket2::SockRef;
use threads::{Limits, News, Stop};
use ws_handshake::Upgrade;

use crate::echo::{Buffers, Echo, Socket, Talk};
use crate::pulse::Times;
use crate::session::Session;

// ANCHOR: serve
/// As [`crate::threads::serve`], in the runtime of the task that calls.
///
/// # Errors
///
/// Those of [`tokio_echo::serve_each`].
pub async fn serve<W>(
    listener: TcpListener,
    limits: Limits,
    times: Times,
    stop: &Stop,
    report: impl Fn(News) + Send + Sync + 'static,
    welcome: W,
) -> io::Result<usize>
where
    W: Fn(&Request) -> Result<(Upgrade, Session), Response> + Send + Sync + 'static,
{
    let shared = Arc::new(Shared {
        echo: Echo { welcome, times },
        stops: AtomicBool::new(false),
        stopped: Notify::new(),
    });
    let weak = Arc::downgrade(&shared);
    stop.on_stop(move || {
        if let Some(shared) = weak.upgrade() {
            shared.stops.store(true, Ordering::SeqCst);
            shared.stopped.notify_waiters();
        }
    });
    tokio_echo::serve_each(listener, limits, stop, report, |client, _| {
        converse(client, Arc::clone(&shared))
    })
    .await
}
// ANCHOR_END: serve

/// What holds for all tasks. To wait for a `Notify` takes half the room of waiting for the channel that
/// [`tokio_echo::serve_each`] offers.
struct Shared<W> {
    echo: Echo<W>,
    stops: AtomicBool,
    stopped: Notify,
}

thread_local! {
    /// A task never waits while it uses them, so one set for each thread is enough.
    static BUFFERS: RefCell<Buffers> = RefCell::default();
}

// ANCHOR: converse
/// One conversation: a task that lets [`Echo::turn`] do what can be done, and waits for what it needs next.
///
/// Not an `async fn`: what such a function is given takes room twice, there and where it puts it.
fn converse<W>(client: TcpStream, shared: Arc<Shared<W>>) -> impl Future<Output = io::Result<u64>>
where
    W: Fn(&Request) -> Result<(Upgrade, Session), Response>,
{
    let _ = client.set_nodelay(true); // Is the client gone? The first read will tell.
    let mut guest = Guest {
        client,
        talk: shared.echo.begin(Instant::now()),
        is_drained: false,
        has_ended: false,
        stops: false,
    };
    async move {
        // First this, and then the look: in between nothing is missed.
        let mut stopped = pin!(shared.stopped.notified());
        guest.stops = shared.stops.load(Ordering::SeqCst);
        let mut look = pin!(sleep_until(shared.echo.deadline(&guest.talk).into()));
        std::future::poll_fn(|context| {
            if !guest.stops && stopped.as_mut().poll(context).is_ready() {
                guest.stops = true;
            }
            guest.poll(&shared.echo, look.as_mut(), context)
        })
        .await?;
        Ok(guest.talk.count)
    }
}
// ANCHOR_END: converse

/// One client.
struct Guest {
    client: TcpStream,
    talk: Talk,
    is_drained: bool,
    has_ended: bool,
    stops: bool,
}

impl Guest {
    // ANCHOR: poll
    fn poll<W>(
        &mut self,
        echo: &Echo<W>,
        mut look: Pin<&mut Sleep>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>>
    where
        W: Fn(&Request) -> Result<(Upgrade, Session), Response>,
    {
        let now = Instant::now();
        loop {
            let is_ready = match self.turn(echo, now, context)? {
                Next::End => return Poll::Ready(Ok(())),
                Next::Readable => self.client.poll_read_ready(context)?.is_ready(),
                Next::Writable => self.client.poll_write_ready(context)?.is_ready(),
                // Policy, fairness: the others first.
                Next::Turn => {
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
            };
            self.is_drained = !is_ready;
            if is_ready {
                continue;
            }
            // A deadline that moves away is corrected when it has come, as in lesson 12.
            let deadline = echo.deadline(&self.talk);
            if deadline < look.deadline().into_std() {
                look.as_mut().reset(deadline.into());
            }
            if look.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            if deadline <= now && echo.late(&mut self.talk, now)? == Next::End {
                return Poll::Ready(Ok(()));
            }
            look.as_mut().reset(echo.deadline(&self.talk).into());
        }
    }
    // ANCHOR_END: poll

    fn turn<W>(
        &mut self,
        echo: &Echo<W>,
        now: Instant,
        context: &mut Context<'_>,
    ) -> io::Result<Next>
    where
        W: Fn(&Request) -> Result<(Upgrade, Session), Response>,
    {
        let mut peer = Peer {
            socket: Ready {
                client: &mut self.client,
                context,
            },
            is_drained: self.is_drained,
            has_ended: self.has_ended,
        };
        let moment = Moment {
            now,
            stops: self.stops,
        };
        let next = BUFFERS
            .with_borrow_mut(|buffers| echo.turn(buffers, &mut self.talk, &mut peer, moment));
        (self.is_drained, self.has_ended) = (peer.is_drained, peer.has_ended);
        next
    }
}

/// A socket of tokio's as one that does not block: where it would have to wait, it says so.
struct Ready<'a, 'c> {
    client: &'a mut TcpStream,
    context: &'a mut Context<'c>,
}

fn now_or_later<T>(poll: Poll<io::Result<T>>) -> io::Result<T> {
    match poll {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => Err(ErrorKind::WouldBlock.into()),
    }
}

impl Read for Ready<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut buffer = ReadBuf::new(buffer);
        now_or_later(Pin::new(&mut *self.client).poll_read(self.context, &mut buffer))?;
        Ok(buffer.filled().len())
    }
}

impl Write for Ready<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        now_or_later(Pin::new(&mut *self.client).poll_write(self.context, bytes))
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        now_or_later(Pin::new(&mut *self.client).poll_write_vectored(self.context, parts))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Socket for Ready<'_, '_> {
    fn end(&self) -> io::Result<()> {
        SockRef::from(&*self.client).shutdown(Shutdown::Write)
    }
}
