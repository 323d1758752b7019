use super::{LESSON, PATIENCE, arrived, told, wait};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use mio_echo_exercises::read_on_event::{HIGH_WATER_MARK, Readable, read_on_event};
use peer::{Scene, Script, Step, Why};
use std::io::{self, ErrorKind, Write};
use std::net::TcpListener;

/// Bytes that one event stands for.
const MUCH: usize = 65_536;

fn stuck(why: Why) -> &'static str {
    match why {
        Why::Spinning => "would-block-is-an-answer",
        _ => "reads-once",
    }
}

fn would_block() -> Step {
    Step::Failed(ErrorKind::WouldBlock)
}

/// Calls the student's function with a stream in memory.
fn play(scene: &Scene, script: &Script, before: &[u8]) -> (Vec<u8>, io::Result<Readable>) {
    let (mut stream, mut out) = (script.clone(), before.to_vec());
    let code = move || {
        let result = read_on_event(&mut stream, &mut out);
        Answer(out, result)
    };
    let Answer(out, result) = scene.run("your function", code).join(stuck);
    (out, result)
}

/// Short in the ladder, whatever it holds.
struct Answer(Vec<u8>, io::Result<Readable>);

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{}, with {} bytes in `out`", told(&self.1), self.0.len())
    }
}

fn returned(
    scene: &Scene,
    result: &io::Result<Readable>,
    expected: Readable,
    key: &str,
    because: &str,
) {
    let good = matches!(result, Ok(readable) if *readable == expected);
    scene.check(good, key, || {
        format!(
            "{because}, and your function returned {}; Ok({expected:?}) was expected.",
            told(result)
        )
    });
}

/// What WouldBlock was taken for.
fn would_block_key(result: &io::Result<Readable>) -> &'static str {
    match result {
        Ok(_) => "would-block-is-not-the-end",
        Err(_) => "would-block-is-an-answer",
    }
}

