//! One client: where it stands, and what it has not read and written yet.

use std::io::{self, ErrorKind, Read};
use std::net::SocketAddr;

use chat_threads::protocol::MAX_TEXT;
use framing::{Event, Frames};
use mio::net::TcpStream;

use crate::server::{HIGH_WATER_MARK, LOW_WATER_MARK, TURN};
use crate::{Outbox, Throttle};

// ANCHOR: state
/// Where a connection stands. It goes from one state to the next, and never back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Its messages are taken.
    Open,
    /// Nothing of it is taken any more; what waits for it is still written.
    Leaving,
    /// It has all, and the end of the stream behind it: we wait for its end, see [`crate::LINGER`].
    Lingering,
}

/// What one step of reading came to.
#[derive(Debug)]
pub(crate) enum Step {
    /// A message is complete.
    Message(Vec<u8>),
    /// Something moved, and nothing is complete yet.
    Moved,
    /// There is nothing to read: the next event will tell.
    Wait,
    /// The client has no more to say. An error: it broke off inside a message.
    End(Option<io::Error>),
    /// This is no message of a chat: it is too long.
    TooLong,
}
// ANCHOR_END: state

#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    pub(crate) address: SocketAddr,
    pub(crate) state: State,
    /// Why it has to end, when that is nothing good.
    pub(crate) why: Option<io::Error>,
    /// It did not take what it was told, and is to be closed at its next turn.
    pub(crate) overrun: bool,
    /// It is in the queue for a turn.
    pub(crate) scheduled: bool,
    /// An edge is reported once: it holds until a call says `WouldBlock`.
    pub(crate) readable: bool,
    pub(crate) writable: bool,
    /// Its end of stream has come.
    pub(crate) ended: bool,
    pub(crate) messages: u64,
    pub(crate) outbox: Outbox,
    pub(crate) throttle: Throttle,
    frames: Frames,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream, address: SocketAddr) -> Self {
        Self {
            stream,
            address,
            state: State::Open,
            why: None,
            overrun: false,
            scheduled: false,
            readable: false,
            writable: true,
            ended: false,
            messages: 0,
            outbox: Outbox::default(),
            throttle: Throttle::new(HIGH_WATER_MARK, LOW_WATER_MARK),
            frames: Frames::new(MAX_TEXT),
        }
    }

    // ANCHOR: step
    /// One step: the next message of those that were read, or else one read.
    pub(crate) fn step(&mut self, buffer: &mut [u8]) -> io::Result<Step> {
        match self.frames.next_event() {
            Ok(Some(Event::Message(message))) => return Ok(Step::Message(message)),
            Ok(Some(Event::End)) => return Ok(Step::End(None)),
            Ok(None) => {}
            Err(framing::Error::TooLong { .. }) => return Ok(Step::TooLong),
            Err(error) => return Ok(Step::End(Some(error.into()))),
        }
        match self.read(buffer)? {
            Some(0) => self.frames.receive_end(),
            Some(count) => self.frames.receive_data(&buffer[..count]),
            None => {
                if self.frames.buffered() == 0 {
                    self.frames = Frames::new(MAX_TEXT); // Who is silent needs no memory.
                }
                return Ok(Step::Wait);
            }
        }
        Ok(Step::Moved)
    }

    /// One read: `Some(0)` is the end of the stream, `None` means not now.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        while self.readable {
            match self.stream.read(buffer) {
                Ok(0) => {
                    self.ended = true;
                    self.readable = false;
                    return Ok(Some(0));
                }
                Ok(count) => return Ok(Some(count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.readable = false,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
    // ANCHOR_END: step

    /// Writes what waits, as far as the socket takes it.
    pub(crate) fn write(&mut self) -> io::Result<()> {
        if self.writable {
            self.writable = self.outbox.write_to(&mut self.stream)?;
        }
        Ok(())
    }

    /// Reads what has come and throws it away: a socket that is closed with unread input resets the
    /// connection, lesson 04. True when the budget of one turn is used up and more may be there.
    pub(crate) fn discard(&mut self, buffer: &mut [u8]) -> io::Result<bool> {
        self.frames = Frames::new(MAX_TEXT);
        for _ in 0..TURN {
            if let None | Some(0) = self.read(buffer)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
