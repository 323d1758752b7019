use super::{LESSON, Wrong, checked, must, tell, told};
use peer::Scene;
use std::io::{self, ErrorKind, Write};
use std::sync::Arc;
use ws_session_exercises::slow_consumer::{Flushed, MOST_WAITING, Outbox, Pushed, TOO_SLOW};

/// A member's socket: takes so many bytes, and then would block.
#[derive(Default)]
struct Sink {
    room: usize,
    /// The longest write that is taken in one call; 0: any.
    most: usize,
    /// Errors that come before the next bytes are taken.
    errors: Vec<ErrorKind>,
    taken: Vec<u8>,
    /// Takes nothing and says that this is fine, and how often it did.
    is_stuck: bool,
    stuck: usize,
}

/// Writes of nothing, before they are an error of another kind.
const MOST_STUCK: usize = 100;

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(error) = self.errors.pop() {
            return Err(error.into());
        }
        if self.is_stuck {
            self.stuck += 1;
            return match self.stuck > MOST_STUCK {
                true => Err(ErrorKind::BrokenPipe.into()),
                false => Ok(0),
            };
        }
        if self.room == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        let most = if self.most == 0 {
            usize::MAX
        } else {
            self.most
        };
        let count = bytes.len().min(self.room).min(most);
        self.room -= count;
        self.taken.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The student's outbox, a socket, and what should come out of it.
struct Bench {
    outbox: Outbox,
    sink: Sink,
    /// Makes each frame another one.
    next: u8,
}

impl Bench {
    fn new(scene: &Scene) -> Bench {
        Bench {
            outbox: Outbox::new(),
            sink: Sink::default(),
            next: scene.random().u8(..),
        }
    }

    /// A binary frame of a server, of `length` bytes with its header of 4.
    fn frame(&mut self, length: usize) -> Arc<[u8]> {
        let payload = (length - 4) as u16;
        let mut frame = vec![0x82, 126];
        frame.extend(payload.to_be_bytes());
        frame.resize(length, self.next);
        self.next = self.next.wrapping_add(1);
        frame.into()
    }

    fn push(
        &mut self,
        frame: &Arc<[u8]>,
        expected: Pushed,
        key: &'static str,
    ) -> Result<(), Wrong> {
        let before = self.outbox.waiting();
        let got = self.outbox.push(frame);
        tell(format!("push({} bytes) = {got:?}", frame.len()));
        must(got == expected, key, || {
            format!(
                "{before} bytes waited, and push of {} bytes said {got:?}; {expected:?} was expected.",
                frame.len()
            )
        })
    }

    /// Lets the socket take so many bytes more.
    fn flush(&mut self, room: usize, expected: Flushed, key: &'static str) -> Result<(), Wrong> {
        self.sink.room = room;
        let got = self.outbox.flush(&mut self.sink);
        let said = told(&got);
        tell(format!(
            "flush, with room for {room} bytes = {said}; {} wait",
            self.outbox.waiting()
        ));
        let key = match &got {
            Err(error) if error.kind() == ErrorKind::WouldBlock => "would-block-is-an-answer",
            Err(error) if error.kind() == ErrorKind::Interrupted => "interrupted",
            _ => key,
        };
        must(matches!(got, Ok(got) if got == expected), key, || {
            format!(
                "The socket had room for {room} bytes, and flush returned {said}; Ok({expected:?}) was expected."
            )
        })
    }

    fn waits(&self, expected: usize, key: &'static str) -> Result<(), Wrong> {
        let got = self.outbox.waiting();
        must(got == expected, key, || {
            format!("waiting() is {got}; {expected} bytes should wait.")
        })
    }

    /// The socket has taken exactly these frames so far.
    fn took(&self, frames: &[&[u8]], key: &'static str) -> Result<(), Wrong> {
        let expected = frames.concat();
        let taken = &self.sink.taken;
        let wrong = expected.iter().zip(taken).position(|(a, b)| a != b);
        must(wrong.is_none(), key, || {
            let at = wrong.unwrap_or_default();
            let end = (at + 4).min(taken.len());
            format!(
                "Byte {at} on the wire is wrong: there come {:02x?}, and {:02x?} should.",
                &taken[at..end],
                &expected[at..(at + 4).min(expected.len())]
            )
        })?;
        must(taken.len() == expected.len(), key, || {
            format!(
                "{} bytes were written in all; {} were expected.",
                taken.len(),
                expected.len()
            )
        })
    }
}

