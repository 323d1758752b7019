//! The answers pass the very tests that the exercises are graded by.

extern crate ws_handshake_solutions as ws_handshake_exercises;

#[path = "../../../exercises/20-ws-handshake/tests/grade/main.rs"]
mod grade;
