//! The answers pass the very tests that the exercises are graded by.

extern crate shutdown_solutions as shutdown_exercises;

#[path = "../../../exercises/16-shutdown/tests/grade/main.rs"]
mod grade;
