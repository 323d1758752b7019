//! hint: two-lengths
//! A map holds one value for each name: the last one.

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
    let mut fields = std::collections::HashMap::new();
    let lines = head.strip_suffix("\r\n\r\n").ok_or(Refused)?;
    for line in lines.split("\r\n").skip(1) {
        let (name, value) = line.split_once(':').ok_or(Refused)?;
        fields.insert(name.to_ascii_lowercase(), value.trim());
    }
    match (
        fields.get("content-length"),
        fields.get("transfer-encoding"),
    ) {
        (None, None) => Ok(Framing::Length(0)),
        (Some(length), None) => Ok(Framing::Length(length.parse().map_err(|_| Refused)?)),
        (None, Some(coding)) if coding.eq_ignore_ascii_case("chunked") => Ok(Framing::Chunked),
        _ => Err(Refused),
    }
}
