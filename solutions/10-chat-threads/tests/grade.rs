//! The answers pass the very tests that the exercises are graded by.

extern crate chat_threads_solutions as chat_threads_exercises;

#[path = "../../../exercises/10-chat-threads/tests/grade/main.rs"]
mod grade;
