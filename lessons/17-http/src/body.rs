//! Where a request's body ends (RFC 9112, sections 6 and 7).

use crate::request::{Request, Version, is_field_byte, is_token, trimmed};
use crate::status::{Refused, Status};

/// Bytes of the line with a chunk's size, with its extensions, which mean nothing to us.
const MAX_SIZE_LINE: usize = 256;

/// Bytes of all extensions of a body's chunks: RFC 9112, section 7.1.1, wants a limit.
const MAX_EXTENSIONS: usize = 4 * 1024;

/// Bytes of all fields behind the last chunk. They are checked and thrown away.
const MAX_TRAILERS: usize = 4 * 1024;

/// How the end of a body is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// So many bytes.
    Length(u64),
    /// Each piece says how long it is.
    Chunked,
}

// ANCHOR: framing
/// Says where the body of `request` will end. No length at all means no body.
///
/// # Errors
///
/// Whatever would let another program see another end: RFC 9112, section 6.3 and section 11.2.
pub(crate) fn framing(request: &Request, max_body: u64) -> Result<Framing, Refused> {
    let mut lengths = request.all("content-length");
    match (lengths.next(), request.all("transfer-encoding").next()) {
        (None, None) => Ok(Framing::Length(0)),
        (Some(_), Some(_)) => Err(Refused::bad(
            "two lengths: Content-Length and Transfer-Encoding",
        )),
        (Some(length), None) => {
            if lengths.next().is_some() {
                return Err(Refused::bad("two lengths: Content-Length comes twice"));
            }
            let length = number(length)?;
            if length > max_body {
                let why = "the body is too long";
                return Err(Refused::new(Status::CONTENT_TOO_LARGE, why));
            }
            Ok(Framing::Length(length))
        }
        (None, Some(_)) if request.version() == Version::Http10 => {
            Err(Refused::bad("HTTP/1.0 knows no Transfer-Encoding"))
        }
        (None, Some(_)) => {
            let codings = request
                .all("transfer-encoding")
                .flat_map(|value| value.split(|byte| *byte == b','));
            let (mut chunked, mut others, mut is_last) = (0, 0, false);
            for coding in codings {
                is_last = trimmed(coding).eq_ignore_ascii_case(b"chunked");
                match is_last {
                    true => chunked += 1,
                    false => others += 1,
                }
            }
            if chunked != 1 || !is_last {
                let why = "Transfer-Encoding must end with chunked, once";
                return Err(Refused::bad(why));
            }
            if others > 0 {
                let why = "of the transfer codings, this server knows chunked";
                return Err(Refused::new(Status::NOT_IMPLEMENTED, why));
            }
            Ok(Framing::Chunked)
        }
    }
}
// ANCHOR_END: framing

/// Digits and nothing else. `+5`, `5,5` and `0x5` are lengths to somebody.
pub(crate) fn number(text: &[u8]) -> Result<u64, Refused> {
    const NO_NUMBER: Refused = Refused::bad("that is no number");
    if text.is_empty() {
        return Err(NO_NUMBER);
    }
    text.iter().try_fold(0_u64, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'));
        let digit = digit.ok_or(NO_NUMBER)?;
        number
            .checked_mul(10)
            .and_then(|number| number.checked_add(digit))
            .ok_or(NO_NUMBER)
    })
}

/// What a body decoder makes of the bytes that are there.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The first `skip` bytes are done with; the next `take` are body; go on behind them.
    Data { skip: usize, take: usize },
    /// The first `skip` bytes are done with, and the body is over.
    End { skip: usize },
    /// The first `skip` bytes are done with, and more must come.
    More { skip: usize },
}

impl Step {
    /// So many bytes are there, and all of them are body.
    pub(crate) fn of(take: usize) -> Self {
        match take {
            0 => Step::More { skip: 0 },
            take => Step::Data { skip: 0, take },
        }
    }
}

// ANCHOR: chunks
/// Decodes a chunked body. It holds no bytes: it says which of those that came are body.
#[derive(Debug)]
pub(crate) struct Chunks {
    state: State,
    /// Bytes of body so far, at most `max_body`.
    total: u64,
    extensions: usize,
    trailers: usize,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// At the beginning of a line with a size.
    Size,
    /// So many bytes of this chunk are to come.
    Data(u64),
    /// Behind a chunk's data.
    DataEnd,
    /// Behind the last chunk: fields, then a blank line.
    Trailers,
}

impl Chunks {
    pub(crate) fn new() -> Self {
        Self {
            state: State::Size,
            total: 0,
            extensions: 0,
            trailers: 0,
        }
    }

