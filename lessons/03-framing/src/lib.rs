//! Lesson 03: messages are your job.
//!
//! TCP carries bytes without marks between them, so a protocol says where a message ends: by its
//! length in front ([`Frames`]), or by a mark behind it ([`Lines`]).
//!
//! Both have the shape of every codec in this course, which is called sans-I/O: bytes in, events
//! out, and no socket, no clock and no print inside.
//!
//! | call             | direction | says                                                            |
//! |------------------|-----------|-----------------------------------------------------------------|
//! | `receive_data`   | in        | these bytes came, cut anywhere                                  |
//! | `receive_end`    | in        | no more will come: end of stream                                |
//! | `next_event`     | in        | a message, or "not yet", or the end, or what is wrong           |
//! | `send_...`       | out       | this message is to be sent                                      |
//! | `data_to_send`   | out       | these bytes should be written                                   |
//! | `data_sent`      | out       | so many of them were                                            |
//!
//! Who owns the stream is the driver: it reads, writes and waits, and knows nothing of messages.
//! [`echo_frames`] is a driver for a server, [`ask`] one for a client.

mod byte_queue;
mod frames;
mod lines;

pub use byte_queue::ByteQueue;
pub use frames::{Frames, MAX_FRAME, PREFIX};
pub use lines::{Lines, MAX_LINE};

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::ops::ControlFlow;
use std::time::Duration;

/// How long the programs wait for a peer that neither sends nor reads, before they give it up.
pub const IDLE: Duration = Duration::from_secs(30);

/// Bytes that one read may take. Any size is correct; a larger one needs fewer calls.
const BUFFER_SIZE: usize = 16 * 1024;

// ANCHOR: event
/// What a codec makes of the bytes that it has received.
///
/// `next_event` has four outcomes: `Ok(Some(Event::Message))`; `Ok(None)`, which means not yet;
/// `Ok(Some(Event::End))`, which is final; and `Err`, which is final too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A whole message, without prefix or newline.
    Message(Vec<u8>),
    /// The stream has ended, and it ended between two messages.
    End,
}

/// Why the bytes are not messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// A message is longer than the declared maximum.
    TooLong {
        /// The maximum, in bytes.
        limit: usize,
    },
    /// The stream has ended inside a message.
    EndsInside,
    /// This cannot be sent as one line: it contains a newline, or ends in a carriage return.
    NotALine,
}
// ANCHOR_END: event

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::TooLong { limit } => write!(f, "a message is longer than {limit} bytes"),
            Error::EndsInside => f.write_str("the stream ended inside a message"),
            Error::NotALine => f.write_str("a line contains no newline and ends in no return"),
        }
    }
}

impl std::error::Error for Error {}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match error {
            Error::TooLong { .. } => ErrorKind::InvalidData,
            Error::EndsInside => ErrorKind::UnexpectedEof,
            Error::NotALine => ErrorKind::InvalidInput,
        };
        io::Error::new(kind, error)
    }
}

// ANCHOR: echo_frames
/// Sends back every frame of `stream` until its end, and returns how many there were.
///
/// Before each further read, all frames that have come are answered, in one write. So at most one
/// incomplete frame and the frames of one read are in memory at any time.
///
/// # Errors
///
/// - `InvalidData` when a frame is longer than [`MAX_FRAME`];
/// - `UnexpectedEof` when `stream` ends inside a frame;
/// - whatever `stream` reports for a read or a write, but not `Interrupted`.
///
/// The frames before the one that is wrong have been answered.
pub fn echo_frames(mut stream: impl Read + Write) -> io::Result<u64> {
    let mut frames = Frames::new(MAX_FRAME); // one for the whole conversation
    let mut buffer = [0; BUFFER_SIZE];
    let mut answered = 0;
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => frames.receive_end(),
            Ok(count) => frames.receive_data(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        }
        // One read may have completed no frame, one, or many.
        let outcome = loop {
            match frames.next_event() {
                Ok(Some(Event::Message(message))) => {
                    frames.send_frame(&message)?;
                    answered += 1;
                }
                Ok(None) => break None,
                Ok(Some(Event::End)) => break Some(Ok(answered)),
                Err(error) => break Some(Err(error.into())),
            }
        };
        flush(&mut frames, &mut stream)?;
        if let Some(outcome) = outcome {
            return outcome;
        }
    }
}

