//! hint: two-lengths
//! Takes the coding and forgets the length.

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
        if name.eq_ignore_ascii_case("Content-Length") {
            if length.is_some() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(Refused);
            }
            length = Some(value.parse().map_err(|_| Refused)?);
        } else if name.eq_ignore_ascii_case("Transfer-Encoding") {
            if is_chunked || !value.eq_ignore_ascii_case("chunked") {
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
