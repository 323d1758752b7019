//! ```` ```bytes ```` fences: bytes that a test recorded, and what each of them means.
//!
//! ```text
//! title: A text from a client           shown under the figure
//! {{#include ../../lessons/21-ws-frames/tests/transcripts/text.txt}}
//! ```
//!
//! What is included stands in a transcript as a program printed it, in four columns between `│`:
//!
//! ```text
//! a client's frame: text, 5 bytes       a line without columns is a heading
//!   0 │ 81          │ first byte  │     offset, bytes, the name of the field, what it means
//!     │ 1... ....   │ FIN         │ the last frame of its message
//!     │ .000 ....   │ RSV         │ no extension
//!     │ .... 0001   │ opcode      │ text
//!   1 │ 85          │ second byte │
//!     │ 1... ....   │ MASK        │ masked, as a client must
//!     │ .000 0101   │ length      │ 5
//!   2 │ 37 fa 21 3d │ key         │ unmasks the payload
//!   6 │ 7f 9f 4d 51 │ payload     │ "Hello", when it
//!  10 │ 58          │             │ is unmasked
//! → a text: "Hello"                     what it comes to
//! ```
//!
//! A line that begins with `→`, `✗` or `…` says what the bytes before it come to; one that begins with a space continues it.
//! A row without a name continues the one above. Every byte must be there, in its order: an offset follows from the bytes
//! before it, or begins anew at 0. Bytes that end with `…` go on, and the next offset says where. Below a byte its bits
//! may stand: each bit once, as it is in the byte.
//!
//! A recording is in English. `book/bytes/ko.toml` has the Korean of its headings and meanings (and names, where they have
//! one), with `*` for what differs each time: `"masked with *" = "*로 마스킹"`. What begins with a quotation mark stays as
//! it is. A Korean page with a heading or a meaning that has no Korean is an error.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// The Korean of recordings, from the workspace root.
const KOREAN: &str = "book/bytes/ko.toml";
/// What stands between two columns.
const BAR: char = '│';

/// The heads of the columns, in English and Korean.
const COLUMNS: [[&str; 4]; 2] = [
    ["at", "bytes", "field", "meaning"],
    ["위치", "바이트", "필드", "뜻"],
];

#[derive(Debug, PartialEq)]
enum Row {
    Heading(String),
    /// What the rows before come to.
    Remark(String),
    Bytes {
        at: usize,
        /// As they stand in the recording.
        bytes: String,
        field: String,
        meaning: String,
    },
    Bits {
        bits: String,
        field: String,
        meaning: String,
    },
}

/// Draws the text of a fence as a `<figure>` whose caption has the id `id`. `language` is `en` or `ko`.
pub(crate) fn draw(root: &Path, text: &str, language: &str, id: &str) -> Result<String, String> {
    let (title, rows) = parse(text)?;
    match language {
        "ko" => {
            let words = Words::read(root)?;
            let rows = rows.into_iter().map(|row| row.in_korean(&words));
            Ok(table(
                &title,
                &rows.collect::<Result<Vec<_>, _>>()?,
                &COLUMNS[1],
                id,
            ))
        }
        _ => Ok(table(&title, &rows, &COLUMNS[0], id)),
    }
}

fn parse(text: &str) -> Result<(String, Vec<Row>), String> {
    let mut title = None;
    let mut rows = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        if let Some(said) = line.strip_prefix("title:") {
            title = Some(said.trim().to_owned());
            continue;
        }
        let cells: Vec<&str> = line.splitn(4, BAR).map(str::trim).collect();
        match cells[..] {
            [said] => match rows.last_mut() {
                _ if said.starts_with(['→', '✗', '…']) => {
                    rows.push(Row::Remark(said.to_owned()))
                }
                Some(Row::Remark(remark)) if line.starts_with(' ') => append(remark, said),
                _ => rows.push(Row::Heading(said.to_owned())),
            },
            [at, bytes, field, meaning] => add(&mut rows, [at, bytes, field, meaning])
                .map_err(|fault| format!("`{}`: {fault}", line.trim()))?,
            _ => return Err(format!("`{}` has not four columns.", line.trim())),
        }
    }
    check(&rows)?;
    match title {
        Some(title) if !title.is_empty() => Ok((title, rows)),
        _ => Err("The bytes have no title. Write `title: ...` into the fence.".to_owned()),
    }
}

