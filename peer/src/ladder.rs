//! The ladder: what happened, in order, as a diagram in plain text that fits 80 columns.

use std::sync::{Arc, Mutex, PoisonError};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Events of a long history that are shown, from its beginning and from its end.
const FIRST: usize = 8;
const LAST: usize = 14;

/// Columns between the two rails.
const WIDTH: usize = 64;

#[derive(Clone, Copy, PartialEq)]
enum Way {
    ToStudent,
    FromStudent,
    Note,
}

struct Event {
    way: Way,
    text: String,
    times: usize,
}

/// What has happened so far. Clones share the same history.
#[derive(Clone, Default)]
pub(crate) struct Ladder(Arc<Mutex<Vec<Event>>>);

impl Ladder {
    /// From the grader's end towards the student's code.
    pub(crate) fn sent(&self, text: impl Into<String>) {
        self.push(Way::ToStudent, text.into());
    }

    /// From the student's code to the grader's end.
    pub(crate) fn received(&self, text: impl Into<String>) {
        self.push(Way::FromStudent, text.into());
    }

    /// Something that happened on one side only.
    pub(crate) fn note(&self, text: impl Into<String>) {
        self.push(Way::Note, text.into());
    }

    fn push(&self, way: Way, text: String) {
        let mut events = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match events.last_mut() {
            // A loop repeats itself: one line and a count tell it better than 1,000 lines.
            Some(last) if last.way == way && last.text == text => last.times += 1,
            _ => events.push(Event {
                way,
                text,
                times: 1,
            }),
        }
    }

    /// The diagram, with the names of both sides above their rails. Empty when nothing happened.
    pub(crate) fn drawn(&self, student: &str) -> String {
        let events = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if events.is_empty() {
            return String::new();
        }
        let gap = WIDTH.saturating_sub("the grader".len() / 2 + student.width() / 2);
        let mut out = format!("  the grader{:gap$}{student}\n", "");
        let hidden = events.len().saturating_sub(FIRST + LAST);
        for (i, event) in events.iter().enumerate() {
            if hidden > 0 && (FIRST..FIRST + hidden).contains(&i) {
                if i == FIRST {
                    out.push_str(&rung(Way::Note, &format!("… {hidden} more …")));
                }
                continue;
            }
            let text = match event.times {
                1 => event.text.clone(),
                n => format!("{} (× {n})", event.text),
            };
            out.push_str(&rung(event.way, &text));
        }
        out
    }
}

fn rung(way: Way, text: &str) -> String {
    let text = cut(text, WIDTH - 8);
    let line = "─".repeat(WIDTH - 5 - text.width());
    match way {
        Way::ToStudent => format!("      │─ {text} {line}▶│\n"),
        Way::FromStudent => format!("      │◀─ {text} {line}│\n"),
        Way::Note => {
            let pad = " ".repeat(WIDTH - 3 - text.width());
            format!("      │ {text}{pad} │\n")
        }
    }
}

fn cut(text: &str, limit: usize) -> String {
    if text.width() <= limit {
        return text.to_string();
    }
    let mut out = String::new();
    for c in text.chars() {
        if out.width() + c.width().unwrap_or(0) >= limit {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_fits_eighty_columns_and_the_rails_are_straight() {
        let ladder = Ladder::default();
        ladder.sent("\"안녕하세요\" (15 bytes)");
        ladder.received("a".repeat(200));
        ladder.note("your server: accept() = 3");
        let drawn = ladder.drawn("your server");
        let widths: Vec<usize> = drawn.lines().skip(1).map(UnicodeWidthStr::width).collect();
        assert!(
            widths.iter().all(|&w| w == widths[0] && w <= 80),
            "{widths:?}\n{drawn}"
        );
    }

    #[test]
    fn repetition_is_counted_and_the_middle_is_left_out() {
        let ladder = Ladder::default();
        (0..50).for_each(|_| ladder.note("the same"));
        (0..40).for_each(|i| ladder.note(format!("event {i}")));
        let drawn = ladder.drawn("your server");
        assert!(drawn.contains("the same (× 50)"));
        assert!(drawn.contains("… 19 more …"));
        assert!(drawn.contains("event 39"));
    }
}
