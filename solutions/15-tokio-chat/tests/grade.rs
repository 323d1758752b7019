//! The answers pass the very tests that the exercises are graded by.

extern crate tokio_chat_solutions as tokio_chat_exercises;

#[path = "../../../exercises/15-tokio-chat/tests/grade/main.rs"]
mod grade;
