//! Grades the exercises of lesson 13.

use peer::Lesson;

#[allow(dead_code, reason = "the first exercise will use it")]
static LESSON: Lesson = Lesson::new("13-mio-chat", include_str!("../../exercises.toml"));
