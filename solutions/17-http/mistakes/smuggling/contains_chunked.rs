//! hint: only-chunked
//! Looks for the word chunked anywhere in the value.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    Length(u64),
    Chunked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

pub fn is_token(text: &str) -> bool {
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_good)
}

pub fn framing(head: &str) -> Result<Framing, Refused> {
    let lines = head.strip_suffix("\r\n\r\n").ok_or(Refused)?;
    let (mut length, mut is_chunked) = (None, false);
    for (number, line) in lines.split("\r\n").enumerate() {
        if line.contains(['\r', '\n']) {
            return Err(Refused);
        }
        if number == 0 {
            continue; // the request line
        }
        let (name, value) = line.split_once(':').ok_or(Refused)?;
        if !is_token(name) {
            return Err(Refused);
        }
        let value = value.trim_matches([' ', '\t']);
        let has_length = length.is_some() || is_chunked;
        if name.eq_ignore_ascii_case("Content-Length") {
            if has_length || !value.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(Refused);
            }
            length = Some(value.parse().map_err(|_| Refused)?);
        } else if name.eq_ignore_ascii_case("Transfer-Encoding") {
            if has_length || !value.to_ascii_lowercase().contains("chunked") {
                return Err(Refused);
            }
            is_chunked = true;
        }
    }
    Ok(match is_chunked {
        true => Framing::Chunked,
        false => Framing::Length(length.unwrap_or(0)),
    })
}
