//! The chat with the libraries keeps what the chat by hand promises: the tests of lesson 22, with the other program.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in a test, a panic is the verdict"
)]

#[path = "../../lessons/22-ws-session/tests/lesson/chatting.rs"]
mod chatting;
#[path = "../../lessons/22-ws-session/tests/lesson/client.rs"]
#[allow(dead_code, reason = "lesson 22 uses the rest")]
mod client;
#[path = "../../lessons/01-first-socket/tests/lesson/programs.rs"]
#[allow(dead_code, reason = "other lessons use the rest")]
mod programs;
#[path = "../../lessons/22-ws-session/tests/lesson/said.rs"]
#[allow(dead_code, reason = "lesson 22 uses the rest")]
mod said;

const WS_CHAT: &str = env!("CARGO_BIN_EXE_ws-chat-tungstenite");
