//! How the loop waits.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use crate::Interest;

// ANCHOR: wait
/// The one place where the loop may sleep.
pub trait Wait {
    /// Says for each of `watched` whether it is ready. Waits until one is, until somebody asks the
    /// server to stop, or until `timeout` is over (`None`: without limit).
    ///
    /// To say "ready" too often is allowed: the socket answers `WouldBlock` then.
    ///
    /// # Errors
    ///
    /// When there is no way to wait.
    fn wait(&mut self, watched: &mut [Watched<'_>], timeout: Option<Duration>) -> io::Result<()>;
}

/// A socket, and what its owner waits for.
#[derive(Debug)]
pub struct Watched<'a> {
    /// The socket.
    pub endpoint: Endpoint<'a>,
    /// What for.
    pub interest: Interest,
    /// Whether it has happened.
    pub ready: bool,
}

/// One of the server's sockets.
#[derive(Clone, Copy, Debug)]
pub enum Endpoint<'a> {
    /// Readable means: a client waits in the backlog.
    Listener(&'a TcpListener),
    /// A client's.
    Client(&'a TcpStream),
}
// ANCHOR_END: wait

// ANCHOR: spin
/// Does not wait: everybody is ready, always.
#[derive(Debug)]
pub struct Spin;

impl Wait for Spin {
    fn wait(&mut self, watched: &mut [Watched<'_>], _: Option<Duration>) -> io::Result<()> {
        watched.iter_mut().for_each(|socket| socket.ready = true);
        Ok(())
    }
}
// ANCHOR_END: spin

/// Waits in poll(2), which costs no processor time.
#[derive(Debug)]
pub struct Poll {
    /// The far end ends this stream when the server should stop: then it is readable.
    #[cfg(unix)]
    woken: std::os::unix::net::UnixStream,
    /// Kept here, so that it is closed with us.
    #[cfg(unix)]
    _far_end: std::sync::Arc<std::os::unix::net::UnixStream>,
}

#[cfg(unix)]
mod unix {
    use std::io;
    use std::net::Shutdown;
    use std::os::fd::{AsFd, BorrowedFd};
    use std::os::unix::net::UnixStream;
    use std::sync::Arc;
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::io::Errno;
    use threads::Stop;

    use super::{Endpoint, Poll, Wait, Watched};
    use crate::Interest;

    impl Poll {
        // ANCHOR: poll
        /// Something that waits, and that `stop` wakes.
        ///
        /// # Errors
        ///
        /// When there are no descriptors left for the pair of sockets that wakes it.
        pub fn new(stop: &Stop) -> io::Result<Self> {
            let (woken, far_end) = UnixStream::pair()?;
            let far_end = Arc::new(far_end);
            // Weak: when the server has ended for another reason, nothing of it may stay open.
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
        fn wait(
            &mut self,
            watched: &mut [Watched<'_>],
            timeout: Option<Duration>,
        ) -> io::Result<()> {
            let mut asked: Vec<PollFd> = watched
                .iter()
                .map(|socket| PollFd::from_borrowed_fd(fd(socket.endpoint), flags(socket.interest)))
                .collect();
            asked.push(PollFd::new(&self.woken, PollFlags::IN));
            // What does not fit into a Timespec is more than 290,000,000,000 years.
            let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
            match poll(&mut asked, timeout.as_ref()) {
                Ok(_) => {}
                Err(Errno::INTR) => return Ok(()), // A signal: nothing is ready yet.
                Err(error) => return Err(error.into()),
            }
            for (socket, answer) in watched.iter_mut().zip(asked) {
                // Any answer: an error and a hang-up come without being asked for, and the next
                // read or write will say which.
                socket.ready = !answer.revents().is_empty();
            }
            Ok(())
        }
        // ANCHOR_END: poll
    }

    fn fd(endpoint: Endpoint<'_>) -> BorrowedFd<'_> {
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
}

#[cfg(not(unix))]
impl Poll {
    /// There is no poll(2) here. Lesson 12 waits on every system.
    ///
    /// # Errors
    ///
    /// Always: `Unsupported`.
    pub fn new(_: &threads::Stop) -> io::Result<Self> {
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "poll is a call of Unix; lesson 12 waits on every system",
        ))
    }
}

#[cfg(not(unix))]
impl Wait for Poll {
    fn wait(&mut self, _: &mut [Watched<'_>], _: Option<Duration>) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
