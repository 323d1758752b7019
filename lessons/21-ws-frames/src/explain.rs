//! Bytes field by field, for people.
//!
//! The codec says what is wrong, and what a message is; here stands only which bits are what, and how to say it.

use std::fmt;
use std::ops::Range;

use crate::frame::Opcode;
use crate::incoming::{Event, Incoming, Kind, Role};
use crate::mask::mask;
use crate::violation::Violation;

/// Payloads up to here are shown byte by byte; of longer ones, as many bytes as fit into a row.
const MAX_SHOWN: usize = 24;
/// Bytes in a row.
const ROW: usize = 8;
/// Columns of the name of a field, and of what it means: 80 in all.
const NAME: usize = 13;
const MEANING: usize = 29;

/// A part of an explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A frame begins, or the head of a handshake.
    Begin(String),
    /// Some of its bytes, or some bits of the byte before.
    Field(Field),
    /// The frame completes this.
    Complete(String),
    /// It must not be: the connection is over.
    Wrong(Violation),
    /// What is not there.
    Missing(String),
}

/// A part of a frame that has a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Which of the bytes it is.
    pub place: Range<usize>,
    /// Which bits of this one byte, when it is not all of them.
    pub bits: Option<u8>,
    /// As in the RFC, or nearly so.
    pub name: &'static str,
    /// What these bytes say.
    pub meaning: String,
}

/// Bytes, and what they mean. It prints itself: 80 columns, fields between `│`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    bytes: Vec<u8>,
    /// From the first byte to the last.
    pub parts: Vec<Part>,
}

/// Explains what one side has sent: frames, perhaps behind the head of its handshake. Without `from`, that head
/// or the first frame's mask says which side. `compresses`: both have agreed on RFC 7692; a head may say so too.
///
/// With the first byte that is wrong it ends, as a connection does.
pub fn explain(bytes: &[u8], from: Option<Role>, compresses: bool) -> Explanation {
    let mut writer = Writer {
        bytes,
        at: 0,
        parts: Vec::new(),
    };
    let is_masked = |at: usize| bytes.get(at + 1).is_some_and(|byte| byte & 0x80 != 0);
    let (head_from, head_compresses) = match writer.head() {
        Some(head) => head,
        None if is_masked(0) => (Role::Client, false),
        None => (Role::Server, false),
    };
    writer.frames(from.unwrap_or(head_from), compresses || head_compresses);
    Explanation {
        parts: writer.parts,
        bytes: bytes.to_vec(),
    }
}

struct Writer<'b> {
    bytes: &'b [u8],
    at: usize,
    parts: Vec<Part>,
}

