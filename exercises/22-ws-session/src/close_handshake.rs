//! Exercise: the close handshake, in both roles, with a timeout.

use std::time::{Duration, Instant};

/// Policy: from our close frame until the connection is closed, whatever comes in between.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// What a program is told when the peer's close frame had no code. It is never on the wire.
pub const NO_CODE: u16 = 1005;

/// What a program is told when no close frame came. It is never on the wire.
pub const LOST: u16 = 1006;

/// Which end we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// We have connected.
    Client,
    /// We have accepted.
    Server,
}

/// What the engine is to do next, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Do {
    /// Send this message.
    Send(String),
    /// Send a close frame with this code, or with an empty payload.
    SendClose(Option<u16>),
    /// Close the TCP connection. It is the last thing.
    CloseSocket,
}

/// One end of a WebSocket, as far as closing goes: no socket, no clock. It says what to do.
///
/// The rules (RFC 6455, sections 5.5.1, 7.1.1 and 7.1.5):
///
/// - each side sends one close frame, and nothing behind it;
/// - who gets one and has sent none, answers with the same code, or with none if there was none;
/// - when both have been sent, the server closes the TCP connection at once; the client waits until
///   the server has done so, because who closes first is left with TIME_WAIT (lesson 07);
/// - nobody waits longer than [`PATIENCE`] after their own close frame;
/// - until the peer's close frame comes, its messages count; behind it nothing does.
///
/// What will come: close frames of both sides that cross; a second close frame; the end of the stream
/// with a close frame before it, or without; a peer that never answers; a program that goes on
/// sending, or closes twice.
///
/// Example, a client: `close(1000, now)` is `SendClose(Some(1000))`. Then `close_came(Some(1000), …)`
/// is nothing, `end_came()` is `CloseSocket`, and `ended()` is `Some(1000)`.
#[derive(Debug)]
pub struct Goodbye {
    role: Role,
    /// Our close frame is sent.
    sent: bool,
    /// The peer's has come, with this code for the program.
    came: Option<u16>,
    /// When we wait no longer.
    deadline: Option<Instant>,
    /// The connection is closed.
    closed: bool,
}

impl Goodbye {
    /// The handshake is done, and nobody has said goodbye.
    pub fn new(role: Role) -> Goodbye {
        Goodbye {
            role,
            sent: false,
            came: None,
            deadline: None,
            closed: false,
        }
    }

    /// The program has a message to send. `None`: it is too late for that.
    pub fn message(&mut self, text: &str) -> Option<Do> {
        todo!("behind our close frame, and when the connection is closed, nothing is sent")
    }

    /// Whether a message that comes now is given to the program.
    pub fn is_listening(&self) -> bool {
        todo!("until the peer's close frame has come, or the connection is closed")
    }

    /// The program wants to end the conversation, with a code that may be sent.
    pub fn close(&mut self, code: u16, now: Instant) -> Option<Do> {
        todo!("send one close frame, once, and give the peer its time from now on")
    }

    /// The peer's close frame has come, with this code or an empty payload.
    pub fn close_came(&mut self, code: Option<u16>, now: Instant) -> Vec<Do> {
        todo!(
            "the first one counts; answer it unless our own is sent; a server then closes, a client waits, but not for ever"
        )
    }

    /// The peer's stream has ended: nothing more will come.
    pub fn end_came(&mut self) -> Option<Do> {
        todo!("close the connection, once")
    }

    /// Until when the engine waits for the peer; `None`: this conversation is not being closed.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline.filter(|_| !self.closed)
    }

    /// The engine has waited. It may be early.
    pub fn late(&mut self, now: Instant) -> Option<Do> {
        todo!("when the deadline has come, close the connection")
    }

    /// With which code the program is told that the conversation has ended: the one that the peer
    /// sent, [`NO_CODE`] or [`LOST`]. `None`: it has not ended.
    pub fn ended(&self) -> Option<u16> {
        todo!("once the connection is closed: what the peer's close frame said, or that none came")
    }
}
