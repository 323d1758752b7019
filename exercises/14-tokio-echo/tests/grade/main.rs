//! Grades the exercises of lesson 14.

use peer::Lesson;

#[allow(dead_code, reason = "the first exercise will use it")]
static LESSON: Lesson = Lesson::new("14-tokio-echo", include_str!("../../exercises.toml"));
