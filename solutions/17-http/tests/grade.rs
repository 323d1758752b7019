//! The answers pass the very tests that the exercises are graded by.

extern crate http_solutions as http_exercises;

#[path = "../../../exercises/17-http/tests/grade/main.rs"]
mod grade;
