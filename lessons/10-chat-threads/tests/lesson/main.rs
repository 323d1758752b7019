//! Lesson 10 from the outside: its programs as a student runs them, its room without sockets, and
//! its server with the clients that would stop a careless one.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the verdict")]

#[path = "../../../01-first-socket/tests/lesson/programs.rs"]
mod programs;
mod room;
