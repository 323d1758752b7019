//! The answers pass the very tests that the exercises are graded by.

extern crate options_solutions as options_exercises;

#[path = "../../../exercises/07-options/tests/grade/main.rs"]
mod grade;
