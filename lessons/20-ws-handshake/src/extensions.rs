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

/// Reads the values of the fields Sec-WebSocket-Extensions (section 9.1): extensions between commas, each
/// with parameters behind semicolons. `None` when one of them is none.
pub fn extensions<'a>(values: impl Iterator<Item = &'a [u8]>) -> Option<Vec<Extension>> {
    let mut extensions = Vec::new();
    for value in values {
        let value = str::from_utf8(value).ok()?;
        for extension in value.split(',') {
            let mut parts = extension.split(';').map(str::trim);
            let name = token(parts.next()?)?;
            let parameters = parts.map(parameter).collect::<Option<_>>()?;
            extensions.push(Extension { name, parameters });
        }
    }
    Some(extensions)
}

fn parameter(text: &str) -> Option<(String, Option<String>)> {
    let Some((name, value)) = text.split_once('=') else {
        return Some((token(text)?, None));
    };
    // In quotes or not, it must be a token: so no comma or semicolon can hide in it.
    let value = value.trim();
    let quoted = value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    Some((
        token(name.trim_end())?,
        Some(token(quoted.unwrap_or(value))?),
    ))
}

/// RFC 9110, section 5.6.2.
fn token(text: &str) -> Option<String> {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    (!text.is_empty() && text.bytes().all(good)).then(|| text.to_string())
}
