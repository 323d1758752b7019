use super::{LESSON, Wrong, checked, must, tell, tell_anew, told};
use peer::Scene;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use ws_frames::{Header, Opcode, mask};
use ws_session::Session;
use ws_session_exercises::second_engine::{BUFFER, Guest, Next, echo_blocking};

const MAX_MESSAGE: usize = 1024 * 1024;

/// Turns that no conversation here needs.
const MANY_TURNS: usize = 10_000;

/// One call of `read`.
#[derive(Clone)]
enum Came {
    Bytes(Vec<u8>),
    Nothing,
    Interrupted,
    Reset,
}

/// A socket that does not block. Behind the last piece of what comes is the end of the stream, or
/// nothing for ever.
struct Socket {
    comes: VecDeque<Came>,
    ends: bool,
    /// Bytes that it takes before it would block.
    room: usize,
    /// The longest write that is taken in one call.
    most: usize,
    taken: Vec<u8>,
    reads: usize,
    ended: bool,
}

impl Socket {
    fn new(comes: impl IntoIterator<Item = Came>) -> Socket {
        tell_anew();
        Socket {
            comes: comes.into_iter().collect(),
            ends: false,
            room: usize::MAX,
            most: usize::MAX,
            taken: Vec::new(),
            reads: 0,
            ended: false,
        }
    }

