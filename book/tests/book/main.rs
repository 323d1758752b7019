//! The book's builder tried from the outside, and our servers with a real browser.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in a test, a panic is the verdict"
)]

mod browsing;
mod chatting;
mod events;
mod hijacking;
mod page;
mod silent_failures;
