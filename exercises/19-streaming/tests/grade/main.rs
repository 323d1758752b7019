//! Grades the exercises of lesson 19.

use peer::Lesson;
use std::fmt::{self, Debug, Write};

mod bounded_subscribers;
mod event_decoder;
mod event_lines;
mod every_chunk;
mod last_event_id;
mod token_stream;

static LESSON: Lesson = Lesson::new("19-streaming", include_str!("../../exercises.toml"));

/// Characters that are shown of many.
const SHOWN: usize = 60;

/// An event as a page hears it.
#[derive(Clone, PartialEq)]
struct Heard {
    name: String,
    data: String,
}

impl Debug for Heard {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} \"{}\"", self.name, shown(self.data.as_bytes()))
    }
}

/// What a browser makes of a stream.
#[derive(Default)]
struct Browser {
    heard: Vec<Heard>,
    /// The last id that counts, and that of each event when it was heard.
    id: String,
    ids: Vec<String>,
    /// Lines, and a part of one, that are no event yet.
    open: bool,
}

/// Reads `stream` as WHATWG HTML, section 9.2.6, says. It sees all of it at once, and so has no
/// trouble with cuts.
fn browser(stream: &[u8]) -> Browser {
    let text = String::from_utf8_lossy(stream);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut lines: Vec<&str> = text.split('\n').collect();
    let unfinished = lines.pop().unwrap_or_default();
    let mut browser = Browser::default();
    let mut event: Vec<(&str, &str)> = Vec::new();
    let mut next_id = "";
    for line in lines {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        event.push((field, value.strip_prefix(' ').unwrap_or(value)));
        if field == "id" && !value.contains('\0') {
            next_id = value.strip_prefix(' ').unwrap_or(value);
        }
        if !line.is_empty() {
            continue;
        }
        browser.id = next_id.to_string();
        let of = |name| event.iter().filter(move |(field, _)| *field == name);
        let data: Vec<&str> = of("data").map(|(_, value)| *value).collect();
        let name = of("event").next_back().map_or("", |(_, value)| value);
        if !data.is_empty() {
            browser.heard.push(Heard {
                name: if name.is_empty() { "message" } else { name }.to_string(),
                data: data.join("\n"),
            });
            browser.ids.push(browser.id.clone());
        }
        event.clear();
    }
    browser.open = !unfinished.is_empty() || !event.is_empty();
    browser
}

/// `data: a\n\xff`, as Rust writes it. Of long ones the beginning.
fn shown(bytes: &[u8]) -> String {
    let mut out = String::new();
    let mut count = 0;
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '"' | '\\' | '\n' | '\r' | '\t' => out.extend(character.escape_default()),
                _ if character.is_control() => out.extend(character.escape_default()),
                _ => out.push(character),
            }
            count += 1;
            if count == SHOWN {
                out.push('…');
                return out;
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}
