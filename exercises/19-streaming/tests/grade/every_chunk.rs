use super::LESSON;
use peer::{Answer, Line, Scene, Take, Why, of_the_machine};
use std::fmt::{self, Debug};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use streaming_exercises::every_chunk::{HEAD, LAST_CHUNK, chunk, stream};

/// Parts that are made for a client that is gone, before the test says so.
const FOR_NOBODY: usize = 100;

/// A connection that knows how many bytes it was given.
struct Counted {
    stream: TcpStream,
    left: Arc<AtomicUsize>,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.stream.write(bytes)?;
        self.left.fetch_add(count, Ordering::SeqCst);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// The parts that the test makes, one by one. Whoever asks for one tells how many bytes have left.
struct Parts {
    left: Arc<AtomicUsize>,
    asks: Sender<usize>,
    made: Receiver<Vec<u8>>,
}

impl Iterator for Parts {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        self.asks.send(self.left.load(Ordering::SeqCst)).ok()?;
        self.made.recv().ok()
    }
}

/// How the student's function ended.
struct Ended {
    result: Result<(), ErrorKind>,
    /// Bytes that it has left in the buffer.
    waiting: usize,
}

impl Debug for Ended {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.result.fmt(f)
    }
}

/// A client, and a server that runs the student's function.
struct Meeting<'a> {
    scene: &'a Scene,
    client: Line<'a>,
    server: Answer<'a, Ended>,
    asked: Receiver<usize>,
    make: Sender<Vec<u8>>,
    /// Bytes that should have left, and how many of them the client has read.
    due: Vec<u8>,
    read: usize,
}

impl<'a> Meeting<'a> {
    fn new(scene: &'a Scene) -> Self {
        let (listener, address) = scene.listener();
        let client = scene.connect("client", address);
        let (connection, _) = of_the_machine("accept", listener.accept());
        let (asks, asked) = mpsc::channel();
        let (make, made) = mpsc::channel();
        let server = scene.run("your server", move || {
            let left = Arc::new(AtomicUsize::new(0));
            let mut out = BufWriter::new(Counted {
                stream: connection,
                left: Arc::clone(&left),
            });
            let ended = stream(&mut out, Parts { left, asks, made });
            Ended {
                result: ended.map_err(|error| error.kind()),
                waiting: out.buffer().len(),
            }
        });
        Self {
            scene,
            client,
            server,
            asked,
            make,
            due: HEAD.to_vec(),
            read: 0,
        }
    }

    /// The student's function asks for part `nth`: how many bytes have left by then?
    fn is_asked(&mut self, nth: usize, key: &str) -> usize {
        let asked = self.asked.recv_timeout(self.scene.left());
        self.scene.check(asked.is_ok(), key, || {
            format!("stream() has not asked for part {nth}.")
        });
        self.scene.note(format!("part {nth} is asked for"));
        asked.unwrap_or_default()
    }

    /// Makes part `nth`, and expects that it has left when the next one is asked for.
    fn makes(&mut self, nth: usize, part: &[u8], key: &'static str) {
        if part.is_empty() {
            self.scene
                .note(format!("part {nth} is made: there is nothing in it"));
        } else {
            self.scene
                .note(format!("part {nth} is made: {} bytes", part.len()));
            self.due.extend(chunk(part));
        }
        let _ = self.make.send(part.to_vec());
        let left = self.is_asked(nth + 1, key);
        self.has_left(left, &format!("Part {nth}"), nth + 1, key);
    }

    /// When part `next` was asked for, `left` bytes had left: that should be all that is due, `what` too.
    fn has_left(&mut self, left: usize, what: &str, next: usize, key: &'static str) {
        let due = self.due.clone();
        self.client
            .expect(&due[self.read..left.min(due.len())], |why| match why {
                Why::Different if key == "buffered-chunks" => "as-chunks",
                _ => key,
            });
        self.read = due.len();
        self.scene.check(left >= due.len(), key, || {
            format!(
                "{what} was there when part {next} was asked for, and only {left} of {} bytes had left.",
                due.len()
            )
        });
    }

    /// There are no more parts: the function returns, and everything has left.
    fn ends(mut self) {
        let scene = self.scene;
        scene.note("there are no more parts");
        drop(self.make);
        let Ended { result, waiting } = self.server.join(|_| "last-chunk");
        scene.check(result.is_ok(), "last-chunk", || {
            format!(
                "There were no more parts, and stream() returned {result:?}; Ok(()) was expected."
            )
        });
        scene.check(waiting == 0, "last-chunk", || {
            format!("stream() has returned, and {waiting} bytes wait in the buffer for a flush that nobody will do.")
        });
        self.due.extend(LAST_CHUNK);
        let rest = &self.due[self.read..];
        self.client.expect(rest, |_| "last-chunk");
        self.client.expect_end(|_| "last-chunk");
    }
}

