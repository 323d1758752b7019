use super::{LESSON, Wrong, must, probe, told};
use mio_chat_exercises::high_water::{BUFFER, HIGH, LOW, Relay, Wants};
use peer::Scene;
use std::io::{self, ErrorKind, Read, Write};

/// One who sends: so many bytes that repeat, then nothing, or the end.
struct Source {
    bytes: Vec<u8>,
    at: usize,
    left: usize,
    ends: bool,
    reads: usize,
}

impl Source {
    fn new(scene: &Scene, left: usize) -> Source {
        Source {
            bytes: scene.random_bytes(251),
            at: 0,
            left,
            ends: false,
            reads: 0,
        }
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reads += 1;
        if self.left == 0 && !self.ends {
            return Err(ErrorKind::WouldBlock.into());
        }
        let count = buffer.len().min(self.left);
        for byte in &mut buffer[..count] {
            *byte = self.bytes[self.at % self.bytes.len()];
            self.at += 1;
        }
        self.left -= count;
        Ok(count)
    }
}

/// One who takes so many bytes until the next turn.
#[derive(Default)]
struct Sink {
    room: usize,
    taken: Vec<u8>,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.room == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        let count = bytes.len().min(self.room);
        self.room -= count;
        self.taken.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Turns that bring far more than the high-water mark, if all of them read.
const MANY_TURNS: usize = 10 * HIGH / BUFFER;

/// The student's relay between the two.
struct Bench {
    relay: Relay,
    source: Source,
    sink: Sink,
}

impl Bench {
    fn new(source: Source) -> Bench {
        Bench {
            relay: Relay::new(),
            source,
            sink: Sink::default(),
        }
    }

    /// One turn, in which the sink has room for so many bytes.
    fn turn(&mut self, room: usize) -> Result<Wants, Wrong> {
        self.sink.room = room;
        let wants = self.relay.turn(&mut self.source, &mut self.sink);
        wants.map_err(|error| {
            let key = match error.kind() {
                ErrorKind::WouldBlock => "would-block-is-an-answer",
                _ => "bytes-lost",
            };
            let said = told(&Err::<Wants, _>(error));
            (
                key,
                format!("Nothing was wrong, and your turn returned {said}."),
            )
        })
    }

    /// Turns with a sink that takes nothing, until the relay does not want to read.
    fn fill(&mut self) -> Result<Wants, Wrong> {
        let mut wants = self.turn(0)?;
        for _ in 0..MANY_TURNS {
            if !wants.read {
                break;
            }
            wants = self.turn(0)?;
        }
        Ok(wants)
    }

