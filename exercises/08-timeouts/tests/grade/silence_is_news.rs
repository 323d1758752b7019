use super::{LESSON, told};
use peer::{Scene, Script, Step, Why};
use std::io::{self, ErrorKind};
use std::time::Duration;
use timeouts_exercises::silence_is_news::{Heard, hear};

/// How long the reads on real sockets wait.
const TIMEOUT: Duration = Duration::from_millis(30);

/// Calls the student's function once for a stream in memory.
fn heard(scene: &Scene, script: &Script) -> io::Result<Heard> {
    let mut stream = script.clone();
    scene
        .run("your function", move || hear(&mut stream, &mut [0; 64]))
        .join(stuck)
}

fn stuck(why: Why) -> &'static str {
    match why {
        Why::Spinning => "reads-past-the-end",
        _ => "tries-again",
    }
}

/// Ends the test when an expired timeout was not told as silence. `what` happened before.
fn is_silence(scene: &Scene, heard: &io::Result<Heard>, error: &'static str, what: &str) {
    let key = match heard {
        Ok(Heard::End) => "timeout-is-not-the-end",
        Ok(_) => "tries-again",
        Err(_) => error,
    };
    scene.check(matches!(heard, Ok(Heard::Silence)), key, || {
        format!(
            "{what}, and your function returned {}; Ok(Silence) was expected.",
            told(heard)
        )
    });
}

#[test]
fn hears_bytes() {
    LESSON.grade("silence_is_news", |scene| {
        let length = scene.random().usize(3..20);
        let script = scene.script([Step::data(scene.random_letters(length))]);
        let heard = heard(scene, &script);
        let good = matches!(heard, Ok(Heard::Bytes(n)) if n == length);
        scene.check(good, "bytes-or-the-end", || {
            format!(
                "{length} bytes came, and your function returned {}; Ok(Bytes({length})) was expected.",
                told(&heard)
            )
        });
    });
}

#[test]
fn hears_the_end() {
    LESSON.grade("silence_is_news", |scene| {
        let heard = heard(scene, &scene.script([]));
        scene.check(matches!(heard, Ok(Heard::End)), "bytes-or-the-end", || {
            format!(
                "The stream had ended, and your function returned {}; Ok(End) was expected.",
                told(&heard)
            )
        });
    });
}

#[test]
fn hears_the_silence_of_a_client_that_is_connected() {
    LESSON.grade("silence_is_news", |scene| {
        let (listener, address) = scene.listener();
        let server = scene.run("your server", move || {
            let (mut stream, _) = listener.accept()?;
            stream.set_read_timeout(Some(TIMEOUT))?;
            hear(&mut stream, &mut [0; 64])
        });
        let client = scene.connect("client", address);
        scene.note("client: says nothing, and stays");
        let heard = server.join(stuck);
        let what = "The client was silent until the read timeout expired";
        is_silence(scene, &heard, "silence-is-no-error", what);
        client.close();
    });
}

#[test]
fn knows_both_names_of_an_expired_timeout() {
    LESSON.grade("silence_is_news", |scene| {
        for name in [ErrorKind::WouldBlock, ErrorKind::TimedOut] {
            let heard = heard(scene, &scene.script([Step::Failed(name)]));
            let what = format!("The read timeout expired as Err({name:?})");
            is_silence(scene, &heard, "two-names", &what);
        }
    });
}

#[test]
fn hears_what_comes_after_the_silence() {
    LESSON.grade("silence_is_news", |scene| {
        let length = scene.random().usize(3..20);
        let word = scene.random_letters(length);
        let script = scene.script([Step::Failed(ErrorKind::WouldBlock), Step::data(word)]);
        let expected = [Heard::Silence, Heard::Bytes(length), Heard::End];
        let news: Vec<_> = expected.iter().map(|_| heard(scene, &script)).collect();
        is_silence(
            scene,
            &news[0],
            "two-names",
            "The client was silent at first",
        );
        for (heard, expected) in news.iter().zip(expected) {
            let good = matches!(heard, Ok(heard) if *heard == expected);
            scene.check(good, "bytes-or-the-end", || {
                format!(
                    "After a silence your function returned {}; Ok({expected:?}) was expected.",
                    told(heard)
                )
            });
        }
    });
}

#[test]
fn reports_a_reset() {
    LESSON.grade("silence_is_news", |scene| {
        let heard = heard(scene, &scene.script([Step::Reset]));
        let reset = matches!(&heard, Err(e) if e.kind() == ErrorKind::ConnectionReset);
        scene.check(reset, "reset-is-an-error", || {
            format!(
                "The stream was reset, and your function returned {}; Err(ConnectionReset) was expected.",
                told(&heard)
            )
        });
    });
}

#[test]
fn reads_again_after_an_interrupted_read() {
    LESSON.grade("silence_is_news", |scene| {
        let length = scene.random().usize(3..20);
        let word = scene.random_letters(length);
        let heard = heard(scene, &scene.script([Step::Interrupted, Step::data(word)]));
        let good = matches!(heard, Ok(Heard::Bytes(n)) if n == length);
        scene.check(good, "interrupted", || {
            format!(
                "A read was Interrupted, the next one would have brought {length} bytes, and your function returned {}.",
                told(&heard)
            )
        });
    });
}
