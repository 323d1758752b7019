//! The answers pass the very tests that the exercises are graded by.

extern crate ws_session_solutions as ws_session_exercises;

#[path = "../../../exercises/22-ws-session/tests/grade/main.rs"]
mod grade;
