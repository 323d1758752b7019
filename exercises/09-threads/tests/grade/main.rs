//! Grades the exercises of lesson 09.

use peer::Lesson;

mod accept_errors;
mod connection_cap;
mod one_client_idles;
mod panicking_jobs;

static LESSON: Lesson = Lesson::new("09-threads", include_str!("../../exercises.toml"));