impl Writer<'_> {
    fn rest(&self) -> &[u8] {
        &self.bytes[self.at..]
    }

    /// The next `length` bytes are a field.
    fn field(&mut self, length: usize, name: &'static str, meaning: impl Into<String>) {
        self.parts.push(Part::Field(Field {
            place: self.at..self.at + length,
            bits: None,
            name,
            meaning: meaning.into(),
        }));
        self.at += length;
    }

    /// Some bits of the byte that the last field was.
    fn bits(&mut self, bits: u8, name: &'static str, meaning: impl Into<String>) {
        self.parts.push(Part::Field(Field {
            place: self.at - 1..self.at,
            bits: Some(bits),
            name,
            meaning: meaning.into(),
        }));
    }

    fn missing(&mut self, what: impl Into<String>) {
        self.parts.push(Part::Missing(what.into()));
    }

    /// The head of a handshake (lesson 20), if there is one: who has sent it, and whether it speaks of compression.
    fn head(&mut self) -> Option<(Role, bool)> {
        let (from, begin, first) = match self.bytes {
            [b'G', b'E', b'T', b' ', ..] => {
                (Role::Client, "the request of a client", "request line")
            }
            [b'H', b'T', b'T', b'P', b'/', ..] => {
                (Role::Server, "the response of a server", "status line")
            }
            _ => return None,
        };
        self.parts.push(Part::Begin(begin.to_string()));
        let mut name = first;
        let mut compresses = false;
        loop {
            let Some(end) = self.rest().windows(2).position(|two| two == b"\r\n") else {
                self.missing("the end of the head is still to come");
                self.at = self.bytes.len();
                return Some((from, compresses));
            };
            if end == 0 {
                self.field(2, "blank line", "the head ends");
                return Some((from, compresses));
            }
            let line = quoted(&self.rest()[..end]);
            compresses |= line.to_ascii_lowercase().contains("permessage-deflate");
            self.field(end + 2, name, line);
            name = "header field";
        }
    }

    fn frames(&mut self, from: Role, compresses: bool) {
        let ours = match from {
            Role::Client => Role::Server,
            Role::Server => Role::Client,
        };
        let mut incoming = Incoming::new(ours, usize::MAX, compresses);
        let mut number = 0;
        while self.at < self.bytes.len() {
            number += 1;
            let start = self.at;
            let wanted = self.frame(number, from);
            // The codec unmasks in place.
            let mut frame = self.bytes[start..self.at].to_vec();
            match incoming.next_event(&mut frame) {
                Ok((Some(event), _)) => {
                    if let Some(sentence) = sentence(&event) {
                        self.parts.push(Part::Complete(sentence));
                    }
                }
                Ok((None, _)) if wanted == 0 => {} // The message goes on.
                Ok((None, _)) => self.missing(match wanted {
                    1 => "1 byte of it is still to come".to_string(),
                    _ => format!("{wanted} bytes of it are still to come"),
                }),
                Err(violation) => {
                    self.parts.push(Part::Wrong(violation));
                    if !self.rest().is_empty() {
                        self.missing(format!(
                            "{} bytes behind it are not read",
                            self.rest().len()
                        ));
                    }
                    return;
                }
            }
        }
    }

    /// The frame that the rest begins with, as far as it is there and whether it may be or not. Returns how many
    /// bytes are missing.
    fn frame(&mut self, number: usize, from: Role) -> u64 {
        let sender = match from {
            Role::Client => "a client",
            Role::Server => "a server",
        };
        let first = self.rest()[0];
        let opcode = Opcode::of(first & 0x0f).ok();
        let kind = opcode.map_or("no such frame", Opcode::name);
        let begin = format!("frame {number}: {kind}, from {sender}");
        self.parts.push(Part::Begin(begin));

        let is_control = first & 0x08 != 0;
        self.field(1, "first byte", "");
        let fin = match (first & 0x80 != 0, is_control) {
            (true, true) => "whole, as it must be",
            (true, false) => "the last frame of its message",
            (false, true) => "in parts, as it must not be",
            (false, false) => "more frames follow",
        };
        self.bits(0x80, "FIN", fin);
        let rsv = match first & 0x70 {
            0 => "no extension in use",
            0x40 if !is_control => "compressed (RFC 7692)",
            _ => "reserved bits, which must be 0",
        };
        self.bits(0x70, "RSV1 to 3", rsv);
        self.bits(0x0f, "opcode", format!("{:#x}: {kind}", first & 0x0f));

        let Some(second) = self.rest().first().copied() else {
            return 1;
        };
        self.field(1, "second byte", "");
        let is_masked = second & 0x80 != 0;
        let masked = match is_masked {
            true => "masked, as by clients",
            false => "not masked, as by servers",
        };
        self.bits(0x80, "MASK", masked);
        let short = second & 0x7f;
        let length = match short {
            126 => "126: the next 2 bytes say it".to_string(),
            127 => "127: the next 8 bytes say it".to_string(),
            short => of_payload(short.into()),
        };
        self.bits(0x7f, "length", length);

        let length = match short {
            126 => self.number::<2>("16-bit length"),
            127 => self.number::<8>("64-bit length"),
            short => Ok(short.into()),
        };
        let length = match length {
            Ok(length) => length,
            Err(missing) => return missing,
        };
        let key = match (is_masked, self.rest().first_chunk::<4>().copied()) {
            (false, _) => None,
            (true, Some(key)) => {
                self.field(4, "masking key", "XORed with the payload");
                Some(key)
            }
            (true, None) => {
                let there = self.part_of("masking key");
                return length.saturating_add((4 - there) as u64);
            }
        };
        let there =
            usize::try_from(length).map_or(usize::MAX, |length| length.min(self.rest().len()));
        let there = there.min(self.rest().len());
        self.payload(there, key, opcode, first & 0x40 != 0);
        length - there as u64
    }

    /// What is there of a field that is not whole; returns how many bytes.
    fn part_of(&mut self, name: &'static str) -> usize {
        let there = self.rest().len();
        if there > 0 {
            self.field(there, name, "a part of it");
        }
        there
    }

    /// A length of `N` bytes, or how many of them are missing.
    fn number<const N: usize>(&mut self, name: &'static str) -> Result<u64, u64> {
        let Some(bytes) = self.rest().first_chunk::<N>() else {
            return Err((N - self.part_of(name)) as u64);
        };
        let number = bytes
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte));
        self.field(N, name, of_payload(number));
        Ok(number)
    }

    fn payload(&mut self, length: usize, key: Option<[u8; 4]>, opcode: Option<Opcode>, rsv1: bool) {
        if length == 0 {
            return;
        }
        let mut payload = self.rest()[..length].to_vec();
        if let Some(key) = key {
            mask(&mut payload, key, 0);
        }
        let unmasked = if key.is_some() { "unmasked: " } else { "" };
        if let (Some(Opcode::Close), [high, low, reason @ ..]) = (opcode, &payload[..]) {
            let code = u16::from_be_bytes([*high, *low]);
            self.field(
                2,
                "close code",
                format!("{unmasked}{code}: {}", code_name(code)),
            );
            if !reason.is_empty() {
                self.field(
                    reason.len(),
                    "reason",
                    format!("{unmasked}{}", quoted(reason)),
                );
            }
            return;
        }
        let shown = &payload[..if length > MAX_SHOWN { ROW } else { length }];
        let is_bytes = rsv1 || opcode == Some(Opcode::Binary);
        let mut meaning = match (is_bytes, key) {
            (true, None) => format!("{length} bytes"),
            (true, Some(_)) => hex(&shown[..shown.len().min(ROW)]),
            (false, _) => quoted(shown),
        };
        let is_cut = match is_bytes {
            true => key.is_some() && length > ROW,
            false => length > shown.len(),
        };
        if is_cut {
            meaning += " …";
        }
        self.field(length, "payload", format!("{unmasked}{meaning}"));
    }
}