/// An echo server for one client: waits for events, and lets the student's function read.
fn echo(listener: TcpListener) -> io::Result<()> {
    let (stream, _) = listener.accept()?;
    stream.set_nonblocking(true)?;
    let mut stream = TcpStream::from_std(stream);
    // One event is to stand for all of it.
    arrived(&stream, MUCH)?;
    let (mut poll, mut events) = (Poll::new()?, Events::with_capacity(8));
    poll.registry()
        .register(&mut stream, Token(0), Interest::READABLE)?;
    let mut out = Vec::new();
    loop {
        wait(&mut poll, &mut events, PATIENCE)?;
        let readable = read_on_event(&mut stream, &mut out)?;
        let mut rest = &out[..];
        while !rest.is_empty() {
            // The client reads all the time, so there will be room.
            match stream.write(rest) {
                Ok(count) => rest = &rest[count..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::yield_now(),
                Err(error) => return Err(error),
            }
        }
        out.clear();
        if readable == Readable::Ended {
            return Ok(());
        }
    }
}

#[test]
fn reads_all_that_one_event_stands_for() {
    LESSON.grade("read_on_event", |scene| {
        let (listener, address) = scene.listener();
        let mut client = scene.connect("client", address);
        let bytes = scene.random_bytes(MUCH);
        client.send(&bytes);
        let server = scene.run("your server", move || echo(listener));
        client.expect(&bytes, |why| match why {
            Why::Ended | Why::Reset => "would-block-is-an-answer",
            Why::Different => "keeps-what-waits",
            why => stuck(why),
        });
        client.half_close();
        client.expect_end(|why| match why {
            Why::Spinning => "reads-past-the-end",
            _ => "end-of-stream",
        });
        let result = server.join(stuck);
        scene.check(result.is_ok(), "end-of-stream", || {
            format!(
                "The client ended its stream, and your server ended with {}.",
                told(&result)
            )
        });
    });
}

#[test]
fn ends_at_would_block() {
    LESSON.grade("read_on_event", |scene| {
        let bytes = scene.random_letters(9);
        let script = scene.script([Step::data(&bytes), would_block()]);
        let (out, result) = play(scene, &script, b"");
        let because = "A read said WouldBlock, which is \"no more for now\"";
        returned(
            scene,
            &result,
            Readable::Drained,
            would_block_key(&result),
            because,
        );
        scene.compare(
            bytes.as_bytes(),
            &out,
            "keeps-what-waits",
            "Other bytes are in `out` than were read.",
        );
    });
}

#[test]
fn bears_an_event_for_nothing() {
    LESSON.grade("read_on_event", |scene| {
        let (_, result) = play(scene, &scene.script([would_block()]), b"");
        let because = "The first read said WouldBlock: the event was a false one";
        returned(
            scene,
            &result,
            Readable::Drained,
            would_block_key(&result),
            because,
        );
    });
}

#[test]
fn goes_on_after_short_reads() {
    LESSON.grade("read_on_event", |scene| {
        let words: Vec<String> = (1..5).map(|n| scene.random_letters(n)).collect();
        let steps = words.iter().map(Step::data).chain([would_block()]);
        let script = scene.script(steps);
        let (out, result) = play(scene, &script, b"");
        scene.compare(
            words.concat().as_bytes(),
            &out,
            "short-read",
            "A read brought less than the buffer could hold, and more was behind it.",
        );
        let because = "Everything was read, until WouldBlock";
        returned(
            scene,
            &result,
            Readable::Drained,
            would_block_key(&result),
            because,
        );
    });
}

#[test]
fn tells_the_end_of_the_stream() {
    LESSON.grade("read_on_event", |scene| {
        let bytes = scene.random_letters(6);
        let (out, result) = play(scene, &scene.script([Step::data(&bytes)]), b"");
        returned(
            scene,
            &result,
            Readable::Ended,
            "end-of-stream",
            "A read returned Ok(0)",
        );
        scene.compare(
            bytes.as_bytes(),
            &out,
            "keeps-what-waits",
            "Other bytes are in `out` than were read.",
        );
    });
}

#[test]
fn goes_on_after_a_signal() {
    LESSON.grade("read_on_event", |scene| {
        let bytes = scene.random_letters(8);
        let (before, after) = bytes.split_at(4);
        let steps = [
            Step::data(before),
            Step::Interrupted,
            Step::data(after),
            would_block(),
        ];
        let (out, result) = play(scene, &scene.script(steps), b"");
        let because = "A read was Interrupted, and should have been tried again";
        returned(scene, &result, Readable::Drained, "interrupted", because);
        scene.compare(
            bytes.as_bytes(),
            &out,
            "interrupted",
            "What came after an Interrupted read is not in `out`.",
        );
    });
}

#[test]
fn stops_at_the_high_water_mark() {
    LESSON.grade("read_on_event", |scene| {
        let waits = scene.random_bytes(1_000);
        let length = HIGH_WATER_MARK + scene.random().usize(1..5_000);
        let bytes = scene.random_bytes(length);
        let script = scene.script([Step::data(&bytes), would_block()]);
        let (out, result) = play(scene, &script, &waits);
        scene.check(out.len() <= HIGH_WATER_MARK, "no-high-water-mark", || {
            format!(
                "{} bytes wait in `out` now; at most {HIGH_WATER_MARK} may.",
                out.len()
            )
        });
        scene.check(out.starts_with(&waits), "keeps-what-waits", || {
            "1,000 bytes waited in `out` before, and they are no longer there.".to_string()
        });
        let because = "`out` is full, and more is there";
        returned(scene, &result, Readable::Full, "remember-the-rest", because);
        scene.check(out.len() == HIGH_WATER_MARK, "no-high-water-mark", || {
            format!(
                "Your function stopped at {} bytes in `out`; {HIGH_WATER_MARK} may wait.",
                out.len()
            )
        });
        let taken = HIGH_WATER_MARK - waits.len();
        scene.compare(
            &bytes[..taken],
            &out[waits.len()..],
            "keeps-what-waits",
            "Other bytes are in `out` than were read.",
        );
        scene.check(
            script.unread() == length - taken,
            "no-high-water-mark",
            || "More bytes were read than `out` has room for: they are lost.".to_string(),
        );
    });
}

#[test]
fn reads_nothing_when_there_is_no_room() {
    LESSON.grade("read_on_event", |scene| {
        let waits = scene.random_bytes(HIGH_WATER_MARK);
        let script = scene.script([Step::data("more"), would_block()]);
        let (out, result) = play(scene, &script, &waits);
        scene.check(
            script.unread() == 4 && out == waits,
            "no-high-water-mark",
            || {
                format!(
                    "`out` was full, and {} bytes were read.",
                    4 - script.unread()
                )
            },
        );
        returned(
            scene,
            &result,
            Readable::Full,
            "remember-the-rest",
            "`out` was full",
        );
    });
}

#[test]
fn reports_a_reset() {
    LESSON.grade("read_on_event", |scene| {
        let script = scene.script([Step::data("ab"), Step::Reset]);
        let (_, result) = play(scene, &script, b"");
        let reset = matches!(&result, Err(error) if error.kind() == ErrorKind::ConnectionReset);
        scene.check(reset, "errors-are-told", || {
            format!(
                "The stream was reset, and your function returned {}; Err(ConnectionReset) was expected.",
                told(&result)
            )
        });
    });
}