/// Puts a line behind the rows that are there, or into the last one of them.
fn add(rows: &mut Vec<Row>, [at, shown, field, meaning]: [&str; 4]) -> Result<(), String> {
    let own = |text: &str| text.to_owned();
    match (rows.last_mut(), field) {
        (
            Some(Row::Bytes {
                at: start,
                bytes,
                meaning: more,
                ..
            }),
            "",
        ) => {
            let next = *start + bytes.split_whitespace().count();
            if !shown.is_empty() && (bytes.ends_with('…') || at.parse() != Ok(next)) {
                return Err(format!(
                    "it does not continue the {} bytes above.",
                    next - *start
                ));
            }
            append(bytes, shown);
            append(more, meaning);
        }
        (Some(Row::Bits { meaning: more, .. }), "") if shown.is_empty() => append(more, meaning),
        (_, "") => return Err("it has no name, and continues nothing.".to_owned()),
        (None | Some(Row::Heading(_) | Row::Remark(_)), _) if at.is_empty() => {
            return Err("it has no offset, and stands below no byte.".to_owned());
        }
        _ if at.is_empty() => rows.push(Row::Bits {
            bits: own(shown),
            field: own(field),
            meaning: own(meaning),
        }),
        _ => rows.push(Row::Bytes {
            at: at.parse().map_err(|_| format!("`{at}` is no offset."))?,
            bytes: own(shown),
            field: own(field),
            meaning: own(meaning),
        }),
    }
    Ok(())
}

fn append(text: &mut String, more: &str) {
    if !text.is_empty() && !more.is_empty() {
        text.push(' ');
    }
    text.push_str(more);
}

/// Every byte is there once, and bits are those of their byte.
fn check(rows: &[Row]) -> Result<(), String> {
    let mut next = 0;
    let mut elided = false;
    for (index, row) in rows.iter().enumerate() {
        let Row::Bytes { at, bytes, .. } = row else {
            continue;
        };
        if *at != 0 && (*at < next || *at > next && !elided) {
            return Err(format!(
                "Offset {at} does not follow: the next byte is {next}. Record the bytes anew."
            ));
        }
        elided = bytes.ends_with('…');
        let values = bytes.trim_end_matches('…').split_whitespace();
        let values: Result<Vec<u8>, _> = values
            .map(|pair| u8::from_str_radix(pair, 16).map_err(|_| format!("`{pair}` is no byte.")))
            .collect();
        let values = values?;
        next = at + values.len();
        let bits: Vec<&str> = rows[index + 1..]
            .iter()
            .map_while(|row| match row {
                Row::Bits { bits, .. } => Some(bits.as_str()),
                _ => None,
            })
            .collect();
        if !bits.is_empty()
            && overlay(&bits) != values[..].try_into().ok().map(|[byte]: [u8; 1]| byte)
        {
            return Err(format!(
                "The bits {} are not those of `{bytes}`. Record the bytes anew.",
                bits.join(", ")
            ));
        }
    }
    match rows.iter().any(|row| matches!(row, Row::Bytes { .. })) {
        true => Ok(()),
        false => Err("There are no bytes. Include a recording.".to_owned()),
    }
}

/// The byte that `1... ....`, `.000 ....` and so on make, when each bit is there once.
fn overlay(rows: &[&str]) -> Option<u8> {
    let rows: Vec<Vec<char>> = rows
        .iter()
        .map(|row| row.chars().filter(|letter| *letter != ' ').collect())
        .collect();
    (0..8).try_fold(0, |byte, place| {
        let mut bits = rows.iter().filter_map(|row| match row.get(place) {
            Some('0') => Some(0),
            Some('1') => Some(1),
            _ => None,
        });
        match (bits.next(), bits.next()) {
            (Some(bit), None) => Some(byte << 1 | bit),
            _ => None,
        }
    })
}

/// The Korean of recorded words, as [`KOREAN`] has it.
struct Words(Vec<(String, String)>);

