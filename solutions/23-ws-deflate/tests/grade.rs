//! The answers pass the very tests that the exercises are graded by.

extern crate ws_deflate_solutions as ws_deflate_exercises;

#[path = "../../../exercises/23-ws-deflate/tests/grade/main.rs"]
mod grade;
