//! What every server with many conversations decides, whatever its engine.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

// ANCHOR: limits
/// How much a server bears.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Conversations at the same time, at least 1. More clients wait in the backlog, listen(2),
    /// until one ends.
    pub connections: usize,
    /// A client with which nothing has moved for so long, in neither direction, is given up. Not
    /// zero.
    pub idle: Duration,
    /// From the request to stop until the last conversation is cut off.
    pub drain: Duration,
}

impl Limits {
    /// What the programs use. 1,000 connections fit into the 1,024 descriptors that a process may
    /// usually open, getrlimit(2).
    pub const USUAL: Self = Self {
        connections: 1_000,
        idle: Duration::from_secs(30),
        drain: Duration::from_secs(3),
    };
}
// ANCHOR_END: limits

/// What a server has to tell while it serves.
#[derive(Debug)]
pub enum News {
    /// A conversation is over: what the server counts in it (bytes of echo, messages of a chat),
    /// or how it failed. Of those that the server itself ends, the kind is `TimedOut` for a client
    /// that was idle, and for one that was cut off at the end of the drain.
    Ended(SocketAddr, io::Result<u64>),
    /// `accept` failed for want of something, and is tried again after [`ACCEPT_PAUSE`].
    AcceptFailed(io::Error),
}

// ANCHOR: after_accept
/// How long a server that cannot accept waits before it tries again.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What a failed `accept` asks of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterAccept {
    /// It was that one client's failure: accept the next one at once.
    Next,
    /// Something has run out, and the client still waits in the backlog. To try at once would fail
    /// at once, for ever: wait for [`ACCEPT_PAUSE`].
    Pause,
    /// This will not become better.
    GiveUp,
}

/// Policy, failed accept: which of the errors of accept(2) end the server.
pub fn after_accept(error: &io::Error) -> AfterAccept {
    #[cfg(unix)]
    if let Some(number) = error.raw_os_error() {
        use rustix::io::Errno;
        return match Errno::from_raw_os_error(number) {
            Errno::CONNABORTED | Errno::INTR => AfterAccept::Next,
            // Errors of the network that were pending on the new connection; accept(2) says to
            // treat them like "try again".
            Errno::NETDOWN
            | Errno::PROTO
            | Errno::NOPROTOOPT
            | Errno::HOSTDOWN
            | Errno::HOSTUNREACH
            | Errno::OPNOTSUPP
            | Errno::NETUNREACH
            | Errno::PERM => AfterAccept::Next,
            Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM => AfterAccept::Pause,
            _ => AfterAccept::GiveUp,
        };
    }
    match error.kind() {
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::Interrupted => {
            AfterAccept::Next
        }
        ErrorKind::OutOfMemory => AfterAccept::Pause,
        _ => AfterAccept::GiveUp,
    }
}
// ANCHOR_END: after_accept
