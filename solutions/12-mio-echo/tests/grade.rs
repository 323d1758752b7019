//! The answers pass the very tests that the exercises are graded by.

extern crate mio_echo_solutions as mio_echo_exercises;

#[path = "../../../exercises/12-mio-echo/tests/grade/main.rs"]
mod grade;
