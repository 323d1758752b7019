//! Grades the exercises of lesson 11.

use peer::Lesson;
use std::fmt::Debug;
use std::io;

mod connect_without_waiting;
mod echo_turn;
mod out_buffer;
mod read_what_came;

static LESSON: Lesson = Lesson::new("11-nonblocking", include_str!("../../exercises.toml"));

/// A result as a student writes it: `Err(WouldBlock)`, whatever else an `io::Error` holds.
fn told<T: Debug>(result: &io::Result<T>) -> String {
    match result {
        Ok(value) => format!("Ok({value:?})"),
        Err(error) => format!("Err({:?})", error.kind()),
    }
}
