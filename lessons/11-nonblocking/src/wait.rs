//! How the loop waits.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use crate::Interest;

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

/// Does not wait: everybody is ready, always.
#[derive(Debug)]
pub struct Spin;

impl Wait for Spin {
    fn wait(&mut self, watched: &mut [Watched<'_>], _: Option<Duration>) -> io::Result<()> {
        watched.iter_mut().for_each(|socket| socket.ready = true);
        Ok(())
    }
}
