//! Grades the exercises of lesson 02.

use peer::Lesson;

mod echo_until_eof;

static LESSON: Lesson = Lesson::new("02-tcp-echo", include_str!("../../exercises.toml"));
