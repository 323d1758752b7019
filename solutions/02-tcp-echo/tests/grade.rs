//! The answers pass the very tests that the exercises are graded by.

extern crate tcp_echo_solutions as tcp_echo_exercises;

#[path = "../../../exercises/02-tcp-echo/tests/grade/main.rs"]
mod grade;