#[test]
fn sends_each_part_before_it_asks_for_the_next() {
    LESSON.grade("every_chunk", |scene| {
        let mut meeting = Meeting::new(scene);
        meeting.is_asked(1, "as-chunks");
        for (nth, length) in (1..).zip([5, 12, 1]) {
            let part = scene.random_letters(length).into_bytes();
            meeting.makes(nth, &part, "buffered-chunks");
        }
    });
}

#[test]
fn sends_the_head_before_there_is_a_part() {
    LESSON.grade("every_chunk", |scene| {
        let mut meeting = Meeting::new(scene);
        let left = meeting.is_asked(1, "head-waits");
        meeting.has_left(left, "The head", 1, "head-waits");
    });
}

#[test]
fn sends_the_last_chunk_when_there_are_no_more_parts() {
    LESSON.grade("every_chunk", |scene| {
        for parts in [1, 0] {
            let mut meeting = Meeting::new(scene);
            meeting.is_asked(1, "last-chunk");
            for nth in 0..parts {
                let part = scene.random_letters(7).into_bytes();
                meeting.makes(nth + 1, &part, "buffered-chunks");
            }
            meeting.ends();
        }
    });
}

#[test]
fn sends_nothing_for_a_part_with_nothing_in_it() {
    LESSON.grade("every_chunk", |scene| {
        let mut meeting = Meeting::new(scene);
        let key = "empty-chunk-is-the-end";
        meeting.is_asked(1, key);
        for (nth, length) in (1..).zip([0, 4, 0, 0, 3]) {
            let part = scene.random_letters(length).into_bytes();
            meeting.makes(nth, &part, key);
        }
        meeting.ends();
    });
}

#[test]
fn sends_all_of_a_part_when_little_is_taken_at_a_time() {
    LESSON.grade("every_chunk", |scene| {
        let parts = [60, 5000, 9].map(|length| scene.random_letters(length).into_bytes());
        let chunks = parts.clone().map(|part| chunk(&part)).concat();
        let expected = [HEAD, &chunks, LAST_CHUNK].concat();
        let sink = scene.sink([Take::Bytes(40); 12]);
        let out = sink.clone();
        let answer = scene.run("your server", move || stream(out, parts.into_iter()));
        let ended = answer.join(|_| "short-write");
        scene.check(ended.is_ok(), "short-write", || {
            format!("Some bytes at a time were taken, and stream() returned {ended:?}; Ok(()) was expected.")
        });
        let sentence = "Some bytes at a time were taken, and not everything was written.";
        scene.compare(&expected, &sink.written(), "short-write", sentence);
    });
}

/// Takes so many bytes, and then the client is gone.
struct Gone {
    room: usize,
}

impl Write for Gone {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = bytes.len().min(self.room);
        self.room -= count;
        match count {
            0 => Err(ErrorKind::BrokenPipe.into()),
            _ => Ok(count),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn asks_for_no_more_when_the_client_is_gone() {
    LESSON.grade("every_chunk", |scene| {
        let heard = scene.random().usize(1..4);
        let part = scene.random_letters(8).into_bytes();
        let room = HEAD.len() + heard * chunk(&part).len();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let server = scene.run("your server", move || {
            let parts = std::iter::repeat_with(|| {
                count.fetch_add(1, Ordering::SeqCst);
                part.clone()
            });
            let mut out = BufWriter::new(Gone { room });
            let ended = stream(&mut out, parts.take(FOR_NOBODY));
            // What is in the buffer goes nowhere.
            let _ = out.into_parts();
            ended.map_err(|error| error.kind())
        });
        let ended = server.join(|_| "goes-on-for-nobody");
        let asked = asked.load(Ordering::SeqCst);
        scene.note(format!("the client is gone after part {heard}"));
        scene.check(ended == Err(ErrorKind::BrokenPipe), "goes-on-for-nobody", || {
            format!("The client was gone after part {heard}, and stream() returned {ended:?} after {asked} parts; Err(BrokenPipe) was expected.")
        });
        scene.check(asked <= heard + 1, "goes-on-for-nobody", || {
            format!("The client was gone after part {heard}, and stream() has asked for {asked} parts.")
        });
    });
}
