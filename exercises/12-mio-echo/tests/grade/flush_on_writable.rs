use super::{LESSON, told, wait};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use mio_echo_exercises::flush_on_writable::{Outgoing, flush_on_writable};
use peer::{Scene, Why};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Write};
use std::time::{Duration, Instant};

/// How long the wake-ups for an idle client are counted.
const COUNTED: Duration = Duration::from_millis(100);
/// Registering makes an event of what is ready already, once.
const FEW: usize = 2;

fn both() -> Interest {
    Interest::READABLE | Interest::WRITABLE
}

fn stuck(why: Why) -> &'static str {
    match why {
        Why::Spinning => "would-block-is-an-answer",
        _ => "never-returns",
    }
}

/// What one write does.
#[derive(Clone, Copy, Debug)]
enum Take {
    /// Takes so many bytes, or all if there are fewer.
    Bytes(usize),
    Fails(ErrorKind),
}

/// A stream with room as told. When the script is over, there is no more room.
struct Valve {
    script: VecDeque<Take>,
    written: Vec<u8>,
}

impl Write for Valve {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.script.pop_front() {
            Some(Take::Bytes(count)) => {
                let count = count.min(bytes.len());
                self.written.extend_from_slice(&bytes[..count]);
                Ok(count)
            }
            Some(Take::Fails(kind)) => Err(kind.into()),
            None => Err(ErrorKind::WouldBlock.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is to be seen after one call of the student's function.
#[derive(Debug)]
struct Flushed {
    written: Vec<u8>,
    waiting: Vec<u8>,
    interest: Interest,
    /// What the kernel was told, in order.
    told: Vec<Interest>,
    result: io::Result<()>,
}

fn play(scene: &Scene, waiting: &[u8], interest: Interest, script: &[Take]) -> Flushed {
    let size = waiting.len();
    scene.note(format!("{size} bytes wait; registered for {interest:?}"));
    for take in script {
        scene.note(match take {
            Take::Bytes(count) => format!("write() will take {count} bytes at most"),
            Take::Fails(kind) => format!("write() will return Err({kind:?})"),
        });
    }
    scene.note("write() will return Err(WouldBlock) from then on");
    let mut out = Outgoing {
        waiting: waiting.to_vec(),
        interest,
    };
    let mut stream = Valve {
        script: script.iter().copied().collect(),
        written: Vec::new(),
    };
    let code = move || {
        let told = RefCell::new(Vec::new());
        let reregister = |interest| {
            told.borrow_mut().push(interest);
            Ok(())
        };
        let result = flush_on_writable(&mut stream, &mut out, reregister);
        Flushed {
            written: stream.written,
            waiting: out.waiting,
            interest: out.interest,
            told: told.into_inner(),
            result,
        }
    };
    scene.run("your function", code).join(stuck)
}

fn succeeded(scene: &Scene, flushed: &Flushed, key: &str, because: &str) {
    scene.check(flushed.result.is_ok(), key, || {
        format!(
            "{because}, and your function returned {}; Ok(()) was expected.",
            told(&flushed.result)
        )
    });
}

/// The interest in the kernel and in `out`.
fn registered(scene: &Scene, flushed: &Flushed, expected: &[Interest], key: &str, because: &str) {
    scene.check(flushed.told == expected, key, || {
        format!(
            "{because}. Your function called reregister with {:?}; {expected:?} was expected.",
            flushed.told
        )
    });
    if let Some(last) = expected.last() {
        scene.check(flushed.interest == *last, "interest-is-remembered", || {
            format!(
                "reregister was called with {last:?}, and out.interest is {:?}: the next call will not know.",
                flushed.interest
            )
        });
    }
}

#[test]
fn does_not_wake_up_for_a_client_that_does_nothing() {
    LESSON.grade("flush_on_writable", |scene| {
        let (listener, address) = scene.listener();
        let _client = scene.connect("idle client", address);
        let code = move || {
            let (stream, _) = listener.accept()?;
            stream.set_nonblocking(true)?;
            let mut stream = TcpStream::from_std(stream);
            let (mut poll, mut events) = (Poll::new()?, Events::with_capacity(8));
            let registry = poll.registry().try_clone()?;
            registry.register(&mut stream, Token(0), both())?;
            // As after a flush that left something.
            let mut out = Outgoing {
                waiting: b"the rest".to_vec(),
                interest: both(),
            };
            let (end, mut wake_ups) = (Instant::now() + COUNTED, 0);
            loop {
                let left = end.saturating_duration_since(Instant::now());
                wait(&mut poll, &mut events, left)?;
                if events.is_empty() {
                    return Ok(wake_ups);
                }
                wake_ups += 1;
                // Two handles of one socket: one writes, one is registered anew.
                let mut registered = Vec::new();
                flush_on_writable(&mut stream, &mut out, |interest| {
                    registered.push(interest);
                    Ok(())
                })?;
                for interest in registered {
                    registry.reregister(&mut stream, Token(0), interest)?;
                }
                if left.is_zero() {
                    return Ok(wake_ups);
                }
            }
        };
        let wake_ups = scene.run("your server", code).join(stuck);
        let wake_ups: usize = match wake_ups {
            Ok(wake_ups) => wake_ups,
            Err(error) => {
                let error: io::Error = error;
                scene.check(false, "would-block-is-an-answer", || {
                    format!("Your function returned Err({:?}); Ok(()) was expected.", error.kind())
                });
                0
            }
        };
        scene.check(wake_ups <= FEW, "interest-only-when-needed", || {
            format!("Your server woke up {wake_ups} times in {} s for a client that does nothing, and for which nothing waits.", COUNTED.as_secs_f64())
        });
    });
}

#[test]
fn keeps_what_the_stream_does_not_take() {
    LESSON.grade("flush_on_writable", |scene| {
        let bytes = scene.random_letters(10);
        let took = scene.random().usize(3..8);
        let script = [Take::Bytes(took)];
        let flushed = play(scene, bytes.as_bytes(), Interest::READABLE, &script);
        let because = "write() said WouldBlock: there is no more room for now";
        succeeded(scene, &flushed, "would-block-is-an-answer", because);
        let whole = [&flushed.written[..], &flushed.waiting].concat();
        scene.compare(
            bytes.as_bytes(),
            &whole,
            "keeps-the-rest",
            &format!("The stream took {took} of 10 bytes. What it took, and what waits now, should be the same 10 bytes."),
        );
        let because = "Some bytes wait for room, and only WRITABLE tells of it";
        registered(scene, &flushed, &[both()], "asks-for-writable", because);
    });
}

#[test]
fn gives_writable_back_when_nothing_waits() {
    LESSON.grade("flush_on_writable", |scene| {
        let bytes = scene.random_letters(9);
        let script = [Take::Bytes(4), Take::Bytes(100)];
        let flushed = play(scene, bytes.as_bytes(), both(), &script);
        let because = "The stream took everything, in two writes";
        succeeded(scene, &flushed, "short-write", because);
        scene.compare(
            bytes.as_bytes(),
            &flushed.written,
            "short-write",
            "There was room for everything, and not everything was written.",
        );
        scene.check(flushed.waiting.is_empty(), "keeps-the-rest", || {
            format!(
                "Everything was written, and {} bytes wait still: they will be written again.",
                flushed.waiting.len()
            )
        });
        let because = "Everything is written, so WRITABLE is needed no more";
        registered(
            scene,
            &flushed,
            &[Interest::READABLE],
            "gives-writable-back",
            because,
        );
    });
}

#[test]
fn says_nothing_when_the_interest_stays() {
    LESSON.grade("flush_on_writable", |scene| {
        for (waiting, interest, script) in [
            (&b"abc"[..], Interest::READABLE, &[Take::Bytes(3)][..]),
            (b"abc", both(), &[]),
            (b"abc", both(), &[Take::Bytes(1)]),
            (b"", Interest::READABLE, &[]),
        ] {
            let flushed = play(scene, waiting, interest, script);
            let because = "WouldBlock may come at any time";
            succeeded(scene, &flushed, "would-block-is-an-answer", because);
            let because =
                "The interest is the same as before, and to register again makes a new event";
            registered(scene, &flushed, &[], "reregister-is-an-event", because);
        }
    });
}

#[test]
fn goes_on_after_a_signal() {
    LESSON.grade("flush_on_writable", |scene| {
        let bytes = scene.random_letters(6);
        let script = [
            Take::Bytes(2),
            Take::Fails(ErrorKind::Interrupted),
            Take::Bytes(10),
        ];
        let flushed = play(scene, bytes.as_bytes(), both(), &script);
        let because = "A write was Interrupted, and should have been tried again";
        succeeded(scene, &flushed, "interrupted", because);
        scene.compare(
            bytes.as_bytes(),
            &flushed.written,
            "interrupted",
            "A write was Interrupted, and what came after it was not written.",
        );
    });
}

#[test]
fn reports_a_failed_client() {
    LESSON.grade("flush_on_writable", |scene| {
        let kind = if scene.random().bool() {
            ErrorKind::BrokenPipe
        } else {
            ErrorKind::ConnectionReset
        };
        let flushed = play(scene, b"abc", both(), &[Take::Bytes(1), Take::Fails(kind)]);
        let good = matches!(&flushed.result, Err(error) if error.kind() == kind);
        scene.check(good, "errors-are-told", || {
            format!(
                "A write failed, and your function returned {}; Err({kind:?}) was expected.",
                told(&flushed.result)
            )
        });
    });
}
