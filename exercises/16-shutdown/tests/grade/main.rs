//! Grades the exercises of lesson 16.

use peer::Lesson;

#[allow(dead_code, reason = "the first exercise will use it")]
static LESSON: Lesson = Lesson::new("16-shutdown", include_str!("../../exercises.toml"));
