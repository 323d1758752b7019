//! Grades the exercises of lesson 02.

use peer::Lesson;
use std::fmt::Debug;
use std::io;

mod echo_until_eof;
mod full_duplex;
mod read_exactly;
mod utf8_chunks;

static LESSON: Lesson = Lesson::new("02-tcp-echo", include_str!("../../exercises.toml"));

/// A result as a student writes it: `Err(ConnectionReset)`, whatever else an `io::Error` holds.
fn told<T: Debug>(result: &io::Result<T>) -> String {
    match result {
        Ok(value) => format!("Ok({value:?})"),
        Err(error) => format!("Err({:?})", error.kind()),
    }
}
