use super::{LESSON, bytes, hex, shown};
use flate2::{Compress, Compression, Decompress, FlushCompress};
use peer::Scene;
use ws_deflate_exercises::inflate_cap::{Done, Inflate, Refused, STEP, TAIL, inflate};

/// Somebody who has had this much made too much has no limit: it ends here.
const ENOUGH: usize = 1 << 20;

/// Steps that nothing comes of, one after another.
const MOST_IDLE: usize = 100;

/// zlib, watched.
struct Watched {
    zlib: Decompress,
    /// Bytes that it has written, and may.
    made: usize,
    allowed: usize,
    /// Of the largest output that it was given.
    room: usize,
    idle: usize,
    /// The input that a step has read something of, and whether the next one was given the same.
    read: Vec<u8>,
    is_read_again: bool,
    /// What it has made and there was no room for, when it is one that reads all of its input at once.
    held: Option<Vec<u8>>,
}

impl Watched {
    /// Reads all of its input at once. That it may do so is in the contract.
    fn holding() -> Watched {
        Watched {
            held: Some(Vec::new()),
            ..Watched::new()
        }
    }

    fn new() -> Watched {
        Watched {
            zlib: Decompress::new_with_window_bits(false, 15),
            made: 0,
            allowed: 0,
            room: 0,
            idle: 0,
            read: Vec::new(),
            is_read_again: false,
            held: None,
        }
    }

    fn step(&mut self, mut input: &[u8], output: &mut [u8]) -> Result<Done, Refused> {
        let Some(held) = &mut self.held else {
            return self.zlib.inflate(input, output);
        };
        let all = input.len();
        let mut some = vec![0; STEP];
        loop {
            let (read, written) = self.zlib.inflate(input, &mut some)?;
            input = &input[read..];
            held.extend_from_slice(&some[..written]);
            if input.is_empty() && written < some.len() {
                break;
            }
        }
        let count = held.len().min(output.len());
        output[..count].copy_from_slice(&held[..count]);
        held.drain(..count);
        Ok((all, count))
    }
}

impl Inflate for Watched {
    fn inflate(&mut self, input: &[u8], output: &mut [u8]) -> Result<Done, Refused> {
        self.room = self.room.max(output.len());
        self.is_read_again |= !input.is_empty() && input == self.read;
        let done = self.step(input, output)?;
        self.read.clear();
        if done.0 > 0 {
            self.read.extend_from_slice(input);
        }
        self.made += done.1;
        self.idle = if done == (0, 0) { self.idle + 1 } else { 0 };
        if self.made > self.allowed + ENOUGH || self.idle > MOST_IDLE || self.is_read_again {
            return Err(Refused::NotDeflate);
        }
        Ok(done)
    }
}

/// What came of one payload.
#[derive(Debug)]
struct Inflated {
    result: Result<Vec<u8>, Refused>,
    made: usize,
    room: usize,
    idle: usize,
    is_read_again: bool,
}

fn told(result: &Result<Vec<u8>, Refused>) -> String {
    match result {
        Ok(message) => shown(message),
        Err(refused) => format!("Err({refused:?})"),
    }
}

fn inflated(scene: &Scene, payloads: &[Vec<u8>], max: usize) -> Vec<Inflated> {
    inflated_by(scene, Watched::new, payloads, max)
}

/// Payloads through the student's code, with the same zlib, up to the first that is refused. What every answer
/// must keep to is checked here.
fn inflated_by(
    scene: &Scene,
    zlib: fn() -> Watched,
    payloads: &[Vec<u8>],
    max: usize,
) -> Vec<Inflated> {
    let given = payloads.to_vec();
    let answer = scene.run("your code", move || {
        let mut zlib = zlib();
        let mut all = Vec::new();
        for payload in &given {
            (zlib.made, zlib.room, zlib.idle) = (0, 0, 0);
            zlib.allowed = max;
            zlib.read.clear();
            let result = inflate(&mut zlib, payload, max);
            let is_over = result.is_err();
            all.push(Inflated {
                result,
                made: zlib.made,
                room: zlib.room,
                idle: zlib.idle,
                is_read_again: zlib.is_read_again,
            });
            if is_over {
                break;
            }
        }
        all
    });
    let all = answer.join(|_| "never-returns");
    scene.note(format!("a message may have {}", bytes(max)));
    for (payload, inflated) in payloads.iter().zip(&all) {
        scene.note(format!("    {}", hex(payload)));
        scene.note(format!("        becomes {}", told(&inflated.result)));
    }
    for inflated in &all {
        let Inflated {
            made, room, idle, ..
        } = *inflated;
        scene.check(!inflated.is_read_again, "each-byte-once", || {
            "Your code gave zlib the same input again, and it had read some of it.".to_string()
        });
        scene.check(made <= max + STEP, "one-byte-too-much", || {
            format!(
                "Your code had {} made, and the message may have {}.",
                bytes(made),
                bytes(max)
            )
        });
        scene.check(idle <= MOST_IDLE, "never-returns", || {
            "Your code called zlib again and again, and it read and wrote nothing.".to_string()
        });
        scene.check(room <= STEP, "step-by-step", || {
            format!(
                "Your code gave zlib room for {}; a step has {STEP}.",
                bytes(room)
            )
        });
    }
    all
}

