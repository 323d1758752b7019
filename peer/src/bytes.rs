//! Bytes as a person reads them: quoted, counted, and compared with a caret.

use unicode_width::UnicodeWidthStr;

/// Bytes of a quoted string before it is cut in the middle of a ladder, and columns: a byte that is
/// not text takes four.
const QUOTED: usize = 20;
const QUOTED_COLUMNS: usize = 28;

/// Bytes in a row of the comparison; 16 bytes in hexadecimal fit 80 columns with their text.
const ROW: usize = 16;

/// `"hello" (5 bytes)`; long strings are cut, and say so by their count.
pub(crate) fn quoted(bytes: &[u8]) -> String {
    let mut shown = &bytes[..whole_characters(bytes, QUOTED)];
    while text(shown).width() > QUOTED_COLUMNS {
        shown = &shown[..whole_characters(shown, shown.len() - 1)];
    }
    let dots = if shown.len() < bytes.len() { "…" } else { "" };
    format!("\"{}{dots}\" ({})", text(shown), counted(bytes.len()))
}

/// `1 byte`, `12 bytes`, `8 MiB`.
pub(crate) fn counted(bytes: usize) -> String {
    const MIB: usize = 1 << 20;
    const KIB: usize = 1 << 10;
    match bytes {
        1 => "1 byte".to_string(),
        n if n >= MIB && n.is_multiple_of(MIB) => format!("{} MiB", n / MIB),
        n if n >= 10 * KIB && n.is_multiple_of(KIB) => format!("{} KiB", n / KIB),
        n => format!("{} bytes", with_commas(n)),
    }
}

fn with_commas(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The largest length up to `limit` that does not cut a UTF-8 character in two.
fn whole_characters(bytes: &[u8], limit: usize) -> usize {
    if bytes.len() <= limit {
        return bytes.len();
    }
    // A UTF-8 character has at most four bytes; continuation bytes begin with the bits 10.
    (limit.saturating_sub(3)..=limit)
        .rev()
        .find(|&i| bytes[i] & 0xc0 != 0x80)
        .unwrap_or(limit)
}

/// The bytes as text: UTF-8 where it is, `\xff` where it is not.
fn text(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\n' | '\r' | '\t' | '"' | '\\' => out.extend(c.escape_default()),
                '\0'..='\x7f' if c.is_control() => out.push_str(&format!("\\x{:02x}", c as u32)),
                _ if c.is_control() => out.extend(c.escape_default()),
                _ => out.push(c),
            }
        }
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    out
}

/// The bytes as one would write them in a Rust string, without the quotes: `\x00\x02hi\r\n`. Of more than `most` bytes the
/// beginning, and how many there are.
pub fn as_rust(bytes: &[u8], most: usize) -> String {
    let mut out = String::new();
    for byte in bytes.iter().take(most) {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(*byte)]),
            b' '..=b'~' => out.push(char::from(*byte)),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    if bytes.len() > most {
        out.push_str(&format!("… {} bytes", bytes.len()));
    }
    out
}

/// The bytes as text beside a hexdump: what cannot be seen is a dot, so that the row keeps its width.
fn column(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.utf8_chunks() {
        out.extend(
            chunk
                .valid()
                .chars()
                .map(|c| if c.is_control() { '.' } else { c }),
        );
        out.extend(chunk.invalid().iter().map(|_| '.'));
    }
    out
}

