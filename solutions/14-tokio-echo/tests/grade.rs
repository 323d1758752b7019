//! The answers pass the very tests that the exercises are graded by.

extern crate tokio_echo_solutions as tokio_echo_exercises;

#[path = "../../../exercises/14-tokio-echo/tests/grade/main.rs"]
mod grade;
