use super::{LESSON, told};
use nonblocking_exercises::echo_turn::{Echo, LIMIT, Turn, serve};
use peer::{LONGEST_DEADLINE, Scene, Script, Sink, Step, Take, of_the_machine};
use socket2::SockRef;
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

// The cases of `peer::echo` give these hint keys: "not-echoed", "one-at-a-time", "short-write",
// "no-back-pressure", "never-closes".

/// Turns until everything must be done, whatever order of reads and writes a student chooses.
const MANY: usize = 40;

/// Writes for which a socket is full: some turns, whatever a turn tries.
const FULL: usize = 6;

/// A turn that is told "not now" so often tries again instead of returning.
const TOO_OFTEN: usize = 5;

/// So often nothing is there to be read.
fn not_yet() -> impl Iterator<Item = Step> {
    std::iter::repeat_n(Step::Failed(ErrorKind::WouldBlock), 100)
}

/// The socket takes `first` bytes, is full for a while, and then takes everything.
fn full_after(first: usize) -> impl Iterator<Item = Take> {
    [Take::Bytes(first)]
        .into_iter()
        .chain(std::iter::repeat_n(Take::WouldBlock, FULL))
}

/// A stream that reads and writes exactly as told, and counts.
#[derive(Clone)]
struct Stream {
    script: Script,
    sink: Sink,
    count: Arc<Mutex<Count>>,
}

#[derive(Clone, Copy, Default)]
struct Count {
    read: usize,
    written: usize,
    /// Times that a read told the end of the stream.
    ends: usize,
    /// Reads into no room.
    empty_reads: usize,
    /// WouldBlock, from reads and writes.
    not_now: usize,
}

impl Stream {
    fn count(&self) -> MutexGuard<'_, Count> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn counted(&self, answer: io::Result<usize>) -> io::Result<usize> {
        if matches!(&answer, Err(error) if error.kind() == ErrorKind::WouldBlock) {
            self.count().not_now += 1;
        }
        answer
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let answer = self.script.read(buffer);
        let count = self.counted(answer)?;
        let mut seen = self.count();
        seen.read += count;
        if buffer.is_empty() {
            seen.empty_reads += 1;
        } else if count == 0 {
            seen.ends += 1;
        }
        Ok(count)
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let answer = self.sink.write(bytes);
        let count = self.counted(answer)?;
        self.count().written += count;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A conversation of which one turn after the other is played.
struct Played<'a> {
    scene: &'a Scene,
    stream: Stream,
    echo: Option<Echo<Stream>>,
}

struct Answered(io::Result<Turn>, Echo<Stream>);

impl fmt::Debug for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shortly(&self.0))
    }
}

/// What a turn said, in words that fit into a ladder.
fn shortly(outcome: &io::Result<Turn>) -> String {
    match outcome {
        Ok(Turn::Waits { readable, writable }) => match (readable, writable) {
            (true, false) => "waits until readable".to_string(),
            (false, true) => "waits until writable".to_string(),
            (true, true) => "waits until readable or writable".to_string(),
            (false, false) => "waits for nothing".to_string(),
        },
        other => told(other),
    }
}

impl<'a> Played<'a> {
    fn new(
        scene: &'a Scene,
        reads: impl IntoIterator<Item = Step>,
        writes: impl IntoIterator<Item = Take>,
    ) -> Self {
        let stream = Stream {
            script: scene.script(reads),
            sink: scene.sink(writes),
            count: Arc::default(),
        };
        let echo = Some(Echo::new(stream.clone()));
        Played {
            scene,
            stream,
            echo,
        }
    }

    /// One turn, and nothing said about it yet.
    fn play(&mut self) -> io::Result<Turn> {
        self.stream.count().not_now = 0;
        let Some(mut echo) = self.echo.take() else {
            unreachable!("it is always put back")
        };
        let answer = self.scene.run("your turn", move || {
            let outcome = echo.turn();
            Answered(outcome, echo)
        });
        let Answered(outcome, echo) = answer.join(|_| "would-block");
        self.echo = Some(echo);
        self.scene.note(format!("turn: {}", shortly(&outcome)));
        outcome
    }

    fn waiting(&self) -> usize {
        self.echo.as_ref().map_or(0, Echo::waiting)
    }

