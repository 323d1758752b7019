//! Waiting in poll(2).

use std::io;
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use threads::Stop;

use crate::{Endpoint, Interest, Wait, Watched};

// ANCHOR: poll
/// Waits in poll(2), which costs no processor time.
#[derive(Debug)]
pub struct Poll {
    /// Becomes readable when the server should stop: the far end ends this stream.
    woken: UnixStream,
    /// Nobody else owns it, so it is closed with us, whatever becomes of the one who would wake us.
    _far_end: Arc<UnixStream>,
}

impl Poll {
    /// Something that waits, and that `stop` wakes.
    ///
    /// # Errors
    ///
    /// When there are no descriptors left for the two sockets.
    pub fn new(stop: &Stop) -> io::Result<Self> {
        let (woken, far_end) = UnixStream::pair()?;
        let far_end = Arc::new(far_end);
        let waker = Arc::downgrade(&far_end);
        stop.on_stop(move || {
            if let Some(far_end) = waker.upgrade() {
                let _ = far_end.shutdown(Shutdown::Write);
            }
        });
        Ok(Self {
            woken,
            _far_end: far_end,
        })
    }
}

impl Wait for Poll {
    fn wait(&mut self, watched: &mut [Watched<'_>], timeout: Option<Duration>) -> io::Result<()> {
        let asked = watched.iter().map(|socket| {
            PollFd::from_borrowed_fd(descriptor(socket.endpoint), flags(socket.interest))
        });
        let mut asked: Vec<PollFd> = asked.collect();
        asked.push(PollFd::new(&self.woken, PollFlags::IN));
        // What does not fit into a Timespec is more than 290,000,000,000 years: for ever.
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        match poll(&mut asked, timeout.as_ref()) {
            Ok(_) => {}
            Err(Errno::INTR) => return Ok(()), // A signal: nothing is ready yet.
            Err(error) => return Err(error.into()),
        }
        for (socket, answer) in watched.iter_mut().zip(asked) {
            // Any answer: errors and hang-ups come without being asked for, and the next read or
            // write will say which it is.
            socket.ready = !answer.revents().is_empty();
        }
        Ok(())
    }
}
// ANCHOR_END: poll

fn descriptor(endpoint: Endpoint<'_>) -> BorrowedFd<'_> {
    match endpoint {
        Endpoint::Listener(listener) => listener.as_fd(),
        Endpoint::Client(stream) => stream.as_fd(),
    }
}

fn flags(interest: Interest) -> PollFlags {
    let mut flags = PollFlags::empty();
    flags.set(PollFlags::IN, interest.readable);
    flags.set(PollFlags::OUT, interest.writable);
    flags
}
