//! Grades the exercises of lesson 04.

use peer::Lesson;
use std::fmt::Debug;
use std::io;

mod how_it_ended;
mod lingering_close;
mod upload;
mod write_after_close;

static LESSON: Lesson = Lesson::new("04-closing", include_str!("../../exercises.toml"));

/// A result as a student writes it: `Err(ConnectionReset)`, whatever else an `io::Error` holds.
fn told<T: Debug>(result: &io::Result<T>) -> String {
    match result {
        Ok(value) => format!("Ok({value:?})"),
        Err(error) => format!("Err({:?})", error.kind()),
    }
}
