//! Grades the exercises of lesson 09.

use peer::Lesson;

#[allow(dead_code, reason = "the first exercise will use it")]
static LESSON: Lesson = Lesson::new("09-threads", include_str!("../../exercises.toml"));
