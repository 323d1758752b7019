//! Grades the exercises of lesson 05.

use peer::Lesson;
use std::fmt::Debug;
use std::io;

mod ask_one_peer;
mod echo_datagrams;
mod once_each;
mod stop_and_wait;
mod whole_or_cut;

static LESSON: Lesson = Lesson::new("05-udp", include_str!("../../exercises.toml"));

/// A result as a student writes it: `Err(TimedOut)`, whatever else an `io::Error` holds.
fn told<T: Debug>(result: &io::Result<T>) -> String {
    match result {
        Ok(value) => format!("Ok({value:?})"),
        Err(error) => format!("Err({:?})", error.kind()),
    }
}

/// `1 byte`, `12 bytes`.
fn bytes(count: usize) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} byte{s}")
}
