//! The answers pass the very tests that the exercises are graded by.

extern crate first_socket_solutions as first_socket_exercises;

#[path = "../../../exercises/01-first-socket/tests/grade/main.rs"]
mod grade;
