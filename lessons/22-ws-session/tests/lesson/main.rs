//! Lesson 22 from the outside: what a session says to everything that it can hear, the three engines with
//! clients good and bad, and the programs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in a test, a panic is the verdict"
)]

#[path = "../../../01-first-socket/tests/lesson/programs.rs"]
#[allow(dead_code, reason = "these servers end well when Ctrl-C asks them to")]
mod programs;
#[path = "../../../17-http/tests/lesson/wire.rs"]
#[allow(dead_code, reason = "frames are no lines")]
mod wire;

mod chatting;
mod client;
mod engines;
mod pulses;
mod said;
mod sessions;
mod transcripts;
mod waiting;

const WS_CHAT: &str = env!("CARGO_BIN_EXE_ws-chat");
