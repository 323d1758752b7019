//! The echo server with all clients in one thread: the loop of lesson 17, and another protocol.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener};
use std::time::Instant;

use ::mio::net::TcpStream;
use http::turns::{self, Moment, Next, Peer, Protocol};
use http::{Request, Response};
use threads::{Limits, News, Stop};
use ws_handshake::Upgrade;

use crate::echo::{Buffers, Echo, Socket, Talk};
use crate::pulse::Times;
use crate::session::Session;

// ANCHOR: serve
/// As [`crate::threads::serve`], in the thread that calls.
///
/// # Errors
///
/// Those of [`turns::serve`].
pub fn serve(
    listener: TcpListener,
    limits: Limits,
    times: Times,
    stop: &Stop,
    report: impl Fn(News),
    welcome: impl Fn(&Request) -> Result<(Upgrade, Session), Response>,
) -> io::Result<usize> {
    let conversations = Conversations {
        echo: Echo { welcome, times },
        buffers: Buffers::default(),
    };
    turns::serve(listener, limits, stop, report, conversations)
}
// ANCHOR_END: serve

struct Conversations<W> {
    echo: Echo<W>,
    buffers: Buffers,
}

impl Socket for TcpStream {
    fn end(&self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

impl<W: Fn(&Request) -> Result<(Upgrade, Session), Response>> Protocol for Conversations<W> {
    type Talk = Talk;

    fn begin(&mut self, _: SocketAddr, now: Instant) -> Talk {
        self.echo.begin(now)
    }

    fn turn(&mut self, talk: &mut Talk, peer: &mut Peer, moment: Moment) -> io::Result<Next> {
        self.echo.turn(&mut self.buffers, talk, peer, moment)
    }

    fn deadline(&self, talk: &Talk) -> Instant {
        self.echo.deadline(talk)
    }

    fn late(&mut self, talk: &mut Talk, now: Instant) -> io::Result<Next> {
        self.echo.late(talk, now)
    }

    fn end(&mut self, talk: Talk) -> io::Result<u64> {
        Ok(talk.count)
    }
}
