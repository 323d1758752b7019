use super::{LESSON, told};
use peer::{Scene, Script, Step, Why};
use std::fmt;
use std::io::{self, ErrorKind, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tcp_echo_exercises::read_exactly::read_exactly;

/// What the student's function returned, and what it left in the buffer.
struct Filled {
    result: io::Result<()>,
    buffer: Vec<u8>,
}

impl fmt::Debug for Filled {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}", told(&self.result))
    }
}

/// Asks the student's function for `length` bytes.
fn filled(stream: &mut impl Read, length: usize) -> Filled {
    let mut buffer = vec![0; length];
    let result = read_exactly(stream, &mut buffer);
    Filled { result, buffer }
}

fn filled_from(scene: &Scene, script: &Script, length: usize) -> Filled {
    let mut stream = script.clone();
    scene
        .run("your function", move || filled(&mut stream, length))
        .join(stuck)
}

fn stuck(_: Why) -> &'static str {
    "stops-when-full"
}

fn returns_ok(scene: &Scene, filled: &Filled, key: &str) {
    scene.check(filled.result.is_ok(), key, || {
        format!(
            "{} bytes were asked for, all of them came, and your function returned {}; Ok(()) was expected.",
            filled.buffer.len(),
            told(&filled.result)
        )
    });
}

#[test]
fn fills_the_buffer_from_one_read() {
    LESSON.grade("read_exactly", |scene| {
        let word = scene.random_letters(5);
        let script = scene.script([Step::data(&word)]);
        let filled = filled_from(scene, &script, word.len());
        returns_ok(scene, &filled, "stops-when-full");
        scene.compare(
            word.as_bytes(),
            &filled.buffer,
            "offset-not-advanced",
            "Your function left other bytes in the buffer than had come.",
        );
    });
}

#[test]
fn fills_the_buffer_from_many_reads() {
    LESSON.grade("read_exactly", |scene| {
        let word = scene.random_letters(9);
        let first = scene.random().usize(1..4);
        let second = first + scene.random().usize(1..4);
        let script = scene.script([
            Step::data(&word[..first]),
            Step::data(&word[first..second]),
            Step::data(&word[second..]),
        ]);
        let filled = filled_from(scene, &script, word.len());
        // Who stopped reading has forgotten the loop; who read everything has put it elsewhere.
        let (key, sentence) = if script.unread() > 0 {
            let sentence = "Your function returned before the buffer was full.";
            ("one-read-one-message", sentence)
        } else {
            let sentence = "Your function read all the pieces, but they do not stand in the buffer one behind the other.";
            ("offset-not-advanced", sentence)
        };
        scene.compare(word.as_bytes(), &filled.buffer, key, sentence);
        returns_ok(scene, &filled, "stops-when-full");
    });
}

#[test]
fn leaves_what_follows_to_the_next_read() {
    LESSON.grade("read_exactly", |scene| {
        let word = scene.random_letters(6);
        let next = scene.random_letters(5);
        let script = scene.script([Step::data(&word[..2]), Step::data(word[2..].to_owned() + &next)]);
        let filled = filled_from(scene, &script, word.len());
        let taken = next.len().saturating_sub(script.unread());
        scene.check(taken == 0, "takes-too-much", || {
            format!(
                "{} bytes were asked for, and your function took {} from the stream: who reads next will miss {taken}.",
                word.len(),
                word.len() + taken
            )
        });
        returns_ok(scene, &filled, "stops-when-full");
        scene.compare(
            word.as_bytes(),
            &filled.buffer,
            "offset-not-advanced",
            "Your function left other bytes in the buffer than had come.",
        );
    });
}

#[test]
fn returns_while_the_client_stays_silent() {
    LESSON.grade("read_exactly", |scene| {
        let (listener, address) = scene.listener();
        let word = scene.random_letters(5);
        let length = word.len();
        let server = scene.run("your server", move || {
            let (mut stream, _) = listener.accept()?;
            let filled = filled(&mut stream, length);
            filled.result.map(|()| filled.buffer)
        });
        let mut client = scene.connect("client", address);
        client.send_byte_by_byte(word.as_bytes());
        scene.note("the client is silent, and stays connected");
        let result = server.join(stuck);
        scene.check(
            matches!(&result, Ok(bytes) if bytes == word.as_bytes()),
            "stops-when-full",
            || {
                format!(
                    "{length} bytes were asked for, all of them came, and your function returned {}.",
                    told(&result)
                )
            },
        );
    });
}

#[test]
fn says_so_when_the_stream_ends_too_early() {
    LESSON.grade("read_exactly", |scene| {
        for came in [3, 0] {
            let word = scene.random_letters(came);
            // A stream that ends at once has no step at all.
            let script = scene.script((came > 0).then(|| Step::data(&word)));
            let filled = filled_from(scene, &script, 8);
            let early = matches!(&filled.result, Err(e) if e.kind() == ErrorKind::UnexpectedEof);
            scene.check(early, "ends-too-early", || {
                format!(
                    "8 bytes were asked for, {came} came, then the end of the stream; your function returned {}, and Err(UnexpectedEof) was expected.",
                    told(&filled.result)
                )
            });
        }
    });
}

#[test]
fn reports_a_reset() {
    LESSON.grade("read_exactly", |scene| {
        let word = scene.random_letters(2);
        let script = scene.script([Step::data(word), Step::Reset]);
        let filled = filled_from(scene, &script, 8);
        let reset = matches!(&filled.result, Err(e) if e.kind() == ErrorKind::ConnectionReset);
        scene.check(reset, "reset-is-an-error", || {
            format!(
                "The stream was reset, and your function returned {}; Err(ConnectionReset) was expected.",
                told(&filled.result)
            )
        });
    });
}

#[test]
fn goes_on_after_an_interrupted_read() {
    LESSON.grade("read_exactly", |scene| {
        let word = scene.random_letters(6);
        let (before, after) = word.split_at(2);
        let script = scene.script([Step::data(before), Step::Interrupted, Step::data(after)]);
        let filled = filled_from(scene, &script, word.len());
        scene.check(filled.result.is_ok(), "interrupted", || {
            format!(
                "A read was Interrupted, the rest came after it, and your function returned {}; Ok(()) was expected.",
                told(&filled.result)
            )
        });
        scene.compare(
            word.as_bytes(),
            &filled.buffer,
            "interrupted",
            "A read was Interrupted, and what came after it is not in the buffer.",
        );
    });
}

/// Remembers whether anybody has read.
struct Watched(Arc<AtomicBool>);

impl Read for Watched {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.store(true, Ordering::SeqCst);
        Ok(0)
    }
}

#[test]
fn an_empty_buffer_is_full_without_a_read() {
    LESSON.grade("read_exactly", |scene| {
        let read = Arc::new(AtomicBool::new(false));
        let mut stream = Watched(Arc::clone(&read));
        let filled = scene
            .run("your function", move || filled(&mut stream, 0))
            .join(stuck);
        scene.check(filled.result.is_ok(), "empty-buffer", || {
            format!(
                "No byte was asked for, and your function returned {}; Ok(()) was expected.",
                told(&filled.result)
            )
        });
        scene.check(!read.load(Ordering::SeqCst), "empty-buffer", || {
            "No byte was asked for, and your function called read() all the same: on a socket it could wait there for ever.".to_string()
        });
    });
}
