//! Exercise: no request that two programs could read differently.

/// How the end of a request's body is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// So many bytes; 0 when the head says nothing.
    Length(u64),
    /// Each chunk says how long it is.
    Chunked,
}

/// The head could be read in two ways, or in none. The answer to the client is 400 Bad Request, and
/// the end of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

/// Letters, digits and a few signs: what a field's name is made of (RFC 9110, section 5.6.2).
pub fn is_token(text: &str) -> bool {
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_good)
}

/// Says where the body of a request ends, from its whole head: the request line, the fields and the
/// blank line. The request line itself has been checked already, except for its end.
///
/// In front of this server there is perhaps another one, a proxy, that has read the same head. If the
/// two disagree about where the body ends, what one takes for body the other takes for the next
/// request, and nobody has checked that one: this is request smuggling (RFC 9112, section 11.2). So
/// nothing is guessed here.
///
/// What will come: heads with no, one and many fields; names in any case (`CONTENT-LENGTH`); spaces
/// and tabs around values, which mean nothing; values with colons; and what is refused, below.
///
/// Example: `framing("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")` is
/// `Ok(Framing::Length(5))`.
///
/// # Errors
/// [`Refused`] for
/// - a line that ends with anything but CR LF: a CR or LF that stands alone, wherever it is;
/// - a field without a colon, a name that is no token: `Content-Length : 5` has a space too many, and
///   so has a field that goes on in a second line, which begins with a space;
/// - a length that is anything but decimal digits (`+5`, `0x5`, `5,5`, none), or over `u64::MAX`;
/// - two lengths, even if they are equal; a length and a transfer coding;
/// - a transfer coding that is anything but one `chunked`, in any case: `gzip, chunked`, or
///   two fields `Transfer-Encoding`.
pub fn framing(head: &str) -> Result<Framing, Refused> {
    // BEGIN SOLUTION: cut the head at CR LF, refuse every line that is not strictly a field; collect the length and the coding, at most one of them, once
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
            // parse() alone would take a plus sign.
            if has_length || !value.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(Refused);
            }
            length = Some(value.parse().map_err(|_| Refused)?);
        } else if name.eq_ignore_ascii_case("Transfer-Encoding") {
            if has_length || !value.eq_ignore_ascii_case("chunked") {
                return Err(Refused);
            }
            is_chunked = true;
        }
    }
    Ok(match is_chunked {
        true => Framing::Chunked,
        false => Framing::Length(length.unwrap_or(0)),
    })
    // END SOLUTION
}
