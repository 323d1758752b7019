//! Grades the exercises of lesson 10.

use peer::Lesson;

#[allow(dead_code, reason = "the first exercise will use it")]
static LESSON: Lesson = Lesson::new("10-chat-threads", include_str!("../../exercises.toml"));
