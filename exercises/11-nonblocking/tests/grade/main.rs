//! Grades the exercises of lesson 11.

use peer::Lesson;

#[allow(dead_code, reason = "the first exercise will use it")]
static LESSON: Lesson = Lesson::new("11-nonblocking", include_str!("../../exercises.toml"));