fn of_payload(length: u64) -> String {
    match length {
        1 => "1 byte of payload".to_string(),
        length => format!("{length} bytes of payload"),
    }
}

/// What a frame completes, where the frame alone does not say it.
fn sentence(event: &Event) -> Option<String> {
    let Event::Message {
        kind,
        compressed,
        payload,
    } = event
    else {
        return None;
    };
    let length = payload.len();
    Some(match (kind, compressed) {
        (_, true) => format!("a compressed message of {length} bytes"),
        (Kind::Binary, _) => format!("a message of {length} bytes"),
        (Kind::Text, _) if length > MAX_SHOWN => format!("a text of {length} bytes"),
        (Kind::Text, _) => format!("a text: {}", quoted(payload)),
    })
}

/// What is said with a close code (section 7.4.1).
fn code_name(code: u16) -> &'static str {
    match code {
        1000 => "it is done",
        1001 => "going away",
        1002 => "protocol error",
        1003 => "a kind of data not taken",
        1005 | 1006 | 1015 => "never on the wire",
        1007 => "not the data it should be",
        1008 => "against the rules here",
        1009 => "too long",
        1010 => "an extension is missing",
        1011 => "something unexpected",
        1012 => "the service restarts",
        1013 => "try again later",
        1014 => "a bad gateway",
        3000..=3999 => "registered by somebody",
        4000..=4999 => "between these two",
        _ => "no close code",
    }
}

/// As text, and what is none as `\xff`.
fn quoted(bytes: &[u8]) -> String {
    let mut text = String::from('"');
    for chunk in bytes.utf8_chunks() {
        text.extend(chunk.valid().escape_debug());
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    text.push('"');
    text
}

fn hex(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(" ")
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                Part::Begin(begin) => writeln!(f, "{begin}")?,
                Part::Field(field) => self.rows(field, f)?,
                Part::Complete(what) => writeln!(f, "→ {what}")?,
                Part::Wrong(violation) => {
                    writeln!(f, "✗ {violation}")?;
                    let (section, code) = (violation.section(), violation.code());
                    writeln!(f, "  {section}; close code {code}")?;
                }
                Part::Missing(what) => writeln!(f, "… {what}")?,
            }
        }
        Ok(())
    }
}

impl Explanation {
    fn rows(&self, field: &Field, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = &self.bytes[field.place.clone()];
        let mut left: Vec<(String, String)> = match (field.bits, bytes) {
            (Some(bits), [byte]) => vec![(String::new(), bit_pattern(*byte, bits))],
            _ => bytes
                .chunks(ROW)
                .enumerate()
                .map(|(row, bytes)| ((field.place.start + row * ROW).to_string(), hex(bytes)))
                .collect(),
        };
        if field.name == "payload" && bytes.len() > MAX_SHOWN {
            left.truncate(1);
            left[0].1 += "…";
        }
        let mut right = wrap(&field.meaning);
        let rows = left.len().max(right.len());
        left.resize_with(rows, Default::default);
        right.resize_with(rows, Default::default);
        for (row, ((at, bytes), meaning)) in left.iter().zip(&right).enumerate() {
            let name = if row == 0 { field.name } else { "" };
            let line = format!("{at:>5} │ {bytes:24} │ {name:NAME$} │ {meaning}");
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// `1... ....`: these bits of the byte.
fn bit_pattern(byte: u8, bits: u8) -> String {
    let mut pattern = String::new();
    for place in (0..8).rev() {
        pattern.push(match (bits >> place & 1, byte >> place & 1) {
            (0, _) => '.',
            (_, 0) => '0',
            _ => '1',
        });
        if place == 4 {
            pattern.push(' ');
        }
    }
    pattern
}

/// Lines of at most [`MEANING`] columns, broken at spaces where there are any.
fn wrap(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.len() - 1;
        let space = usize::from(!lines[line].is_empty());
        if columns(&lines[line]) + space + columns(word) <= MEANING {
            lines[line].push_str(&" "[..space]);
            lines[line].push_str(word);
            continue;
        }
        if space == 1 {
            lines.push(String::new());
        }
        for letter in word.chars() {
            let line = lines.len() - 1;
            if columns(&lines[line]) + width(letter) > MEANING {
                lines.push(String::new());
            }
            let line = lines.len() - 1;
            lines[line].push(letter);
        }
    }
    lines
}

fn columns(text: &str) -> usize {
    text.chars().map(width).sum()
}

/// Letters of East Asia and pictures take two columns.
fn width(letter: char) -> usize {
    match letter {
        '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' => 2,
        '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' => 2,
        '\u{ffe0}'..='\u{ffe6}' | '\u{1f300}'..='\u{1faff}' | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}