impl Words {
    fn read(root: &Path) -> Result<Words, String> {
        let text = fs::read_to_string(root.join(KOREAN))
            .map_err(|error| format!("{KOREAN} cannot be read: {error}."))?;
        let table: toml::Table =
            toml::from_str(&text).map_err(|error| format!("{KOREAN}: {}.", error.message()))?;
        let pairs = table
            .into_iter()
            .filter_map(|(english, korean)| match korean {
                toml::Value::String(korean) => Some((english, korean)),
                _ => None,
            });
        let mut pairs: Vec<_> = pairs.collect();
        // Where several fit, the longest says most.
        pairs.sort_by_key(|(english, _)| std::cmp::Reverse(english.len()));
        Ok(Words(pairs))
    }

    fn find(&self, said: &str) -> Option<String> {
        self.0.iter().find_map(|(english, korean)| {
            let mut differing = matches(english, said)?.into_iter();
            let mut parts = korean.split('*');
            let mut out = parts.next().unwrap_or_default().to_owned();
            for part in parts {
                out.push_str(differing.next().unwrap_or_default());
                out.push_str(part);
            }
            Some(out)
        })
    }

    /// The Korean of a heading or a meaning, which must have one.
    fn translate(&self, said: String) -> Result<String, String> {
        let is_data =
            said.starts_with('"') || !said.contains(|letter: char| letter.is_alphabetic());
        match self.find(&said) {
            Some(korean) => Ok(korean),
            None if is_data => Ok(said),
            None => Err(format!("`{said}` has no Korean. Give it one in {KOREAN}.")),
        }
    }
}

/// What stands in `said` where `pattern` has its stars.
fn matches<'s>(pattern: &str, said: &'s str) -> Option<Vec<&'s str>> {
    let mut parts = pattern.split('*');
    let mut rest = said.strip_prefix(parts.next()?)?;
    let mut found = Vec::new();
    while let Some(part) = parts.next() {
        // What stands behind the last star must be the end.
        let at = match parts.clone().next() {
            None => rest.len() - rest.strip_suffix(part).map(|_| part.len())?,
            Some(_) => rest.find(part)?,
        };
        found.push(&rest[..at]);
        rest = &rest[at + part.len()..];
    }
    rest.is_empty().then_some(found)
}

impl Row {
    fn in_korean(self, words: &Words) -> Result<Row, String> {
        let name = |field: String| words.find(&field).unwrap_or(field);
        Ok(match self {
            Row::Heading(heading) => Row::Heading(words.translate(heading)?),
            Row::Remark(remark) => Row::Remark(words.translate(remark)?),
            Row::Bytes {
                at,
                bytes,
                field,
                meaning,
            } => Row::Bytes {
                at,
                bytes,
                field: name(field),
                meaning: words.translate(meaning)?,
            },
            Row::Bits {
                bits,
                field,
                meaning,
            } => Row::Bits {
                bits,
                field: name(field),
                meaning: words.translate(meaning)?,
            },
        })
    }
}

