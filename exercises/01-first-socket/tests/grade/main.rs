//! Grades the exercises of lesson 01.

use peer::Lesson;

mod bind_port_zero;
mod connect_before_accept;
mod endpoints;
mod greet_in_turn;

static LESSON: Lesson = Lesson::new("01-first-socket", include_str!("../../exercises.toml"));