#[test]
fn passes_on_what_is_pushed() {
    LESSON.grade("slow_consumer", |scene| {
        let mut bench = Bench::new(scene);
        checked(scene, "your outbox", move || {
            let (one, two) = (bench.frame(500), bench.frame(300));
            bench.flush(0, Flushed::All, "says-how-far")?;
            bench.push(&one, Pushed::Queued, "no-gaps")?;
            bench.push(&two, Pushed::Queued, "no-gaps")?;
            bench.waits(800, "counts-what-waits")?;
            bench.flush(10_000, Flushed::All, "says-how-far")?;
            bench.took(&[&one, &two], "no-gaps")?;
            bench.waits(0, "counts-what-waits")
        });
    });
}

#[test]
fn goes_on_where_the_last_write_ended() {
    LESSON.grade("slow_consumer", |scene| {
        let mut bench = Bench::new(scene);
        bench.sink.most = scene.random().usize(1..40);
        checked(scene, "your outbox", move || {
            let (one, two) = (bench.frame(500), bench.frame(300));
            bench.push(&one, Pushed::Queued, "no-gaps")?;
            bench.push(&two, Pushed::Queued, "no-gaps")?;
            for (room, left) in [(3, 797), (497, 300), (0, 300), (299, 1)] {
                bench.flush(room, Flushed::Waits, "short-write")?;
                bench.waits(left, "short-write")?;
            }
            bench.flush(1, Flushed::All, "says-how-far")?;
            bench.took(&[&one, &two], "short-write")
        });
    });
}

#[test]
fn an_interrupted_write_is_made_again_and_other_errors_are_told() {
    LESSON.grade("slow_consumer", |scene| {
        let mut bench = Bench::new(scene);
        checked(scene, "your outbox", move || {
            let one = bench.frame(500);
            bench.push(&one, Pushed::Queued, "no-gaps")?;
            bench.sink.errors = vec![ErrorKind::Interrupted];
            bench.flush(10_000, Flushed::All, "interrupted")?;
            bench.took(&[&one], "interrupted")?;
            bench.push(&one, Pushed::Queued, "no-gaps")?;
            bench.sink.errors = vec![ErrorKind::ConnectionReset];
            let got = bench.outbox.flush(&mut bench.sink);
            let is_told = matches!(&got, Err(error) if error.kind() == ErrorKind::ConnectionReset);
            must(is_told, "errors-are-told", || {
                format!(
                    "The connection was reset, and flush returned {}.",
                    told(&got)
                )
            })
        });
    });
}

#[test]
fn a_write_of_nothing_is_an_error() {
    LESSON.grade("slow_consumer", |scene| {
        let mut bench = Bench::new(scene);
        bench.sink.is_stuck = true;
        checked(scene, "your outbox", move || {
            let one = bench.frame(500);
            bench.push(&one, Pushed::Queued, "no-gaps")?;
            let got = bench.outbox.flush(&mut bench.sink);
            let stuck = bench.sink.stuck;
            must(stuck <= MOST_STUCK, "nothing-is-an-error", || {
                format!("write() returned Ok(0), and flush called it {stuck} times: a loop.")
            })?;
            let is_told = matches!(&got, Err(error) if error.kind() == ErrorKind::WriteZero);
            must(is_told, "nothing-is-an-error", || {
                format!(
                    "write() returned Ok(0), and flush returned {}; Err(WriteZero) was expected.",
                    told(&got)
                )
            })
        });
    });
}

#[test]
fn one_message_is_one_piece_of_memory_for_all() {
    LESSON.grade("slow_consumer", |scene| {
        let mut bench = Bench::new(scene);
        checked(scene, "your outbox", move || {
            let frame = bench.frame(1000);
            let mut room: Vec<Outbox> = (0..100).map(|_| Outbox::new()).collect();
            for member in &mut room {
                member.push(&frame);
            }
            let holders = Arc::strong_count(&frame) - 1;
            must(holders == 100, "one-copy-for-all", || {
                format!(
                    "A frame was pushed to 100 members. {holders} of their outboxes hold it, and the others a copy of its bytes, or nothing."
                )
            })?;
            for member in &mut room {
                let mut sink = Sink {
                    room: usize::MAX,
                    ..Sink::default()
                };
                // What it returns is other tests' concern.
                drop(member.flush(&mut sink));
            }
            let holders = Arc::strong_count(&frame) - 1;
            must(holders == 0, "one-copy-for-all", || {
                format!("All members have read the frame, and {holders} outboxes still hold it.")
            })
        });
    });
}