/// Each payload must become its message, with the same zlib.
fn becomes(
    scene: &Scene,
    messages: &[Vec<u8>],
    payloads: &[Vec<u8>],
    max: usize,
    key: impl Fn(&Result<Vec<u8>, Refused>) -> &'static str,
) {
    let all = inflated(scene, payloads, max);
    for (nth, (message, inflated)) in messages.iter().zip(&all).enumerate() {
        let is_good = inflated.result.as_ref() == Ok(message);
        scene.check(is_good, key(&inflated.result), || {
            format!(
                "Payload {} became {}; expected was {}.",
                nth + 1,
                told(&inflated.result),
                shown(message)
            )
        });
    }
}

/// What a peer sends, one message after another.
fn deflated(messages: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut zlib = Compress::new_with_window_bits(Compression::fast(), false, 15);
    let deflated = |message: &Vec<u8>| {
        let mut out = Vec::with_capacity(2 * message.len() + 64);
        let _ = zlib.compress_vec(message, &mut out, FlushCompress::Sync);
        out.strip_suffix(&TAIL).map_or(vec![0x00], <[u8]>::to_vec)
    };
    messages.iter().map(deflated).collect()
}

/// `message` as a stream of its own, with an end.
fn with_an_end(message: &[u8]) -> Vec<u8> {
    let mut zlib = Compress::new_with_window_bits(Compression::fast(), false, 15);
    let mut out = Vec::with_capacity(2 * message.len() + 64);
    let _ = zlib.compress_vec(message, &mut out, FlushCompress::Finish);
    out
}

/// A megabyte of zeros, in about a kilobyte. It may come again and again: a full flush ends whatever refers
/// back.
fn bomb() -> Vec<u8> {
    let mut zlib = Compress::new_with_window_bits(Compression::fast(), false, 15);
    let mut once = Vec::with_capacity(4096);
    let _ = zlib.compress_vec(&vec![0; 1 << 20], &mut once, FlushCompress::Full);
    once
}

#[test]
fn inflates_a_short_message() {
    LESSON.grade("inflate_cap", |scene| {
        let messages = [scene.random_letters(14).into_bytes()];
        becomes(
            scene,
            &messages,
            &deflated(&messages),
            1000,
            |result| match result {
                Err(Refused::TooLong) => "maximum-is-allowed",
                _ => "payload-then-tail",
            },
        );
    });
}

#[test]
fn inflates_message_after_message() {
    LESSON.grade("inflate_cap", |scene| {
        let messages: Vec<_> = ["abcdefgh", "ijklmnop", "", "qrstuvwx"]
            .map(|text| text.as_bytes().to_vec())
            .into();
        becomes(
            scene,
            &messages,
            &deflated(&messages),
            1000,
            |result| match result {
                Err(Refused::TooLong) => "maximum-is-allowed",
                _ => "payload-then-tail",
            },
        );
    });
}

#[test]
fn inflates_a_message_of_many_steps() {
    LESSON.grade("inflate_cap", |scene| {
        let more = scene.random().usize(1..STEP);
        for length in [2 * STEP + more, STEP, 3 * STEP, STEP + 1, STEP - 1] {
            let letters = scene.random_letters(50).into_bytes();
            let mut message = letters.repeat(length / 50 + 1);
            message.truncate(length);
            let messages = [message, letters];
            becomes(
                scene,
                &messages,
                &deflated(&messages),
                1 << 20,
                |result| match result {
                    Err(Refused::TooLong) => "maximum-is-allowed",
                    _ => "until-a-step-leaves-room",
                },
            );
        }
    });
}

#[test]
fn inflates_all_when_the_input_is_read_at_once() {
    LESSON.grade("inflate_cap", |scene| {
        let more = scene.random().usize(1..STEP);
        for length in [10, 3 * STEP, 3 * STEP + more] {
            let message = scene.random_letters(50).repeat(length / 50 + 1)[..length].to_string();
            let messages = [message.into_bytes(), b"behind".to_vec()];
            let all = inflated_by(scene, Watched::holding, &deflated(&messages), 1 << 20);
            for (message, inflated) in messages.iter().zip(&all) {
                let is_good = inflated.result.as_ref() == Ok(message);
                scene.check(is_good, "until-a-step-leaves-room", || {
                    format!(
                        "A zlib that has read all of the input had more to write; your code returned {}, and \
                         expected was {}.",
                        told(&inflated.result),
                        shown(message)
                    )
                });
            }
        }
    });
}

