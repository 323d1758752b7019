//! What both sides may agree on beyond the protocol (section 9).

// ANCHOR: extension
/// An extension with its parameters, as a client offers it and a server accepts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// Such as `permessage-deflate`.
    pub name: String,
    /// Names, and values of those that have one.
    pub parameters: Vec<(String, Option<String>)>,
}
// ANCHOR_END: extension

// ANCHOR: extensions
/// Reads the values of the fields Sec-WebSocket-Extensions (section 9.1): extensions between commas, each
/// with parameters behind semicolons. `None` when one of them is none, or when there are fields and nothing
/// in them.
pub fn extensions<'a>(values: impl Iterator<Item = &'a [u8]>) -> Option<Vec<Extension>> {
    elements(values)?.into_iter().map(extension).collect()
}

fn extension(text: &str) -> Option<Extension> {
    // In quotes or not, a value must be a token: so no comma and no semicolon can hide in it.
    let mut parts = text.split(';').map(without_spaces);
    let name = token(parts.next()?)?;
    let parameters = parts.map(parameter).collect::<Option<_>>()?;
    Some(Extension { name, parameters })
}

fn parameter(text: &str) -> Option<(String, Option<String>)> {
    let Some((name, value)) = text.split_once('=') else {
        return Some((token(text)?, None));
    };
    let value = without_spaces(value);
    let value = match value.strip_prefix('"') {
        Some(rest) => token(&unescaped(rest.strip_suffix('"')?)?)?,
        None => token(value)?,
    };
    Some((token(without_spaces(name))?, Some(value)))
}
// ANCHOR_END: extensions

/// What stands in quotes: a backslash says that the next letter means itself (RFC 9110, section 5.6.4).
fn unescaped(text: &str) -> Option<String> {
    let mut letters = text.chars();
    let mut out = String::new();
    while let Some(letter) = letters.next() {
        out.push(match letter {
            '\\' => letters.next()?,
            letter => letter,
        });
    }
    Some(out)
}

/// A list in one field or in several, which are one list together (RFC 9110, section 5.6.1). Between two
/// commas there may be nothing, but when there is a field there must be something in the list.
pub(crate) fn elements<'a>(values: impl Iterator<Item = &'a [u8]>) -> Option<Vec<&'a str>> {
    let mut elements = Vec::new();
    let mut is_there = false;
    for value in values {
        is_there = true;
        let value = str::from_utf8(value).ok()?;
        let parts = value.split(',').map(without_spaces);
        elements.extend(parts.filter(|part| !part.is_empty()));
    }
    (is_there != elements.is_empty()).then_some(elements)
}

/// Spaces and tabs. `str::trim` would take away more, and somebody else might not.
fn without_spaces(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// RFC 9110, section 5.6.2.
pub(crate) fn is_token(text: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(good)
}

fn token(text: &str) -> Option<String> {
    is_token(text).then(|| text.to_string())
}