    /// One turn, and all that must be true after every turn that met no error.
    fn turn(&mut self) -> Turn {
        let outcome = self.play();
        let (count, waiting) = (*self.stream.count(), self.waiting());
        let check = |good: bool, key: &str, sentence: String| {
            self.scene.check(good, key, || sentence);
        };
        let turn = match outcome {
            Ok(turn) => turn,
            Err(error) => {
                let key = match error.kind() {
                    ErrorKind::WouldBlock => "would-block",
                    ErrorKind::Interrupted => "interrupted",
                    _ => "error-is-told",
                };
                let kind = error.kind();
                check(
                    false,
                    key,
                    format!(
                        "Nothing is wrong with the connection, and your turn returned Err({kind:?})."
                    ),
                );
                unreachable!("the check has failed")
            }
        };
        check(
            count.not_now <= TOO_OFTEN,
            "would-block",
            format!(
                "The stream said WouldBlock {} times in one turn: a loop that uses the processor until something happens.",
                count.not_now
            ),
        );
        check(
            count.read == count.written + waiting,
            "short-write",
            format!(
                "{} bytes were read and {} written, and {waiting} wait. What was read is either written or waits.",
                count.read, count.written
            ),
        );
        check(
            waiting <= LIMIT,
            "no-back-pressure",
            format!("{waiting} bytes wait for a client that does not read; {LIMIT} may."),
        );
        let Turn::Waits { readable, writable } = turn else {
            let key = if count.empty_reads > 0 {
                "full-is-not-the-end"
            } else {
                "would-block"
            };
            check(
                count.ends > 0,
                key,
                "The client has not ended its stream, and your turn returned Over.".to_string(),
            );
            check(
                waiting == 0,
                "end-before-the-rest",
                format!("{waiting} bytes still wait, and your turn returned Over."),
            );
            return turn;
        };
        check(
            count.ends == 0 || waiting > 0,
            "never-closes",
            "The client has ended its stream and all of its echo is written, and your turn returned Waits.".to_string(),
        );
        let wanted = |what: &str, why: &str| {
            format!("Your turn waits for {what}, and {why}: poll returns at once, again and again.")
        };
        check(
            waiting > 0 || !writable,
            "asks-for-nothing",
            wanted("room to write", "has nothing to write"),
        );
        check(
            count.ends == 0 || !readable,
            "asks-for-nothing",
            wanted("input", "the stream has ended"),
        );
        check(
            waiting < LIMIT || !readable,
            "asks-for-nothing",
            wanted("input", "has no room for it"),
        );
        check(
            waiting == 0 || writable,
            "does-not-ask",
            format!(
                "{waiting} bytes wait, and your turn does not wait for room to write them: nobody will call it."
            ),
        );
        check(
            readable || count.ends > 0 || waiting == LIMIT,
            "does-not-ask",
            "There is room for more input, and your turn does not wait for it: nobody will call it.".to_string(),
        );
        turn
    }

    /// Turns until all of `bytes` is written.
    fn until_written(&mut self, bytes: &[u8]) {
        for _ in 0..MANY {
            self.turn();
            if self.stream.count().written >= bytes.len() {
                break;
            }
        }
        self.compare(bytes);
    }

    /// Turns until the conversation is over, when all of `bytes` must have been written.
    fn until_over(&mut self, bytes: &[u8]) {
        for _ in 0..MANY {
            if self.turn() == Turn::Over {
                return self.compare(bytes);
            }
        }
        self.scene.check(false, "never-closes", || {
            format!("After {MANY} turns the conversation is not over.")
        });
    }

    fn compare(&self, bytes: &[u8]) {
        let sentence = "The echo is not what was read.";
        let written = self.stream.sink.written();
        self.scene.compare(bytes, &written, "not-echoed", sentence);
    }
}

#[test]
fn echoes_what_has_come_and_waits_for_more() {
    LESSON.grade("echo_turn", |scene| {
        let words = scene.random_letters(8);
        let mut echo = Played::new(scene, [Step::data(&words)].into_iter().chain(not_yet()), []);
        echo.until_written(words.as_bytes());
        echo.turn(); // One in which there is nothing to do.
        echo.compare(words.as_bytes());
    });
}

#[test]
fn keeps_what_the_socket_does_not_take() {
    LESSON.grade("echo_turn", |scene| {
        let words = scene.random_letters(12);
        let taken = scene.random().usize(2..10);
        let reads = [Step::data(&words)].into_iter().chain(not_yet());
        let mut echo = Played::new(scene, reads, full_after(taken));
        echo.until_written(words.as_bytes());
    });
}

