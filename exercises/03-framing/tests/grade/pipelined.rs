use super::{LESSON, frame, prefix, told};
use framing_exercises::pipelined::answer_all;
use peer::{Answer, Scene, Script, Step, Why};
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// The answer to each frame: its letters backwards.
fn backwards(payload: &[u8]) -> Vec<u8> {
    payload.iter().rev().copied().collect()
}

fn answers(payloads: &[String]) -> Vec<u8> {
    let answer = |payload: &String| frame(backwards(payload.as_bytes()));
    payloads.iter().flat_map(answer).collect()
}

fn questions(payloads: &[String]) -> Vec<u8> {
    payloads.iter().flat_map(frame).collect()
}

/// What the student's function returned.
struct Returned(io::Result<u64>);

impl fmt::Debug for Returned {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&told(&self.0))
    }
}

/// Runs the student's function as a server that accepts one client.
fn server(scene: &Scene) -> (SocketAddr, Answer<'_, Returned>) {
    let (listener, address) = scene.listener();
    let server = scene.run("your server", move || {
        let accepted = listener.accept();
        Returned(accepted.and_then(|(mut stream, _)| answer_all(&mut stream, backwards)))
    });
    (address, server)
}

/// Runs the student's function on a stream in memory; what it wrote is in the script.
fn answered(scene: &Scene, script: &Script) -> Returned {
    let mut stream = script.clone();
    scene
        .run("your function", move || {
            Returned(answer_all(&mut stream, backwards))
        })
        .join(|_| "end-of-stream")
}

fn returns(scene: &Scene, Returned(result): &Returned, frames: usize) {
    let good = matches!(result, Ok(n) if *n == frames as u64);
    scene.check(good, "end-of-stream", || {
        format!(
            "After {frames} frames and the end of the stream your function returned {}; Ok({frames}) was expected.",
            told(result)
        )
    });
}

#[test]
fn answers_each_frame_while_the_client_waits() {
    LESSON.grade("pipelined", |scene| {
        let (address, server) = server(scene);
        let mut client = scene.connect("client", address);
        for _ in 0..3 {
            let word = [scene.random_letters(5)];
            client.send(&questions(&word));
            client.expect(&answers(&word), |why| match why {
                Why::Different => "answers-too-often",
                _ => "answers-too-late",
            });
        }
        client.half_close();
        client.expect_end(|_| "end-of-stream");
        let result = server.join(|_| "end-of-stream");
        returns(scene, &result, 3);
    });
}

#[test]
fn answers_every_frame_of_one_read() {
    LESSON.grade("pipelined", |scene| {
        let (address, server) = server(scene);
        let mut client = scene.connect("client", address);
        let words = [4, 0, 3].map(|length| scene.random_letters(length));
        client.send(&questions(&words));
        client.expect(&answers(&words), |_| "one-answer-for-each-read");
        client.half_close();
        client.expect_end(|_| "end-of-stream");
        let result = server.join(|_| "end-of-stream");
        returns(scene, &result, 3);
    });
}

#[test]
fn keeps_the_beginning_of_a_frame_for_the_next_read() {
    LESSON.grade("pipelined", |scene| {
        let words = [scene.random_letters(2), scene.random_letters(3)];
        let stream = questions(&words);
        for at in 1..stream.len() {
            let (first, second) = stream.split_at(at);
            let script = scene.script([Step::data(first), Step::data(second)]);
            let result = answered(scene, &script);
            scene.compare(
                &answers(&words),
                &script.written(),
                "new-codec-for-each-read",
                &format!(
                    "Two frames came, cut in two behind byte {at}; your function wrote other bytes than their answers, and returned {}.",
                    told(&result.0)
                ),
            );
            returns(scene, &result, 2);
        }
    });
}

/// Hands out one frame for each read, or all in one, and counts the writes.
#[derive(Clone)]
struct Counted {
    reads: Arc<Mutex<Vec<Vec<u8>>>>,
    writes: Arc<Mutex<Vec<usize>>>,
}

impl Counted {
    fn new(reads: Vec<Vec<u8>>) -> Self {
        Counted {
            reads: Arc::new(Mutex::new(reads.into_iter().rev().collect())),
            writes: Arc::default(),
        }
    }

