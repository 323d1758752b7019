//! The answers pass the very tests that the exercises are graded by.

extern crate closing_solutions as closing_exercises;

#[path = "../../../exercises/04-closing/tests/grade/main.rs"]
mod grade;
