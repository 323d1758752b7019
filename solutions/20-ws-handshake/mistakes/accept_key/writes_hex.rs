//! hint: no-hex
//! Writes the hash as hexadecimal digits, as sha1sum does.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha1::{Digest, Sha1};

pub const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub fields: Vec<(String, String)>,
}

pub fn accept_key(key: &str) -> String {
    let mut hash = Sha1::new();
    hash.update(key);
    hash.update(GUID);
    hash.finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

pub fn is_proven(key: &str, answer: &Answer) -> bool {
    let mut accepts = answer
        .fields
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("Sec-WebSocket-Accept"));
    match (accepts.next(), accepts.next()) {
        (Some((_, value)), None) => answer.status == 101 && *value == accept_key(key),
        _ => false,
    }
}
