//! The answers pass the very tests that the exercises are graded by.

extern crate ws_frames_solutions as ws_frames_exercises;

#[path = "../../../exercises/21-ws-frames/tests/grade/main.rs"]
mod grade;