/// Writes all that `frames` has to send.
fn flush(frames: &mut Frames, stream: &mut impl Write) -> io::Result<()> {
    stream.write_all(frames.data_to_send())?;
    frames.data_sent(frames.data_to_send().len());
    Ok(())
}
// ANCHOR_END: echo_frames

// ANCHOR: ask
/// Sends `question` as a frame, waits for the next frame from `stream` and returns it.
///
/// `frames` belongs to the connection and outlives the call: a read may bring more than one
/// answer, and what is left over stays in there for the next call.
///
/// # Errors
///
/// - `InvalidData` when the question or the answer is too long;
/// - `UnexpectedEof` when the stream ends before the answer is complete;
/// - `TimedOut` or `WouldBlock` when `stream` has a timeout and it expires;
/// - whatever else `stream` reports, but not `Interrupted`.
pub fn ask(
    stream: &mut (impl Read + Write),
    frames: &mut Frames,
    question: &[u8],
) -> io::Result<Vec<u8>> {
    frames.send_frame(question)?;
    flush(frames, stream)?;
    let mut buffer = [0; BUFFER_SIZE];
    loop {
        match frames.next_event()? {
            Some(Event::Message(answer)) => return Ok(answer),
            Some(Event::End) => {
                let sentence = "the server ended the conversation without an answer";
                return Err(io::Error::new(ErrorKind::UnexpectedEof, sentence));
            }
            None => {}
        }
        match stream.read(&mut buffer) {
            Ok(0) => frames.receive_end(),
            Ok(count) => frames.receive_data(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
// ANCHOR_END: ask

// ANCHOR: serve
/// Echoes frames for the clients of `listener` in turn, and tells `report` what became of each.
///
/// As in lesson 02: one client at a time, and one that does not read, or does not write, is given
/// up when nothing has moved for `idle`, which must not be zero. `report` gets the client's address
/// and the number of frames, or the error; when it says `Break`, `serve` returns `Ok`.
///
/// # Errors
///
/// When `accept` fails for a reason that is not one client's, accept(2).
pub fn serve(
    listener: &TcpListener,
    idle: Duration,
    mut report: impl FnMut(SocketAddr, io::Result<u64>) -> ControlFlow<()>,
) -> io::Result<()> {
    loop {
        let (client, address) = match listener.accept() {
            Ok(accepted) => accepted,
            // Policy, failed accept: as in lesson 01.
            Err(error) if error.kind() == ErrorKind::ConnectionAborted => continue,
            Err(error) => return Err(error),
        };
        // Policy, failed client: it is reported, and the next one is served.
        if report(address, echo_within(&client, idle)).is_break() {
            return Ok(());
        }
    }
}

/// Policy, slow client: a read or a write that has waited for `idle` ends the conversation.
fn echo_within(client: &TcpStream, idle: Duration) -> io::Result<u64> {
    client.set_read_timeout(Some(idle))?;
    client.set_write_timeout(Some(idle))?;
    echo_frames(client).map_err(|error| match error.kind() {
        // SO_RCVTIMEO and SO_SNDTIMEO say "would block" on Unix, socket(7), "timed out" on Windows.
        ErrorKind::WouldBlock | ErrorKind::TimedOut => {
            let sentence = format!("nothing moved for {idle:?}");
            io::Error::new(ErrorKind::TimedOut, sentence)
        }
        _ => error,
    })
}
// ANCHOR_END: serve
