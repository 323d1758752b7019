//! Grades the exercises of lesson 15.

use peer::Lesson;

#[allow(dead_code, reason = "the first exercise will use it")]
static LESSON: Lesson = Lesson::new("15-tokio-chat", include_str!("../../exercises.toml"));
