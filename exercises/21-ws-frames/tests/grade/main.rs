//! Grades the exercises of lesson 21.

use peer::{Lesson, Scene, address_space, caught};
use std::fmt::{self, Debug, Write};
use std::slice::from_ref;

mod fragments;
mod frame_lengths;
mod masking;
mod message_cap;
mod text_in_pieces;

static LESSON: Lesson = Lesson::new("21-ws-frames", include_str!("../../exercises.toml"));

/// Bytes that are shown of many, and calls in the ladder.
const SHOWN: usize = 12;
const CALLS: usize = 8;

/// What a call of the student's code returned.
#[derive(Clone, PartialEq)]
enum Said<T> {
    Value(T),
    Panics(String),
}

impl<T: Debug> Debug for Said<T> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Said::Value(value) => value.fmt(f),
            Said::Panics(message) => write!(f, "a panic: {message}"),
        }
    }
}

/// A call of the student's code, as a student writes it (several lines when it is several), and what came
/// of it.
struct Call<T> {
    call: String,
    said: Said<T>,
}

/// The ladder tells of these only when they are wrong.
struct Calls<T>(Vec<Call<T>>);

impl<T> Debug for Calls<T> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("what stands above")
    }
}

/// Calls the student's code, which is `name`, once for each of `inputs`, up to the first panic. `state` is
/// what lives as long as that.
fn calls<I, S, T>(
    scene: &Scene,
    name: &str,
    inputs: Vec<I>,
    state: impl FnOnce() -> S + Send + 'static,
    mut call: impl FnMut(&mut S, &I) -> T + Send + 'static,
    told: impl Fn(&I) -> String + Send + 'static,
) -> Vec<Call<T>>
where
    I: Send + 'static,
    T: Send + 'static,
{
    let code = move || {
        let mut state = state();
        let mut calls = Vec::new();
        for input in inputs {
            let said = caught(|| call(&mut state, &input)).map_or_else(Said::Panics, Said::Value);
            let ends = matches!(said, Said::Panics(_));
            let call = told(&input);
            calls.push(Call { call, said });
            if ends {
                break;
            }
        }
        Calls(calls)
    };
    scene.run(name, code).join(|_| "never-returns").0
}

/// Compares each answer with the expected one. `key` chooses the hint at the first difference, of which
/// it gets the number and the answer.
fn check<T: Clone + PartialEq + Debug>(
    scene: &Scene,
    calls: &[Call<T>],
    expected: &[T],
    key: impl Fn(usize, &Said<T>) -> &'static str,
) {
    for (nth, (call, expected)) in calls.iter().zip(expected).enumerate() {
        if call.said == Said::Value(expected.clone()) {
            continue;
        }
        let first = nth.saturating_sub(CALLS);
        if first > 0 {
            scene.note(format!("… {first} calls more before this …"));
        }
        for before in &calls[first..=nth] {
            for line in before.call.lines() {
                scene.note(line);
            }
            scene.note(format!("    = {:?}", before.said));
        }
        scene.check(false, key(nth, &call.said), || {
            let said = match &call.said {
                Said::Value(value) => format!("returned {value:?}"),
                Said::Panics(message) => format!("panicked: {message}"),
            };
            let call = call.call.replace('\n', ", then ");
            let expected = format!("{expected:?}");
            // Of many bytes only the beginning is shown.
            let behind = match said.ends_with(&expected) {
                true => ", and they differ further behind",
                false => "",
            };
            format!("{call} {said}; expected was {expected}{behind}.")
        });
    }
}

/// Like `check`, for calls that know nothing of each other.
fn check_each<T: Clone + PartialEq + Debug>(
    scene: &Scene,
    calls: &[Call<T>],
    expected: &[T],
    key: impl Fn(usize, &Said<T>) -> &'static str,
) {
    for (nth, (call, expected)) in calls.iter().zip(expected).enumerate() {
        check(scene, from_ref(call), from_ref(expected), |_, said| {
            key(nth, said)
        });
    }
}

/// Bytes as an array of Rust: `[0x7e, 0x01]`. Of many the beginning.
fn hex(bytes: &[u8]) -> String {
    let mut out = String::from("[");
    for (nth, byte) in bytes.iter().take(SHOWN).enumerate() {
        let comma = if nth > 0 { ", " } else { "" };
        let _ = write!(out, "{comma}0x{byte:02x}");
    }
    if bytes.len() > SHOWN {
        let _ = write!(out, ", … {} bytes", bytes.len());
    }
    out.push(']');
    out
}

/// Bytes as text, `"Hel\xff"`. Of many the beginning.
fn text(bytes: &[u8]) -> String {
    format!("\"{}\"", peer::as_rust(bytes, SHOWN))
}

/// Places at which `bytes` can be cut: those that leave both pieces something come first, because an
/// empty piece teaches less.
fn cuts(bytes: &[u8]) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
    let places = (1..bytes.len()).chain([0, bytes.len()]);
    places.map(|at| {
        let (first, second) = bytes.split_at(at);
        (first.to_vec(), second.to_vec())
    })
}

/// Bytes of memory that the student's code took.
struct Grown(u64);

impl Debug for Grown {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "with {} MiB more memory", self.0 >> 20)
    }
}

impl Grown {
    /// The least that `code` took of several times: the memory of other threads may grow now and then,
    /// but not each time. What `code` returns is kept until all have been measured. Nothing where the
    /// system does not tell.
    fn by<T>(mut code: impl FnMut() -> T) -> Grown {
        const TIMES: usize = 4;
        let mut kept = Vec::new();
        let grown = (0..TIMES).map(|_| {
            let before = address_space();
            kept.push(code());
            Some(address_space()?.saturating_sub(before?))
        });
        Grown(grown.min().flatten().unwrap_or_default())
    }
}
