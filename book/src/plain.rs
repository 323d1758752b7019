//! A ladder for the terminal: the same text that [`crate::ladder`] draws as a picture, in columns.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::ladder::{Event, Ladder};

/// Columns left of the first rail and right of the last one, so that names fit above them.
const MARGIN: usize = 8;
/// The narrowest distance between two rails that still holds a short label.
const NARROWEST: usize = 16;

impl Ladder {
    /// The ladder in plain text, `width` columns wide, or wider when there are very many actors.
    pub(crate) fn plain(&self, width: usize) -> String {
        let gaps = self.actors.len().saturating_sub(1).max(1);
        let gap = (width.saturating_sub(2 * MARGIN + 1) / gaps).max(NARROWEST);
        let rails: Vec<usize> = (0..self.actors.len())
            .map(|actor| MARGIN + actor * gap)
            .collect();
        let mut out = String::new();
        let mut names = Row::default();
        for (rail, name) in rails.iter().zip(&self.actors) {
            names.put(rail.saturating_sub(name.width() / 2), name);
        }
        names.write(&mut out);
        for event in &self.events {
            let mut row = Row::default();
            for rail in &rails {
                row.put(*rail, "│");
            }
            match event {
                Event::Step(text) => row.put(0, &format!("── {text} ")),
                // To the right of its rail; the last actor's things stand to the left of its own.
                Event::Does { actor, text }
                | Event::Note {
                    first: actor, text, ..
                } => {
                    let text = cut(&text.join(" "), gap - 3);
                    let last = rails.len() > 1 && *actor + 1 == rails.len();
                    match last {
                        true => row.put(rails[*actor] - 1 - text.width(), &text),
                        false => row.put(rails[*actor] + 2, &text),
                    }
                }
                Event::Sends {
                    from,
                    to,
                    arrives,
                    text,
                } => {
                    let (left, right) = (rails[*from.min(to)], rails[*from.max(to)]);
                    let inside = right - left - 1;
                    let text = cut(&text.join(" "), inside - 6);
                    let rest = "─".repeat(inside - 4 - text.width());
                    let arrow = match (from < to, arrives) {
                        (true, true) => format!("─ {text} {rest}▶"),
                        (true, false) => format!("─ {text} {rest}✗"),
                        (false, true) => format!("◀─ {text} {rest}"),
                        (false, false) => format!("✗─ {text} {rest}"),
                    };
                    row.put(left + 1, &arrow);
                }
            }
            row.write(&mut out);
        }
        out
    }
}

/// One line of the terminal, a cell a column. A wide character leaves the cell behind it empty.
#[derive(Default)]
struct Row(Vec<String>);

impl Row {
    fn put(&mut self, at: usize, text: &str) {
        let mut column = at;
        for character in text.chars() {
            let width = character.width().unwrap_or(0);
            if self.0.len() < column + width {
                self.0.resize(column + width, " ".to_owned());
            }
            if width > 0 {
                self.0[column] = character.to_string();
                self.0[column + 1..column + width].fill(String::new());
            }
            column += width;
        }
    }

    fn write(&self, out: &mut String) {
        out.push_str(self.0.concat().trim_end());
        out.push('\n');
    }
}

fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut out = String::new();
    for character in text.chars() {
        if out.width() + character.width().unwrap_or(0) >= columns {
            break;
        }
        out.push(character);
    }
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use crate::ladder::parse;
    use unicode_width::UnicodeWidthStr as _;

    #[test]
    fn rails_are_straight_whatever_is_said() {
        let ladder = parse(
            "title: T\ndesc: D\nactors: client, 서버\nclient: socket() = 3\nclient -> 서버: \"안녕\"\n\
             서버 -> client: a very long label that does not fit between two rails of eighty columns at all\n서버: close(4)\n",
        );
        let text = ladder.unwrap().plain(80);
        assert!(text.lines().all(|line| line.width() <= 80), "{text}");
        let rails = |line: &str| line.ends_with('│') || line.ends_with('▶');
        let widths: Vec<usize> = text
            .lines()
            .skip(1)
            .filter(|line| rails(line))
            .map(str::width)
            .collect();
        assert_eq!(widths.len(), 4, "{text}");
        assert!(
            widths.iter().all(|width| width.abs_diff(widths[0]) <= 1),
            "{widths:?}\n{text}"
        );
    }
}
