//! Grades the exercises of lesson 07.

use peer::Lesson;

mod buffer_sizes;
mod build_listener;
mod mark_dscp;
mod no_delay;
mod restart;

static LESSON: Lesson = Lesson::new("07-options", include_str!("../../exercises.toml"));