    /// What came out is what went in, as far as it came.
    fn nothing_is_lost(&self) -> Result<(), Wrong> {
        let went_in = self.source.bytes.iter().cycle();
        let good = self
            .sink
            .taken
            .iter()
            .zip(went_in)
            .position(|(a, b)| a != b);
        let total = self.sink.taken.len() + self.relay.waiting();
        must(good.is_none(), "bytes-lost", || {
            format!(
                "Byte {} that your relay passed on is not the one that had come.",
                good.unwrap_or_default()
            )
        })?;
        must(total == self.source.at, "bytes-lost", || {
            format!(
                "Your relay has read {} bytes. {} were passed on and {} wait: the others are lost.",
                self.source.at,
                self.sink.taken.len(),
                self.relay.waiting()
            )
        })
    }
}

#[test]
fn passes_on_what_comes() {
    LESSON.grade("high_water", |scene| {
        let source = Source::new(scene, 10_000);
        probe(scene, "your relay", || {
            let mut bench = Bench::new(source);
            for _ in 0..10 {
                bench.turn(usize::MAX)?;
            }
            bench.nothing_is_lost()?;
            let came = bench.sink.taken.len();
            must(came == 10_000, "bytes-lost", || {
                format!("10000 bytes came, and after ten turns {came} were passed on.")
            })
        });
    });
}

#[test]
fn reads_once_in_a_turn() {
    LESSON.grade("high_water", |scene| {
        let source = Source::new(scene, usize::MAX);
        probe(scene, "your relay", || {
            let mut bench = Bench::new(source);
            bench.turn(usize::MAX)?;
            let reads = bench.source.reads;
            must(reads == 1, "one-read-in-a-turn", || {
                format!("In one turn your relay made {reads} reads; 1 was expected.")
            })
        });
    });
}

#[test]
fn wants_to_write_only_while_something_waits() {
    LESSON.grade("high_water", |scene| {
        let source = Source::new(scene, 3);
        probe(scene, "your relay", || {
            let mut bench = Bench::new(source);
            let wants = bench.turn(0)?;
            must(wants == (Wants { read: true, write: true }), "wants", || {
                format!("3 bytes came and wait, and your turn said {wants:?}; both were expected.")
            })?;
            let wants = bench.turn(usize::MAX)?;
            must(wants == (Wants { read: true, write: false }), "wants", || {
                format!(
                    "Nothing waits any more, and your turn said {wants:?}. There is always room to write nothing: a level-triggered loop would call at once, for ever."
                )
            })
        });
    });
}

#[test]
fn stops_reading_when_the_sink_takes_nothing() {
    LESSON.grade("high_water", |scene| {
        let source = Source::new(scene, usize::MAX);
        probe(scene, "your relay", || {
            let mut bench = Bench::new(source);
            let mut wants = bench.turn(0)?;
            for _ in 0..MANY_TURNS {
                wants = bench.turn(0)?;
            }
            let waiting = bench.relay.waiting();
            must(waiting <= HIGH + BUFFER, "reads-on", || {
                format!(
                    "One sends without end, and the other takes nothing. After {MANY_TURNS} turns {waiting} bytes wait in your relay; at most {} were expected.",
                    HIGH + BUFFER
                )
            })?;
            bench.nothing_is_lost()?;
            must(waiting > HIGH - BUFFER, "stops-too-early", || {
                format!("Your relay stopped with {waiting} waiting bytes; the mark is {HIGH}.")
            })?;
            must(wants == (Wants { read: false, write: true }), "wants", || {
                format!(
                    "Your relay has stopped reading, and said {wants:?}. Bytes that it does not read would wake a level-triggered loop at once, for ever."
                )
            })
        });
    });
}

#[test]
fn goes_on_writing_while_it_reads_nothing() {
    LESSON.grade("high_water", |scene| {
        let source = Source::new(scene, usize::MAX);
        probe(scene, "your relay", || {
            let mut bench = Bench::new(source);
            bench.fill()?;
            let before = bench.relay.waiting();
            bench.turn(5_000)?;
            let taken = bench.sink.taken.len();
            must(taken == 5_000, "stops-writing-too", || {
                format!(
                    "{before} bytes waited, the sink had room for 5000, and your relay wrote {taken}."
                )
            })?;
            bench.nothing_is_lost()
        });
    });
}

#[test]
fn reads_again_at_the_low_mark_and_not_before() {
    LESSON.grade("high_water", |scene| {
        let source = Source::new(scene, usize::MAX);
        let room = scene.random().usize(1_000..2_000);
        probe(scene, "your relay", move || {
            let mut bench = Bench::new(source);
            bench.fill()?;
            let reads = bench.source.reads;
            // Down to the low mark, a little at a time.
            while bench.relay.waiting() > LOW + room {
                let before = bench.relay.waiting();
                let wants = bench.turn(room)?;
                must(bench.source.reads == reads && !wants.read, "one-mark", || {
                    format!(
                        "Your relay had stopped at the high-water mark. With {} waiting bytes it reads again; the low-water mark is {LOW}.",
                        before - room
                    )
                })?;
            }
            let wants = bench.turn(2 * room)?;
            let waiting = bench.relay.waiting();
            must(wants.read, "never-resumes", || {
                format!(
                    "{waiting} bytes wait, the low-water mark is {LOW}, and your relay still does not read."
                )
            })?;
            bench.nothing_is_lost()
        });
    });
}

#[test]
fn the_rest_is_written_after_the_end() {
    LESSON.grade("high_water", |scene| {
        let mut source = Source::new(scene, 3 * BUFFER);
        source.ends = true;
        probe(scene, "your relay", || {
            let mut bench = Bench::new(source);
            for _ in 0..5 {
                bench.turn(0)?;
            }
            let reads = bench.source.reads;
            must(reads == 4, "reads-past-the-end", || {
                format!(
                    "Three reads brought bytes, the fourth the end of the stream, and your relay made {reads} in five turns."
                )
            })?;
            let wants = bench.turn(BUFFER)?;
            must(wants == (Wants { read: false, write: true }), "end-of-stream", || {
                format!(
                    "The end has come, and bytes still wait: your turn said {wants:?}; to write only was expected."
                )
            })?;
            let wants = bench.turn(usize::MAX)?;
            bench.nothing_is_lost()?;
            must(wants == (Wants { read: false, write: false }), "end-of-stream", || {
                format!("The end has come, and nothing waits: your turn said {wants:?}.")
            })
        });
    });
}