    fn writes(&self) -> usize {
        self.writes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut reads = self.reads.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(mut bytes) = reads.pop() else {
            return Ok(0);
        };
        let count = bytes.len().min(buffer.len());
        buffer[..count].copy_from_slice(&bytes[..count]);
        let rest = bytes.split_off(count);
        if !rest.is_empty() {
            reads.push(rest);
        }
        Ok(count)
    }
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !bytes.is_empty() {
            let mut writes = self.writes.lock().unwrap_or_else(PoisonError::into_inner);
            writes.push(bytes.len());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn writes_all_answers_to_one_read_at_once() {
    LESSON.grade("pipelined", |scene| {
        let words: Vec<String> = (0..100).map(|_| scene.random_letters(9)).collect();
        let stream = Counted::new(vec![questions(&words)]);
        let mut same = stream.clone();
        let result = scene
            .run("your function", move || Returned(answer_all(&mut same, backwards)))
            .join(|_| "end-of-stream");
        returns(scene, &result, 100);
        let writes = stream.writes();
        scene.check(writes == 1, "one-write-for-each-answer", || {
            format!("100 frames came in one read, and your function made {writes} writes; 1 was expected.")
        });
    });
}

/// Frames of the test below. With a buffer on the stack of each call, a recursion through these
/// still fits.
const DEEP: usize = 60;

#[test]
fn many_frames_need_no_deeper_stack_than_one() {
    LESSON.grade("pipelined", |scene| {
        let frames: Vec<Vec<u8>> = (0..DEEP).map(|_| frame("x")).collect();
        for reads in [vec![frames.concat()], frames] {
            let mut stream = Counted::new(reads);
            let answered = scene.run("your function", move || {
                // Where on the stack each call of `answer` had its variables.
                let mut places = Vec::new();
                let result = answer_all(&mut stream, |payload| {
                    let here = 0_u8;
                    places.push(std::ptr::from_ref(&here).addr());
                    payload.to_vec()
                });
                result.map(|_| Places(places))
            });
            let Ok(Places(places)) = answered.join(|_| "end-of-stream") else {
                scene.check(false, "end-of-stream", || {
                    format!("{DEEP} good frames came, and your function returned an error.")
                });
                return;
            };
            // The stack grows downwards.
            let deeper = places.windows(2).filter(|pair| pair[1] < pair[0]).count();
            let bytes = places.first().zip(places.last()).map_or(0, |(a, b)| a.abs_diff(*b));
            scene.check(deeper < DEEP / 2, "recursion", || {
                format!(
                    "{DEEP} frames came, and with the last one your function was {deeper} calls deeper than with the first: {bytes} bytes of stack. A client that sends a million ends your process."
                )
            });
        }
    });
}

/// Sixty addresses are no line of a ladder.
struct Places(Vec<usize>);

impl fmt::Debug for Places {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} frames", self.0.len())
    }
}

/// A fault behind two good frames: the error, and the answers to the good ones.
fn fault(scene: &Scene, fault: &[u8], kind: ErrorKind, key: &str, came: &str) {
    let words = [scene.random_letters(2), scene.random_letters(3)];
    let script = scene.script([Step::data([&questions(&words), fault].concat())]);
    let result = answered(scene, &script);
    let failed = matches!(&result.0, Err(error) if error.kind() == kind);
    scene.check(failed, key, || {
        format!(
            "{came}, and your function returned {}; Err({kind:?}) was expected.",
            told(&result.0)
        )
    });
    scene.compare(
        &answers(&words),
        &script.written(),
        "answers-before-the-fault",
        "Two good frames came before the fault, and not both were answered.",
    );
}

#[test]
fn an_end_inside_a_frame_is_an_error_after_the_answers() {
    LESSON.grade("pipelined", |scene| {
        let cut = &frame("half")[..6];
        let came = "The stream ended inside a frame";
        fault(
            scene,
            cut,
            ErrorKind::UnexpectedEof,
            "end-inside-a-frame",
            came,
        );
    });
}

#[test]
fn a_frame_that_is_too_long_is_an_error_after_the_answers() {
    LESSON.grade("pipelined", |scene| {
        let long = prefix(0xffff_ffff);
        let came = "A prefix said 4,294,967,295 bytes";
        fault(
            scene,
            &long,
            ErrorKind::InvalidData,
            "answers-before-the-fault",
            came,
        );
    });
}

#[test]
fn goes_on_after_an_interrupted_read() {
    LESSON.grade("pipelined", |scene| {
        let words = [scene.random_letters(4)];
        let stream = questions(&words);
        let (before, after) = stream.split_at(5);
        let script = scene.script([Step::data(before), Step::Interrupted, Step::data(after)]);
        let result = answered(scene, &script);
        scene.check(result.0.is_ok(), "interrupted", || {
            format!(
                "A read was Interrupted, and your function returned {}; Ok(1) was expected.",
                told(&result.0)
            )
        });
        scene.compare(
            &answers(&words),
            &script.written(),
            "interrupted",
            "A read was Interrupted, and what came after it was not answered.",
        );
    });
}

#[test]
fn reports_a_reset() {
    LESSON.grade("pipelined", |scene| {
        let words = [scene.random_letters(4)];
        let script = scene.script([Step::data(questions(&words)), Step::Reset]);
        let result = answered(scene, &script);
        let reset = matches!(&result.0, Err(error) if error.kind() == ErrorKind::ConnectionReset);
        scene.check(reset, "reset-is-an-error", || {
            format!(
                "The stream was reset, and your function returned {}; Err(ConnectionReset) was expected.",
                told(&result.0)
            )
        });
    });
}
