//! Grades the exercises of lesson 08.

use peer::Lesson;
use std::fmt::Debug;
use std::io;

mod blackhole_heartbeat;
#[cfg(not(windows))]
mod keepalive_readback;
mod request_deadline;
mod silence_is_news;

static LESSON: Lesson = Lesson::new("08-timeouts", include_str!("../../exercises.toml"));

/// A result as a student writes it: `Err(ConnectionReset)`, whatever else an `io::Error` holds.
fn told<T: Debug>(result: &io::Result<T>) -> String {
    match result {
        Ok(value) => format!("Ok({value:?})"),
        Err(error) => format!("Err({:?})", error.kind()),
    }
}
