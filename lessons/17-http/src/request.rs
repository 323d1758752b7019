//! The head of a request: request line and fields (RFC 9112, sections 2 to 5).

use std::ops::Range;
use std::str;

use crate::status::{Refused, Status};

/// Bytes of a request's head.
pub const MAX_HEAD: usize = 16 * 1024;

/// Bytes of a request line. RFC 9112, section 3, wants at least 8,000.
pub const MAX_REQUEST_LINE: usize = 8 * 1024;

/// Fields of a request.
pub const MAX_FIELDS: usize = 100;

/// Fields for which there is room at once. Browsers send about so many.
const USUAL_FIELDS: usize = 16;

/// The version of HTTP that a client speaks. We answer in 1.1 anyway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// One request, then the connection ends, unless both want otherwise.
    Http10,
    /// The connection goes on, unless one of them wants otherwise.
    Http11,
}

// ANCHOR: request
/// A request without its body. It owns its bytes; the parts are looked up in them.
#[derive(Clone, Debug)]
pub struct Request {
    head: Vec<u8>,
    method: Range<usize>,
    target: Range<usize>,
    version: Version,
    fields: Fields,
}
// ANCHOR_END: request

impl Request {
    /// The whole head, as it came: request line, fields and blank line.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// What to do: `GET`, `HEAD`, `POST`. Upper and lower case are different.
    pub fn method(&self) -> &str {
        self.text(&self.method)
    }

    /// With what, as the client wrote it: `/search?q=echo`.
    pub fn target(&self) -> &str {
        self.text(&self.target)
    }

    /// The target without scheme, host and query; percent-encoded, as it came. `*` when the request is
    /// about the whole server.
    pub fn path(&self) -> &str {
        let target = self.target();
        let path = match absolute(target) {
            Some(rest) => rest.find(['/', '?']).map_or("/", |at| &rest[at..]),
            None => target,
        };
        match path.split('?').next() {
            Some("") | None => "/",
            Some(path) => path,
        }
    }

    /// Whom the request is meant for: a name or an address, perhaps with a port. What the target says
    /// counts more than the field Host: RFC 9112, section 3.2.2. `None` from old clients that do not say.
    pub fn host(&self) -> Option<&str> {
        match absolute(self.target()) {
            Some(rest) => rest.split(['/', '?']).next(),
            None => self.field("host"),
        }
    }

    /// What stands behind the question mark, if there is one.
    pub fn query(&self) -> Option<&str> {
        self.target().split_once('?').map(|(_, query)| query)
    }

    /// The version that the client speaks.
    pub fn version(&self) -> Version {
        self.version
    }

    /// All fields, in their order: name and value, the value without the spaces around it.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.fields
            .iter()
            .map(|(name, value)| (self.text(name), &self.head[value.clone()]))
    }

    /// The values of the fields that are called `name`, in any case.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.fields
            .iter()
            .filter(move |(field, _)| {
                self.head[field.clone()].eq_ignore_ascii_case(name.as_bytes())
            })
            .map(|(_, value)| &self.head[value.clone()])
    }

    /// The value of the first field that is called `name`, when it is text.
    pub fn field<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        str::from_utf8(self.all(name).next()?).ok()
    }

    /// Whether one of the comma-separated values of the fields called `name` is `token`, in any case.
    pub fn has_token(&self, name: &str, token: &str) -> bool {
        self.all(name)
            .flat_map(|value| value.split(|byte| *byte == b','))
            .any(|value| trimmed(value).eq_ignore_ascii_case(token.as_bytes()))
    }

    /// What was checked to be ASCII.
    fn text(&self, range: &Range<usize>) -> &str {
        str::from_utf8(&self.head[range.clone()]).unwrap_or_default()
    }

    // ANCHOR: parse
    /// Reads a whole head: everything up to the blank line, and that.
    ///
    /// # Errors
    ///
    /// When it is no head, or one that two programs could read in two ways.
    pub(crate) fn parse(head: &[u8]) -> Result<Self, Refused> {
        let (line, fields) = parse_fields(head)?;
        let (method, target, version) = request_line(head, line)?;
        Ok(Self {
            head: head.to_vec(),
            method,
            target,
            version,
            fields,
        })
    }
    // ANCHOR_END: parse
}

/// Where in a head the names and the values are.
pub(crate) type Fields = Vec<(Range<usize>, Range<usize>)>;

/// The first line of a head, and its fields.
pub(crate) fn parse_fields(head: &[u8]) -> Result<(Range<usize>, Fields), Refused> {
    const NO_FIRST_LINE: Refused = Refused::bad("there is no first line");
    let mut lines = Lines { head, at: 0 };
    let first = lines.next().ok_or(NO_FIRST_LINE)??;
    let mut fields = Vec::with_capacity(USUAL_FIELDS);
    for line in lines {
        let line = line?;
        if line.is_empty() {
            break; // The blank line.
        }
        if fields.len() == MAX_FIELDS {
            let why = "the head has too many fields";
            return Err(Refused::new(Status::HEADER_FIELDS_TOO_LARGE, why));
        }
        fields.push(field(head, line)?);
    }
    Ok((first, fields))
}

/// The lines of a head, without their ends. Only CR LF ends a line: a lone CR or LF is refused,
/// although RFC 9112, section 2.2, would allow to take a lone LF for one. Who takes it and who does
/// not would see two different requests.
struct Lines<'a> {
    head: &'a [u8],
    at: usize,
}