/// The rows around the first difference, with a caret under the first wrong byte; empty when
/// nothing differs. `ended` is true when no more of `actual` can come.
pub(crate) fn compared(expected: &[u8], actual: &[u8]) -> String {
    let Some(at) = first_difference(expected, actual) else {
        return String::new();
    };
    // Start the row at a multiple of its length, as a hexdump does, so that offsets are easy.
    let start = at - at % ROW;
    let row = |name: &str, bytes: &[u8]| {
        let shown = bytes
            .get(start..bytes.len().min(start + ROW))
            .unwrap_or(&[]);
        let hex: Vec<String> = shown.iter().map(|b| format!("{b:02x}")).collect();
        let dots = if bytes.len() > start + ROW { "…" } else { "" };
        format!(
            "  {name}  {:<width$}  \"{}{dots}\"\n",
            hex.join(" "),
            column(shown),
            width = ROW * 3 - 1
        )
    };
    let wrong = match (expected.get(at), actual.get(at)) {
        (Some(e), Some(a)) => format!("byte {at}: expected {e:02x}, got {a:02x}"),
        (Some(e), None) => format!("byte {at}: expected {e:02x}, got nothing more"),
        (None, Some(a)) => format!("byte {at}: expected nothing more, got {a:02x}"),
        (None, None) => String::new(),
    };
    let caret = 2 + "expected  ".len() + (at - start) * 3;
    let from = if start > 0 {
        format!("  from byte {start} on:\n")
    } else {
        String::new()
    };
    format!(
        "{from}{}{}{:caret$}^^ {wrong}\n",
        row("expected", expected),
        row("actual  ", actual),
        ""
    )
}

/// The offset of the first byte that differs, which may be just past the end of one of them.
pub(crate) fn first_difference(expected: &[u8], actual: &[u8]) -> Option<usize> {
    match expected.iter().zip(actual).position(|(e, a)| e != a) {
        Some(at) => Some(at),
        None if expected.len() == actual.len() => None,
        None => Some(expected.len().min(actual.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_text_controls_and_what_is_not_text() {
        assert_eq!(quoted(b"hi\n"), r#""hi\n" (3 bytes)"#);
        assert_eq!(quoted("안녕".as_bytes()), "\"안녕\" (6 bytes)");
        assert_eq!(quoted(&[0xff, b'a']), r#""\xffa" (2 bytes)"#);
        assert_eq!(
            quoted(&[0; 9]),
            "\"\\x00\\x00\\x00\\x00\\x00\\x00\\x00…\" (9 bytes)"
        );
    }

    #[test]
    fn as_one_writes_it_in_rust() {
        assert_eq!(
            as_rust(b"\x00\x02hi\"\\\r\n\xff", 9),
            r#"\x00\x02hi\"\\\r\n\xff"#
        );
        assert_eq!(as_rust(b"abcde", 3), "abc… 5 bytes");
    }

    #[test]
    fn long_strings_are_cut_between_characters() {
        let long = "안녕하세요, 소켓 프로그래밍".as_bytes();
        assert_eq!(quoted(long), "\"안녕하세요, 소…\" (39 bytes)");
    }

    #[test]
    fn sizes_read_well() {
        assert_eq!(counted(1), "1 byte");
        assert_eq!(counted(8 << 20), "8 MiB");
        assert_eq!(counted(70_000), "70,000 bytes");
    }

    #[test]
    fn the_caret_stands_under_the_first_wrong_byte() {
        let shown = compared(b"hello world", b"hello there");
        let lines: Vec<&str> = shown.lines().collect();
        let caret = lines[2].find("^^").unwrap();
        assert_eq!(&lines[0][caret..caret + 2], "77");
        assert_eq!(&lines[1][caret..caret + 2], "74");
        assert!(lines[2].ends_with("byte 6: expected 77, got 74"));
        assert_eq!(compared(b"same", b"same"), "");
    }

    #[test]
    fn a_row_keeps_its_width_whatever_the_bytes_are() {
        let shown = compared(&[0; 16], &[0xff; 16]);
        assert!(
            shown.lines().all(|line| line.chars().count() <= 80),
            "{shown}"
        );
    }

    #[test]
    fn a_difference_far_in_starts_at_its_own_row() {
        let expected = vec![b'a'; 100];
        let shown = compared(&expected, &expected[..70]);
        assert!(shown.starts_with("  from byte 64 on:\n"), "{shown}");
        assert!(
            shown.contains("byte 70: expected 61, got nothing more"),
            "{shown}"
        );
    }
}