    fn is_empty(&self) -> bool {
        self.comes.is_empty()
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reads += 1;
        let result = match self.comes.pop_front() {
            Some(Came::Bytes(mut bytes)) => {
                let count = bytes.len().min(buffer.len());
                buffer[..count].copy_from_slice(&bytes[..count]);
                if count < bytes.len() {
                    self.comes.push_front(Came::Bytes(bytes.split_off(count)));
                }
                Ok(count)
            }
            Some(Came::Nothing) => Err(ErrorKind::WouldBlock.into()),
            Some(Came::Interrupted) => Err(ErrorKind::Interrupted.into()),
            Some(Came::Reset) => Err(ErrorKind::ConnectionReset.into()),
            None if self.ends => {
                self.ended = true;
                Ok(0)
            }
            None => Err(ErrorKind::WouldBlock.into()),
        };
        tell(format!("    read() = {}", told(&result)));
        result
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = bytes.len().min(self.room).min(self.most);
        let result = match self.room {
            0 => Err(ErrorKind::WouldBlock.into()),
            _ => Ok(count),
        };
        tell(format!(
            "    write({} bytes) = {}",
            bytes.len(),
            told(&result)
        ));
        if result.is_ok() {
            self.room -= count;
            self.taken.extend_from_slice(&bytes[..count]);
        }
        result
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A frame of a client.
fn frame(scene: &Scene, fin: bool, opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    let key: [u8; 4] = std::array::from_fn(|_| scene.random().u8(..));
    let header = Header {
        fin,
        rsv1: false,
        opcode,
        key: Some(key),
        length: payload.len() as u64,
    };
    let mut frame = header.bytes().to_vec();
    let start = frame.len();
    frame.extend_from_slice(payload);
    mask(&mut frame[start..], key, 0);
    frame
}

fn text(scene: &Scene, text: &str) -> Vec<u8> {
    frame(scene, true, Opcode::Text, text.as_bytes())
}

/// A little of everything: messages, one in three parts with a ping between, and goodbye.
fn conversation(scene: &Scene) -> Vec<u8> {
    let letters = scene.random_letters(20);
    [
        text(scene, &letters),
        text(scene, "안녕하세요"),
        frame(scene, false, Opcode::Binary, &scene.random_bytes(7)),
        frame(scene, true, Opcode::Ping, b"there?"),
        frame(scene, false, Opcode::Continuation, &scene.random_bytes(200)),
        frame(scene, true, Opcode::Continuation, &scene.random_bytes(3)),
        text(scene, ""),
        frame(scene, true, Opcode::Close, &[0x03, 0xe8, b'o', b'k']),
    ]
    .concat()
}

fn session() -> Session {
    Session::server(MAX_MESSAGE, None)
}

/// What the first engine writes when all that comes is `bytes`.
fn first_engine(bytes: &[u8]) -> Vec<u8> {
    let mut socket = Socket::new([Came::Bytes(bytes.to_vec())]);
    socket.ends = true;
    // In memory nothing fails.
    drop(echo_blocking(&mut socket, session(), Vec::new()));
    tell_anew();
    socket.taken
}

/// A turn that must be good.
fn turn(guest: &mut Guest, socket: &mut Socket) -> Result<Next, Wrong> {
    tell("turn");
    let next = guest.turn(socket);
    tell(format!("  = {}", told(&next)));
    next.map_err(|error| {
        let key = match error.kind() {
            ErrorKind::WouldBlock => "would-block-is-an-answer",
            ErrorKind::Interrupted => "interrupted",
            _ => "errors-are-told",
        };
        let said = told(&Err::<Next, _>(error));
        (
            key,
            format!("Nothing was wrong, and your turn returned {said}."),
        )
    })
}

/// Turns until the conversation is over, as a loop makes them: the socket is always ready.
fn turns(
    guest: &mut Guest,
    socket: &mut Socket,
    room: usize,
    key: &'static str,
) -> Result<(), Wrong> {
    for _ in 0..MANY_TURNS {
        socket.room = room;
        match turn(guest, socket)? {
            Next::Over => return Ok(()),
            Next::Readable if socket.is_empty() && !socket.ends => {
                return Err((
                    key,
                    format!(
                        "Everything has come, the close frame too, and your turn waits for more. {} bytes were written.",
                        socket.taken.len()
                    ),
                ));
            }
            Next::Readable | Next::Writable => {}
        }
    }
    Err((
        "over-is-over",
        format!("After {MANY_TURNS} turns the conversation was not over."),
    ))
}

/// What was written is what the first engine writes.
fn as_the_first(socket: &Socket, expected: &[u8], key: &'static str) -> Result<(), Wrong> {
    let taken = &socket.taken;
    let good = taken == expected;
    must(good, key, || {
        let at = taken.iter().zip(expected).position(|(a, b)| a != b);
        let at = at.unwrap_or(taken.len().min(expected.len()));
        format!(
            "Your engine wrote {} bytes and the first one {}. They differ from byte {at} on.",
            taken.len(),
            expected.len()
        )
    })
}

#[test]
fn sends_back_a_message_and_waits_for_the_next() {
    LESSON.grade("second_engine", |scene| {
        let hello = text(scene, &scene.random_letters(12));
        checked(scene, "your engine", move || {
            let expected = first_engine(&hello);
            let mut guest = Guest::new(session(), Vec::new());
            let mut socket = Socket::new([Came::Bytes(hello)]);
            let next = turn(&mut guest, &mut socket)?;
            as_the_first(&socket, &expected, "sends-back")?;
            must(next == Next::Readable, "what-it-waits-for", || {
                format!(
                    "All is written, and nothing more has come: your turn said {next:?}; Readable was expected."
                )
            })?;
            let count = guest.count;
            must(count == 1, "sends-back", || {
                format!("One message was sent back, and count is {count}.")
            })
        });
    });
}

#[test]
fn takes_all_that_one_read_brings() {
    LESSON.grade("second_engine", |scene| {
        let all = conversation(scene);
        checked(scene, "your engine", move || {
            let expected = first_engine(&all);
            let mut guest = Guest::new(session(), Vec::new());
            let mut socket = Socket::new([Came::Bytes(all)]);
            turns(&mut guest, &mut socket, usize::MAX, "until-none")?;
            // All were dealt with, or it would not be over, and nobody has heard of it.
            let key = match socket.taken.is_empty() {
                true => "goodbye-first",
                false => "until-none",
            };
            as_the_first(&socket, &expected, key)?;
            let count = guest.count;
            must(count == 4, "sends-back", || {
                format!("4 messages were sent back, and count is {count}.")
            })
        });
    });
}

#[test]
fn a_frame_may_be_cut_anywhere() {
    LESSON.grade("second_engine", |scene| {
        let all = conversation(scene);
        checked(scene, "your engine", move || {
            let expected = first_engine(&all);
            let key = "a-part-of-a-frame";
            for cut in 1..all.len() {
                let (first, second) = all.split_at(cut);
                let mut guest = Guest::new(session(), Vec::new());
                let pieces = [first, second].map(|piece| Came::Bytes(piece.to_vec()));
                let [first, second] = pieces;
                let mut socket = Socket::new([first, Came::Nothing, second]);
                turns(&mut guest, &mut socket, usize::MAX, key)?;
                as_the_first(&socket, &expected, key)?;
            }
            let bytes = all
                .iter()
                .flat_map(|byte| [Came::Bytes(vec![*byte]), Came::Nothing]);
            let mut guest = Guest::new(session(), Vec::new());
            let mut socket = Socket::new(bytes);
            turns(&mut guest, &mut socket, usize::MAX, key)?;
            as_the_first(&socket, &expected, key)
        });
    });
}

#[test]
fn what_came_behind_the_handshake_needs_no_read() {
    LESSON.grade("second_engine", |scene| {
        let hello = text(scene, &scene.random_letters(12));
        checked(scene, "your engine", move || {
            let expected = first_engine(&hello);
            let key = "first-frame-lost";
            let mut guest = Guest::new(session(), hello.clone());
            let mut socket = Socket::new([]);
            turn(&mut guest, &mut socket)?;
            as_the_first(&socket, &expected, key)?;
            // And a part of one waits for its rest.
            let (first, second) = hello.split_at(9);
            let mut guest = Guest::new(session(), first.to_vec());
            let mut socket = Socket::new([Came::Bytes(second.to_vec())]);
            turn(&mut guest, &mut socket)?;
            as_the_first(&socket, &expected, key)
        });
    });
}

#[test]
fn reads_nothing_while_answers_wait() {
    LESSON.grade("second_engine", |scene| {
        let hello = text(scene, &scene.random_letters(100));
        checked(scene, "your engine", move || {
            let one = first_engine(&hello);
            let mut guest = Guest::new(session(), Vec::new());
            let mut socket = Socket::new((0..50).map(|_| Came::Bytes(hello.clone())));
            socket.room = 30;
            let next = turn(&mut guest, &mut socket)?;
            must(next == Next::Writable, "what-it-waits-for", || {
                format!(
                    "{} bytes were to be written, 30 were taken, and your turn said {next:?}; Writable was expected.",
                    one.len()
                )
            })?;
            let reads = socket.reads;
            for _ in 0..20 {
                turn(&mut guest, &mut socket)?;
            }
            let (before, reads) = (reads, socket.reads);
            must(reads == 1, "back-pressure", || {
                format!(
                    "The client reads nothing: your first turn made {before} reads, and after 21 turns there were {reads}; 1 was expected. What it sends on piles up in unsent."
                )
            })?;
            socket.room = usize::MAX;
            let next = turn(&mut guest, &mut socket)?;
            as_the_first(&socket, &one.repeat(50), "back-pressure")?;
            must(next == Next::Readable, "what-it-waits-for", || {
                format!("All is written, and your turn said {next:?}; Readable was expected.")
            })
        });
    });
}

#[test]
fn the_goodbye_is_written_before_it_is_over() {
    LESSON.grade("second_engine", |scene| {
        let all = conversation(scene);
        let room = scene.random().usize(1..6);
        checked(scene, "your engine", move || {
            let expected = first_engine(&all);
            let mut guest = Guest::new(session(), Vec::new());
            let mut socket = Socket::new([Came::Bytes(all)]);
            turns(&mut guest, &mut socket, room, "goodbye-first")?;
            as_the_first(&socket, &expected, "goodbye-first")
        });
    });
}

#[test]
fn nothing_is_read_behind_the_goodbye() {
    LESSON.grade("second_engine", |scene| {
        let all = conversation(scene);
        checked(scene, "your engine", move || {
            let mut guest = Guest::new(session(), Vec::new());
            let mut socket = Socket::new([Came::Bytes(all.clone()), Came::Bytes(all)]);
            turns(&mut guest, &mut socket, usize::MAX, "over-is-over")?;
            let reads = socket.reads;
            must(reads == 1, "over-is-over", || {
                format!(
                    "The close frame was in the first read, and your engine made {reads}; 1 was expected."
                )
            })
        });
    });
}

#[test]
fn the_end_of_the_stream_is_the_end() {
    LESSON.grade("second_engine", |scene| {
        let hello = text(scene, "hello");
        checked(scene, "your engine", move || {
            let expected = first_engine(&hello);
            let mut guest = Guest::new(session(), Vec::new());
            let mut socket = Socket::new([Came::Interrupted, Came::Bytes(hello)]);
            socket.ends = true;
            let next = turn(&mut guest, &mut socket)?;
            let ended = socket.ended;
            must(next == Next::Over, "end-of-stream", || {
                let read = if ended { "read" } else { "did not read" };
                format!(
                    "A message came, and then the end of the stream. Your turn {read} that end and said {next:?}; Over was expected."
                )
            })?;
            as_the_first(&socket, &expected, "end-of-stream")?;
            let mut guest = Guest::new(session(), Vec::new());
            let got = guest.turn(&mut Socket::new([Came::Reset]));
            let is_told =
                matches!(&got, Err(error) if error.kind() == ErrorKind::ConnectionReset);
            must(is_told, "errors-are-told", || {
                format!("The connection was reset, and your turn returned {}.", told(&got))
            })
        });
    });
}

#[test]
fn a_message_may_be_larger_than_a_read() {
    LESSON.grade("second_engine", |scene| {
        let length = 20 * BUFFER + scene.random().usize(1..BUFFER);
        let large = frame(scene, true, Opcode::Binary, &scene.random_bytes(length));
        let goodbye = frame(scene, true, Opcode::Close, &[]);
        checked(scene, "your engine", move || {
            let all = [large, goodbye].concat();
            let expected = first_engine(&all);
            let mut guest = Guest::new(session(), Vec::new());
            let mut socket = Socket::new([Came::Bytes(all)]);
            socket.most = 10_000;
            turns(&mut guest, &mut socket, 30_000, "a-part-of-a-frame")?;
            as_the_first(&socket, &expected, "a-part-of-a-frame")
        });
    });
}
