//! A server that answers nobody.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

/// On one computer a connect takes microseconds, so after this long the queue is full...
const PATIENCE: Duration = Duration::from_millis(100);
/// ...if it happens as often as this in a row: we may have been late ourselves, on a busy computer.
const SILENCES: usize = 2;
/// Connections after which the shortest queue must be full.
const MAX_CLIENTS: usize = 100;

// ANCHOR: silent
/// A listening socket whose queue is full: whoever connects gets no answer at all, as from a
/// computer behind a firewall that drops packets.
///
/// Lesson 01 showed why: nobody accepts, so finished connections wait in the queue, and when that
/// is full Linux ignores who comes next. Other systems may refuse instead.
pub struct SilentListener {
    listener: TcpListener,
    address: SocketAddr,
    queued: Vec<TcpStream>,
}

impl SilentListener {
    /// Listens at `ip`, on a port of the kernel's choice, and fills the queue.
    ///
    /// # Errors
    ///
    /// When this computer has no such address, or its queue does not get full.
    pub fn new(ip: IpAddr) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address((ip, 0).into()), Type::STREAM, None)?;
        socket.bind(&SocketAddr::new(ip, 0).into())?;
        socket.listen(1)?; // The shortest queue; kernels round it up.
        let listener = TcpListener::from(socket);
        let address = listener.local_addr()?;
        let (mut queued, mut silences) = (Vec::new(), 0);
        while queued.len() < MAX_CLIENTS {
            match TcpStream::connect_timeout(&address, PATIENCE) {
                Ok(client) => {
                    queued.push(client);
                    silences = 0;
                }
                Err(error) if error.kind() == ErrorKind::TimedOut => silences += 1,
                Err(error) => return Err(error),
            }
            if silences == SILENCES {
                return Ok(Self {
                    listener,
                    address,
                    queued,
                });
            }
        }
        Err(io::Error::other("the queue does not get full"))
    }
    // ANCHOR_END: silent

    /// Where nobody answers.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Makes room in the queue: who keeps trying will be connected, on Linux when its kernel asks
    /// again, 1 s after the first time. Returns the listener, from which those who were queued are
    /// gone.
    ///
    /// # Errors
    ///
    /// Those of accept(2).
    pub fn relent(self) -> io::Result<TcpListener> {
        for _ in &self.queued {
            self.listener.accept()?;
        }
        Ok(self.listener)
    }
}