#[test]
fn is_over_when_the_rest_of_the_echo_is_written() {
    LESSON.grade("echo_turn", |scene| {
        let words = scene.random_letters(12);
        let mut echo = Played::new(scene, [Step::data(&words)], full_after(5));
        echo.until_over(words.as_bytes());
    });
}

#[test]
fn reads_no_more_when_too_much_waits() {
    LESSON.grade("echo_turn", |scene| {
        let letters = scene.random_letters(LIMIT + 5000);
        let mut echo = Played::new(scene, [Step::data(&letters)], full_after(3));
        echo.until_over(letters.as_bytes());
    });
}

#[test]
fn reads_what_it_asks_for_while_some_of_it_waits() {
    LESSON.grade("echo_turn", |scene| {
        let letters = scene.random_letters(1000);
        let (first, more) = letters.as_bytes().split_at(600);
        let reads = [Step::data(first), Step::data(more)];
        let reads = reads.into_iter().chain(not_yet());
        let mut echo = Played::new(scene, reads, full_after(3));
        echo.turn();
        let before = echo.stream.count().read;
        echo.turn();
        let both = echo.stream.count().read;
        scene.check(before == 1000 || both > before, "asks-for-nothing", || {
            "Your turn waited for input, input came, and the next turn did not read it: poll returns at once, again and again.".to_string()
        });
        echo.until_written(letters.as_bytes());
    });
}

#[test]
fn leaves_the_others_their_turn() {
    LESSON.grade("echo_turn", |scene| {
        let letters = scene.random_letters(3 * LIMIT);
        let pieces = letters.as_bytes().chunks(6000).map(Step::data);
        let mut echo = Played::new(scene, pieces, []);
        echo.turn();
        let read = echo.stream.count().read;
        scene.check(read <= LIMIT, "starves-others", || {
            format!(
                "One turn read {read} bytes, and the others wait meanwhile; {LIMIT} are allowed."
            )
        });
        echo.until_over(letters.as_bytes());
    });
}

#[test]
fn interruptions_are_nothing() {
    LESSON.grade("echo_turn", |scene| {
        let words = scene.random_letters(8);
        let reads = [Step::Interrupted, Step::data(&words), Step::Interrupted];
        let writes = [Take::Interrupted, Take::Bytes(1), Take::Interrupted];
        let mut echo = Played::new(scene, reads, writes);
        echo.until_over(words.as_bytes());
    });
}

#[test]
fn other_errors_are_returned() {
    LESSON.grade("echo_turn", |scene| {
        let words = scene.random_letters(8);
        let mut echo = Played::new(scene, [Step::data(&words), Step::Reset], []);
        let mut outcome = echo.play();
        if outcome.is_ok() {
            outcome = echo.play(); // The first turn may have stopped behind the bytes.
        }
        let reset = |error: &io::Error| error.kind() == ErrorKind::ConnectionReset;
        scene.check(outcome.as_ref().is_err_and(reset), "error-is-told", || {
            format!(
                "The connection was reset, and your turn said: {}.",
                shortly(&outcome)
            )
        });
    });
}

/// Bytes that the kernel may hold in each direction of the server's connections. Left alone, the
/// buffers grow with use, and to fill and empty them takes long on a busy machine.
const BUFFER: usize = 64 * 1024;

fn listener(scene: &Scene) -> (TcpListener, SocketAddr) {
    let (listener, address) = scene.listener();
    // Accepted sockets inherit both.
    let socket = SockRef::from(&listener);
    of_the_machine("set SO_RCVBUF", socket.set_recv_buffer_size(BUFFER));
    of_the_machine("set SO_SNDBUF", socket.set_send_buffer_size(BUFFER));
    (listener, address)
}

#[test]
fn serves_many_clients_in_one_thread() {
    LESSON.grade_within(LONGEST_DEADLINE, "echo_turn", |scene| {
        let (listener, address) = listener(scene);
        let _server = scene.run("your server", move || serve(listener));
        peer::echo::serves_many(scene, address);
    });
}

#[test]
fn waits_for_a_client_that_reads_late() {
    LESSON.grade_within(LONGEST_DEADLINE, "echo_turn", |scene| {
        let (listener, address) = listener(scene);
        let _server = scene.run("your server", move || serve(listener));
        peer::echo::waits_for_a_client_that_reads_late(scene, address);
    });
}