impl Iterator for Lines<'_> {
    type Item = Result<Range<usize>, Refused>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = &self.head[self.at..];
        let start = self.at;
        let end = rest
            .iter()
            .position(|byte| *byte == b'\r' || *byte == b'\n')?;
        if rest[end..].starts_with(b"\r\n") {
            self.at += end + 2;
            Some(Ok(start..start + end))
        } else {
            self.at = self.head.len();
            Some(Err(BARE))
        }
    }
}

pub(crate) const BARE: Refused = Refused::bad("a line ends in something else than CR LF");

// ANCHOR: request_line
/// `GET /path HTTP/1.1`: three parts, one space between them.
fn request_line(
    head: &[u8],
    line: Range<usize>,
) -> Result<(Range<usize>, Range<usize>, Version), Refused> {
    let start = line.start;
    let line = &head[line];
    let mut parts = line.split(|byte| *byte == b' ');
    let (Some(method), Some(target), Some(version), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Refused::bad("a request line has three parts"));
    };
    if method.is_empty() || !method.iter().all(|byte| is_token(*byte)) {
        return Err(Refused::bad("that is no method"));
    }
    let version = match version {
        b"HTTP/1.0" => Version::Http10,
        // A higher minor version is understood as ours: RFC 9110, section 2.5.
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'1'..=b'9'] => Version::Http11,
        [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
            if major.is_ascii_digit() && minor.is_ascii_digit() =>
        {
            let why = "this server speaks HTTP/1.1";
            return Err(Refused::new(Status::VERSION_NOT_SUPPORTED, why));
        }
        _ => return Err(Refused::bad("that is no version of HTTP")),
    };
    // Behind a `#` would be a fragment, which clients keep for themselves. To some it is part of the path.
    let is_good = |byte: &u8| byte.is_ascii_graphic() && *byte != b'#';
    if !target.iter().all(is_good) || !is_target(method, target) {
        return Err(Refused::bad("that is no target"));
    }
    let method = start..start + method.len();
    let target = method.end + 1..method.end + 1 + target.len();
    Ok((method, target, version))
}
// ANCHOR_END: request_line

/// What follows the scheme, in the form of a target for proxies, which every server must understand:
/// RFC 9112, section 3.2.2.
fn absolute(target: &str) -> Option<&str> {
    ["http://", "https://"].iter().find_map(|scheme| {
        let (start, rest) = target.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(rest)
    })
}

/// The four forms of RFC 9112, section 3.2: a path; a whole address; for CONNECT a host and port; for
/// OPTIONS a star.
fn is_target(method: &[u8], target: &[u8]) -> bool {
    match (method, target) {
        (_, [b'/', ..]) | (b"OPTIONS", b"*") => true,
        (b"CONNECT", target) => !target.is_empty(),
        (_, target) => str::from_utf8(target)
            .ok()
            .and_then(absolute)
            .and_then(|rest| rest.split(['/', '?']).next())
            .is_some_and(|host| !host.is_empty() && is_host(host.as_bytes())),
    }
}

/// A name or an address, perhaps with a port: RFC 3986, section 3.2.2. Anything else, such as `a/b` or
/// `user@a`, is two hosts to somebody: RFC 9112, section 3.2, and RFC 9110, section 4.2.4.
pub(crate) fn is_host(host: &[u8]) -> bool {
    let is_good = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:[]".contains(byte);
    !host.starts_with(b":") && host.iter().all(is_good)
}

// ANCHOR: field
/// `Name: value`. Where smuggling lives, nothing is forgiven: no space before the colon, and no line
/// that begins with one (RFC 9112, sections 5.1 and 5.2).
fn field(head: &[u8], line: Range<usize>) -> Result<(Range<usize>, Range<usize>), Refused> {
    let start = line.start;
    let line = &head[line];
    if matches!(line.first(), Some(b' ' | b'\t')) {
        return Err(Refused::bad("a field goes on in a second line"));
    }
    let Some(colon) = line.iter().position(|byte| *byte == b':') else {
        return Err(Refused::bad("a field has no colon"));
    };
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    if name.is_empty() || !name.iter().all(|byte| is_token(*byte)) {
        return Err(Refused::bad("that is no name of a field"));
    }
    if !value.iter().all(|byte| is_field_byte(*byte)) {
        return Err(Refused::bad("a value has a control character"));
    }
    let spaces = value.len() - value.trim_ascii_start().len();
    let value_start = start + colon + 1 + spaces;
    Ok((
        start..start + colon,
        value_start..value_start + trimmed(value).len(),
    ))
}
// ANCHOR_END: field

/// Without the spaces and tabs around it.
pub(crate) fn trimmed(value: &[u8]) -> &[u8] {
    value.trim_ascii()
}

/// RFC 9110, section 5.6.2.
pub(crate) fn is_token(byte: u8) -> bool {
    matches!(
        byte,
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.'
            | b'^'..=b'`' | b'|' | b'~'
    )
}

/// RFC 9110, section 5.5: visible characters, spaces, tabs, and bytes over 127 that mean nothing.
pub(crate) fn is_field_byte(byte: u8) -> bool {
    byte == b'\t' || (b' '..=b'~').contains(&byte) || byte >= 0x80
}
