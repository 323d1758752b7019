//! The answers pass the very tests that the exercises are graded by.

extern crate mio_chat_solutions as mio_chat_exercises;

#[path = "../../../exercises/13-mio-chat/tests/grade/main.rs"]
mod grade;
