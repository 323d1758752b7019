//! Grades the exercises of lesson 23.

use peer::Lesson;
use std::fmt::Write;

mod context_takeover;
mod deflate_offers;
mod inflate_cap;
mod worth_compressing;

static LESSON: Lesson = Lesson::new("23-ws-deflate", include_str!("../../exercises.toml"));

/// Bytes that are shown of many.
const SHOWN: usize = 12;

/// `f2 48 cd`, and of many bytes the beginning and how many there are.
fn hex(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "nothing".to_string();
    }
    let mut out = String::new();
    for (nth, byte) in bytes.iter().take(SHOWN).enumerate() {
        let space = if nth == 0 { "" } else { " " };
        let _ = write!(out, "{space}{byte:02x}");
    }
    if bytes.len() > SHOWN {
        let _ = write!(out, " … ({} bytes)", bytes.len());
    }
    out
}

/// A message of letters in quotes, a long one by how long it is.
fn shown(message: &[u8]) -> String {
    match message.len() {
        ..=SHOWN if message.is_ascii() => format!("\"{}\"", message.escape_ascii()),
        length => format!("a message of {}", bytes(length)),
    }
}

/// `1 byte`, `7 bytes`.
fn bytes(count: usize) -> String {
    match count {
        1 => "1 byte".to_string(),
        count => format!("{count} bytes"),
    }
}
