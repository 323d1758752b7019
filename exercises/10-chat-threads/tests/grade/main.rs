//! Grades the exercises of lesson 10.

use peer::Lesson;

mod bounded_queue;
mod chat_room;
mod registry;
mod slow_policy;

static LESSON: Lesson = Lesson::new("10-chat-threads", include_str!("../../exercises.toml"));