#[test]
fn inflates_what_hardly_became_shorter() {
    LESSON.grade("inflate_cap", |scene| {
        let messages = [scene.random_bytes(3 * STEP), scene.random_bytes(100)];
        becomes(
            scene,
            &messages,
            &deflated(&messages),
            3 * STEP,
            |result| match result {
                Err(Refused::TooLong) => "maximum-is-allowed",
                _ => "until-a-step-leaves-room",
            },
        );
    });
}

#[test]
fn takes_a_message_of_exactly_the_maximum() {
    LESSON.grade("inflate_cap", |scene| {
        let some = scene.random().usize(2..STEP);
        for max in [0, 1, 5, some, STEP - 1, STEP, STEP + 1, 2 * STEP] {
            let messages = [scene.random_letters(max).into_bytes(), vec![b'x'; max]];
            becomes(
                scene,
                &messages,
                &deflated(&messages),
                max,
                |_| "maximum-is-allowed",
            );
        }
    });
}

#[test]
fn a_megabyte_does_not_become_a_gigabyte() {
    // Made before the time runs.
    let once = bomb();
    LESSON.grade("inflate_cap", |scene| {
        for (count, becomes) in [(1, "1 MiB"), (1024, "1 GiB")] {
            let payload = once.repeat(count);
            let length = bytes(payload.len());
            scene.note(format!("a payload of {length} that would become {becomes}"));
            for max in [STEP, 64 * 1024] {
                let all = inflated(scene, std::slice::from_ref(&payload), max);
                for inflated in &all {
                    let is_good = inflated.result == Err(Refused::TooLong);
                    scene.check(is_good, "too-long-is-refused", || {
                        format!("Your code returned {}.", told(&inflated.result))
                    });
                }
            }
        }
    });
}

#[test]
fn refuses_one_byte_more() {
    LESSON.grade("inflate_cap", |scene| {
        let some = scene.random().usize(2..STEP);
        for max in [0, 1, 4, some, STEP - 1, STEP, STEP + 1, 2 * STEP] {
            let message = scene.random_letters(max + 1).into_bytes();
            let all = inflated(scene, &deflated(&[message]), max);
            for inflated in &all {
                let is_good = inflated.result == Err(Refused::TooLong);
                scene.check(is_good, "too-long-is-refused", || {
                    format!(
                        "The message has {} and may have {max}; your code returned {}.",
                        bytes(max + 1),
                        told(&inflated.result)
                    )
                });
            }
        }
    });
}

#[test]
fn has_no_buffer_for_the_maximum() {
    LESSON.grade("inflate_cap", |scene| {
        let messages = [scene.random_letters(10).into_bytes()];
        becomes(
            scene,
            &messages,
            &deflated(&messages),
            1 << 30,
            |_| "step-by-step",
        );
    });
}

#[test]
fn refuses_what_is_no_compressed_message() {
    LESSON.grade("inflate_cap", |scene| {
        let good = deflated(&[scene.random_letters(100).into_bytes()]).concat();
        // The bits 11 stand where a kind of block should; and no length is the opposite of itself.
        let bad = [&[0xff; 4], &scene.random_bytes(20)[..]].concat();
        for payload in [bad.clone(), [good, bad].concat()] {
            let all = inflated(scene, &[payload], 1000);
            for inflated in &all {
                let is_good = inflated.result == Err(Refused::NotDeflate);
                scene.check(is_good, "pass-the-error-on", || {
                    format!(
                        "This is no compressed message, and your code returned {}.",
                        told(&inflated.result)
                    )
                });
            }
        }
    });
}

#[test]
fn reads_every_stream_of_a_payload() {
    LESSON.grade("inflate_cap", |scene| {
        let [first, second] = [9, 2 * STEP].map(|length| scene.random_letters(length).into_bytes());
        let behind = scene.random_letters(20).into_bytes();
        // A stream that has ended needs a byte more, so that there is something that the tail ends.
        let both = [with_an_end(&first), with_an_end(&second), vec![0x00]].concat();
        let one = [with_an_end(&second), vec![0x00]].concat();
        let payloads = [both, one, deflated(std::slice::from_ref(&behind)).concat()];
        let messages = [[first, second.clone()].concat(), second, behind];
        becomes(scene, &messages, &payloads, 3 * STEP, |_| "read-all-input");
    });
}