fn table(title: &str, rows: &[Row], columns: &[&str; 4], id: &str) -> String {
    let mut out = format!("<figure class=\"bytes\" aria-labelledby=\"{id}\"><table><thead><tr>");
    for column in columns {
        let _ = write!(out, "<th scope=\"col\">{column}</th>");
    }
    out.push_str("</tr></thead><tbody>");
    for row in rows {
        let (class, at, shown, field, meaning) = match row {
            Row::Heading(heading) => {
                let heading = escape(heading);
                let _ = write!(
                    out,
                    "</tbody><tbody><tr><th scope=\"rowgroup\" colspan=\"4\">{heading}</th></tr>"
                );
                continue;
            }
            Row::Remark(remark) => {
                let remark = escape(remark);
                let _ = write!(
                    out,
                    "<tr class=\"remark\"><td colspan=\"4\">{remark}</td></tr>"
                );
                continue;
            }
            Row::Bytes {
                at,
                bytes,
                field,
                meaning,
            } => ("whole", at.to_string(), bytes.clone(), field, meaning),
            Row::Bits {
                bits,
                field,
                meaning,
            } => ("bits", String::new(), bits.clone(), field, meaning),
        };
        let _ = write!(
            out,
            "<tr class=\"{class}\"><td>{at}</td><td><code>{}</code></td>\
             <th scope=\"row\">{}</th><td>{}</td></tr>",
            escape(&shown),
            escape(field),
            escape(meaning)
        );
    }
    let _ = write!(
        out,
        "</tbody></table><figcaption id=\"{id}\">{}</figcaption></figure>",
        escape(title)
    );
    // A body without rows is left where a heading comes first.
    out.replace("<tbody></tbody>", "")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: &str = "title: T\n\
        a client's frame\n  \
          0 │ 81       │ first byte  │\n    \
            │ 1... ....│ FIN         │ the last\n    \
            │ .000 ....│ RSV         │\n    \
            │ .... 0001│ opcode      │ text\n  \
          1 │ 05       │ second byte │\n  \
          2 │ 48 65 6c │ payload     │ \"<Hel\n  \
          5 │ 6c 6f    │             │ lo>\"\n\
        → \"text\"\n  \
          of 5 bytes\n";

    fn korean(words: &str) -> Result<String, String> {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("book/bytes")).unwrap();
        fs::write(root.path().join(KOREAN), words).unwrap();
        draw(root.path(), FRAME, "ko", "b")
    }

    #[track_caller]
    fn assert_fails(from: &str, to: &str, sentence: &str) {
        let text = FRAME.replacen(from, to, 1);
        assert_ne!(text, FRAME);
        let fault = draw(Path::new(""), &text, "en", "b").unwrap_err();
        assert!(fault.contains(sentence), "{fault}");
    }

    #[test]
    fn every_field_is_a_row() {
        let figure = draw(Path::new(""), FRAME, "en", "b").unwrap();
        assert_eq!(figure.matches("<tr class=\"whole\">").count(), 3);
        assert_eq!(figure.matches("<tr class=\"bits\">").count(), 3);
        assert!(figure.contains(
            "<td>2</td><td><code>48 65 6c 6c 6f</code></td><th scope=\"row\">payload</th>\
             <td>&quot;&lt;Hel lo>&quot;</td>"
        ));
        assert!(figure.contains("colspan=\"4\">a client's frame</th>"));
        assert!(
            figure.contains(
                "<tr class=\"remark\"><td colspan=\"4\">→ &quot;text&quot; of 5 bytes</td>"
            )
        );
        assert!(!figure.contains('\n') && !figure.contains("<tbody></tbody>"));
    }

    #[test]
    fn a_byte_that_is_missing_or_labelled_wrong_is_an_error() {
        assert_fails("2 │ 48 65 6c", "2 │ 48 65", "does not continue the 2 bytes");
        assert_fails("1 │ 05", "2 │ 05", "Offset 2 does not follow");
        assert_fails("0001", "0010", "are not those of `81`");
        assert_fails(".000", "..00", "are not those of `81`");
        assert_fails(".000", "1000", "are not those of `81`");
        assert_fails("title: T\n", "", "no title");
        assert_fails("│ text", " text", "four columns");
        assert_fails("65", "6x", "`6x` is no byte");
        assert_fails("0 │ 81       ", "  │ 81       ", "stands below no byte");
    }

    #[test]
    fn a_gap_is_allowed_where_it_is_shown() {
        let text = FRAME.replace("6c │ payload", "6c … │ payload");
        let text = text.replace("5 │ 6c 6f    │             │", "200 │ 6c 6f │ end │");
        assert!(draw(Path::new(""), &text, "en", "b").is_ok());
    }

    #[test]
    fn korean_has_all_words_or_says_which_are_missing() {
        let words = "\"*'s frame\" = \"*의 프레임\"\n\"the last\" = \"마지막\"\n";
        let fault = korean(words).unwrap_err();
        assert!(fault.contains("`text` has no Korean"), "{fault}");
        let figure = korean(&format!(
            "{words}text = \"텍스트\"\n\"→ * of 5 bytes\" = \"→ *, 5바이트\"\nFIN = \"끝\"\n"
        ))
        .unwrap();
        assert!(figure.contains("a client의 프레임</th>"));
        assert!(figure.contains(">끝</th><td>마지막</td>"));
        assert!(figure.contains(">opcode</th><td>텍스트</td>"));
        assert!(figure.contains("&quot;&lt;Hel lo>&quot;"));
        assert!(figure.contains("→ &quot;text&quot;, 5바이트"));
    }

    #[test]
    fn stars_stand_for_what_differs() {
        assert_eq!(
            matches("* bytes, *", "5 bytes, masked"),
            Some(vec!["5", "masked"])
        );
        assert_eq!(matches("text", "text"), Some(vec![]));
        assert_eq!(matches("* bytes", "5 bytes, masked"), None);
        assert_eq!(matches("a*a", "a"), None);
    }
}