#[test]
fn who_reads_nothing_is_put_out() {
    LESSON.grade("slow_consumer", |scene| {
        let mut bench = Bench::new(scene);
        let length = scene.random().usize(900..1100);
        checked(scene, "your outbox", move || {
            let frame = bench.frame(length);
            let fit = MOST_WAITING / length;
            for _ in 0..fit {
                bench.push(&frame, Pushed::Queued, "the-limit-itself")?;
            }
            // Who has no limit, or none in bytes, is found out here, and who has one and says nothing.
            let mut last = Pushed::Queued;
            for _ in 0..10 {
                last = bench.outbox.push(&frame);
                tell(format!("push({length} bytes) = {last:?}"));
                let waiting = bench.outbox.waiting();
                must(last != Pushed::Queued || waiting <= MOST_WAITING, "unbounded", || {
                    format!(
                        "Nobody reads, and {waiting} bytes wait; the limit is {MOST_WAITING}."
                    )
                })?;
                if last != Pushed::Queued {
                    break;
                }
            }
            must(last == Pushed::PutOut, "no-gaps", || {
                format!(
                    "{fit} frames of {length} bytes waited, and 1 more came: push said {last:?}; PutOut was expected."
                )
            })?;
            let dropped = Arc::strong_count(&frame) == 1;
            must(dropped, "drops-what-waits", || {
                "A member was put out, and its outbox still holds frames of which nothing was written."
                    .to_string()
            })?;
            bench.waits(TOO_SLOW.len(), "drops-what-waits")?;
            bench.flush(1_000_000, Flushed::Over, "says-how-far")?;
            bench.took(&[&TOO_SLOW], "says-why")
        });
    });
}

#[test]
fn exactly_the_limit_may_wait() {
    LESSON.grade("slow_consumer", |scene| {
        let first = scene.random().usize(1_000..30_000);
        let bench = Bench::new(scene);
        checked(scene, "your outbox", move || {
            let mut bench = bench;
            let (one, two) = (bench.frame(first), bench.frame(MOST_WAITING - first));
            bench.push(&one, Pushed::Queued, "the-limit-itself")?;
            bench.push(&two, Pushed::Queued, "the-limit-itself")?;
            // What is written waits no longer.
            bench.flush(first, Flushed::Waits, "says-how-far")?;
            bench.push(&one, Pushed::Queued, "counts-what-waits")?;
            let least = bench.frame(4);
            bench.push(&least, Pushed::PutOut, "the-limit-itself")
        });
    });
}

#[test]
fn a_frame_that_is_begun_comes_to_its_end() {
    LESSON.grade("slow_consumer", |scene| {
        let begun = scene.random().usize(1..999);
        let mut bench = Bench::new(scene);
        checked(scene, "your outbox", move || {
            let one = bench.frame(1000);
            let large = bench.frame(40_000);
            bench.push(&one, Pushed::Queued, "no-gaps")?;
            bench.push(&large, Pushed::Queued, "no-gaps")?;
            bench.flush(begun, Flushed::Waits, "says-how-far")?;
            bench.push(&large, Pushed::PutOut, "unbounded")?;
            let waiting = bench.outbox.waiting();
            // First what the peer gets to see: it tells more than a number.
            bench.flush(1_000_000, Flushed::Over, "says-how-far")?;
            bench.took(&[&one, &TOO_SLOW], "a-frame-is-whole")?;
            let expected = 1000 - begun + TOO_SLOW.len();
            must(waiting == expected, "counts-what-waits", || {
                format!("Before that, waiting() was {waiting}; {expected} bytes waited.")
            })
        });
    });
}

#[test]
fn nothing_comes_behind_the_close_frame() {
    LESSON.grade("slow_consumer", |scene| {
        let mut bench = Bench::new(scene);
        checked(scene, "your outbox", move || {
            let (large, small) = (bench.frame(40_000), bench.frame(10));
            bench.push(&large, Pushed::Queued, "no-gaps")?;
            bench.push(&large, Pushed::PutOut, "unbounded")?;
            let after = "nothing-after-close";
            bench.push(&small, Pushed::Gone, after)?;
            bench.push(&large, Pushed::Gone, after)?;
            bench.flush(2, Flushed::Waits, "says-how-far")?;
            bench.push(&small, Pushed::Gone, after)?;
            bench.flush(1_000_000, Flushed::Over, "says-how-far")?;
            bench.push(&small, Pushed::Gone, after)?;
            bench.flush(1_000_000, Flushed::Over, after)?;
            bench.took(&[&TOO_SLOW], after)
        });
    });
}

#[test]
fn a_single_frame_may_be_too_much() {
    LESSON.grade("slow_consumer", |scene| {
        let mut bench = Bench::new(scene);
        checked(scene, "your outbox", move || {
            let huge: Arc<[u8]> = vec![0x82; MOST_WAITING + 1].into();
            bench.push(&huge, Pushed::PutOut, "unbounded")?;
            bench.flush(1_000_000, Flushed::Over, "says-how-far")?;
            bench.took(&[&TOO_SLOW], "says-why")
        });
    });
}
