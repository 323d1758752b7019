//! One conversation: what is done when its socket is ready, and what it waits for then.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::time::{Duration, Instant};

use mio::Interest;
use mio::net::TcpStream;

use crate::{DISCARD_AT_MOST, LINGER, READS_PER_TURN};

/// What a connection needs after a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// An event: a call has said WouldBlock, so the kernel will tell.
    Event,
    /// Another turn. No call has said WouldBlock, so no event will come.
    Turn,
    /// Its end: everything is echoed.
    End,
}

// ANCHOR: connection
/// A client and what it has not taken yet. While nothing is under way it owns no buffer.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) socket: TcpStream,
    pub(crate) address: SocketAddr,
    /// Read and not written: the rest of one read, from `written` on.
    pending: Vec<u8>,
    written: usize,
    /// Nothing more is read for echoing: the client has ended, or the server stops.
    pub(crate) ended: bool,
    /// Our end of the stream is sent. What still comes is thrown away; so much of it has come.
    pub(crate) lingers: Option<usize>,
    /// Bytes.
    pub(crate) echoed: u64,
    /// When a byte moved last, in either direction.
    pub(crate) moved: Instant,
    /// What the socket is registered for.
    pub(crate) interest: Interest,
    /// It stands in the list of those that get a turn.
    pub(crate) is_ready: bool,
    /// When the server looks whether it is idle.
    pub(crate) look_at: Instant,
}
// ANCHOR_END: connection

impl Connection {
    pub(crate) fn new(
        socket: TcpStream,
        address: SocketAddr,
        now: Instant,
        look_at: Instant,
    ) -> Self {
        Self {
            socket,
            address,
            pending: Vec::new(),
            written: 0,
            ended: false,
            lingers: None,
            echoed: 0,
            moved: now,
            interest: Interest::READABLE,
            is_ready: false,
            look_at,
        }
    }

    // ANCHOR: turn
    /// Does what can be done without waiting: first write what waits, then read, until a call says
    /// WouldBlock. `scratch` is where a read puts its bytes; it belongs to all connections.
    ///
    /// # Errors
    ///
    /// Those of the connection. Other connections are not concerned.
    pub(crate) fn turn(&mut self, scratch: &mut [u8], now: Instant) -> io::Result<Next> {
        // Policy, fairness: after so many reads the others come first.
        for _ in 0..READS_PER_TURN {
            // Policy, back-pressure: while anything waits to be written, nothing is read. So no more
            // waits than one read may bring.
            if !self.flush(now)? {
                return Ok(Next::Event);
            }
            if self.ended {
                return Ok(self.finish(scratch, now));
            }
            match self.socket.read(scratch) {
                Ok(0) => self.ended = true,
                Ok(count) => {
                    self.moved = now;
                    let taken = write_what_fits(&mut self.socket, &scratch[..count])?;
                    self.echoed += taken as u64;
                    // Usually everything fits, and this is empty: no memory is asked for.
                    self.pending = scratch[taken..count].to_vec();
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Next::Event),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Next::Turn)
    }

    /// Writes what waits, and says whether that was all.
    fn flush(&mut self, now: Instant) -> io::Result<bool> {
        if self.pending.is_empty() {
            return Ok(true);
        }
        let taken = write_what_fits(&mut self.socket, &self.pending[self.written..])?;
        if taken > 0 {
            self.moved = now;
        }
        self.echoed += taken as u64;
        self.written += taken;
        if self.written < self.pending.len() {
            return Ok(false);
        }
        self.pending = Vec::new(); // Not clear(), which would keep the memory.
        self.written = 0;
        Ok(true)
    }
    // ANCHOR_END: turn

    // ANCHOR: wanted
    /// What the next event should tell: room to write while something waits to be written, and
    /// something to read otherwise. Never both: nothing is done about the other one.
    pub(crate) fn wanted(&self) -> Interest {
        if self.pending.is_empty() {
            Interest::READABLE
        } else {
            Interest::WRITABLE
        }
    }
    // ANCHOR_END: wanted

    // ANCHOR: finish
    /// Says that nothing more will come, and throws away what the client still sends: to close with
    /// unread input would reset the connection, and destroy what is under way (lesson 04).
    ///
    /// It is over when the client has ended its stream, too; for those that were silent for
    /// [`LINGER`], the server ends it.
    fn finish(&mut self, scratch: &mut [u8], now: Instant) -> Next {
        let discarded = self.lingers.get_or_insert_with(|| {
            // Whatever fails here: the connection is gone, and that is what we are about.
            let _ = self.socket.shutdown(Shutdown::Write);
            self.moved = now;
            0
        });
        for _ in 0..READS_PER_TURN {
            match self.socket.read(scratch) {
                Ok(count @ 1..) if *discarded < DISCARD_AT_MOST => {
                    *discarded += count;
                    self.moved = now;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Next::Event,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                _ => return Next::End,
            }
        }
        Next::Turn
    }

    /// How long nothing may move. Policy, slow client: `idle`.
    pub(crate) fn patience(&self, idle: Duration) -> Duration {
        match self.lingers {
            Some(_) => LINGER,
            None => idle,
        }
    }
    // ANCHOR_END: finish
}

/// Writes until everything is taken or the socket has no room, and returns how much was taken.
fn write_what_fits(socket: &mut TcpStream, bytes: &[u8]) -> io::Result<usize> {
    let mut taken = 0;
    while taken < bytes.len() {
        match socket.write(&bytes[taken..]) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => taken += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(taken)
}