    /// Looks at the bytes that are there.
    ///
    /// # Errors
    ///
    /// What is no chunk; and a body over `max_body` as soon as a size says so.
    pub(crate) fn step(&mut self, bytes: &[u8], max_body: u64) -> Result<Step, Refused> {
        let mut skip = 0;
        loop {
            let rest = &bytes[skip..];
            match self.state {
                State::Size => {
                    let Some(line) = line(rest, MAX_SIZE_LINE, "a chunk's size is too long")?
                    else {
                        return Ok(Step::More { skip });
                    };
                    skip += line.len() + 2;
                    let (size, extensions) = size(line)?;
                    self.extensions += extensions;
                    if self.extensions > MAX_EXTENSIONS {
                        return Err(Refused::bad("the extensions of chunks are too long"));
                    }
                    self.total = self.total.saturating_add(size);
                    if self.total > max_body {
                        let why = "the body is too long";
                        return Err(Refused::new(Status::CONTENT_TOO_LARGE, why));
                    }
                    self.state = match size {
                        0 => State::Trailers,
                        _ => State::Data(size),
                    };
                }
                State::Data(left) => {
                    let there = rest.len() as u64;
                    let take = left.min(there);
                    if take == 0 {
                        return Ok(Step::More { skip });
                    }
                    self.state = match left - take {
                        0 => State::DataEnd,
                        left => State::Data(left),
                    };
                    // It fits: it is no more than what is there.
                    let take = take as usize;
                    return Ok(Step::Data { skip, take });
                }
                State::DataEnd => match rest {
                    [b'\r', b'\n', ..] => {
                        skip += 2;
                        self.state = State::Size;
                    }
                    [] | [b'\r'] => return Ok(Step::More { skip }),
                    _ => return Err(Refused::bad("a chunk is longer than its size")),
                },
                State::Trailers => {
                    let left = MAX_TRAILERS - self.trailers;
                    let Some(line) = line(rest, left, "the trailers are too long")? else {
                        return Ok(Step::More { skip });
                    };
                    skip += line.len() + 2;
                    if line.is_empty() {
                        return Ok(Step::End { skip });
                    }
                    self.trailers += line.len();
                    is_field(line)?;
                }
            }
        }
    }
}
// ANCHOR_END: chunks

/// The first line of `bytes`, without CR LF, when all of it is there.
fn line<'a>(bytes: &'a [u8], max: usize, why: &'static str) -> Result<Option<&'a [u8]>, Refused> {
    let end = bytes
        .iter()
        .position(|byte| *byte == b'\r' || *byte == b'\n');
    match end {
        Some(at) if at > max => Err(Refused::bad(why)),
        Some(at) => match &bytes[at..] {
            [b'\r', b'\n', ..] => Ok(Some(&bytes[..at])),
            [b'\r'] => Ok(None),
            _ => Err(crate::request::BARE),
        },
        None if bytes.len() > max => Err(Refused::bad(why)),
        None => Ok(None),
    }
}

// ANCHOR: size
/// Hexadecimal digits, then perhaps extensions behind a semicolon, which are ignored: the size, and how
/// many bytes of the line are something else.
fn size(line: &[u8]) -> Result<(u64, usize), Refused> {
    /// More would be exabytes, and overflow in the end.
    const MAX_DIGITS: usize = 15;
    let digits = line.split(|byte| *byte == b';').next().unwrap_or_default();
    // Spaces are allowed before the semicolon only: RFC 9112, section 7.1.1.
    let digits = match digits.len() < line.len() {
        true => digits.trim_ascii_end(),
        false => digits,
    };
    if digits.is_empty()
        || digits.len() > MAX_DIGITS
        || !line.iter().all(|byte| is_field_byte(*byte))
    {
        return Err(Refused::bad("that is no size of a chunk"));
    }
    let size = digits.iter().try_fold(0, |size, byte| {
        let digit = char::from(*byte).to_digit(16);
        let digit = digit.ok_or(Refused::bad("that is no size of a chunk"))?;
        Ok(size << 4 | u64::from(digit))
    })?;
    Ok((size, line.len() - digits.len()))
}
// ANCHOR_END: size

fn is_field(line: &[u8]) -> Result<(), Refused> {
    let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
    let good = !name.is_empty()
        && name.len() < line.len()
        && name.iter().all(|byte| is_token(*byte))
        && line.iter().all(|byte| is_field_byte(*byte));
    match good {
        true => Ok(()),
        false => Err(Refused::bad("that is no trailer")),
    }
}
