//! Exercise: the proof that both sides mean a WebSocket.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha1::{Digest, Sha1};

/// What a server puts behind the client's key (RFC 6455, section 1.3). No other protocol has it.
pub const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The head of a server's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Such as 101.
    pub status: u16,
    /// Names, in any case, and values without the spaces around them.
    pub fields: Vec<(String, String)>,
}

/// What a server says in the field `Sec-WebSocket-Accept` to a client that has said `key` in
/// `Sec-WebSocket-Key` (RFC 6455, section 4.2.2): the SHA-1 of the key with [`GUID`] behind it, all of
/// its 20 bytes, in Base64.
///
/// The key is taken as it came, as text. That it is Base64 of 16 bytes matters to nobody here.
///
/// `Sha1::new()`, `update(bytes)` and `finalize()` hash; `BASE64_STANDARD.encode(bytes)` encodes.
///
/// Example, the RFC's own: `accept_key("dGhlIHNhbXBsZSBub25jZQ==")` is
/// `"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="`.
pub fn accept_key(key: &str) -> String {
    // BEGIN SOLUTION: hash the key and the GUID behind it, and write the hash in Base64
    let mut hash = Sha1::new();
    hash.update(key);
    hash.update(GUID);
    BASE64_STANDARD.encode(hash.finalize())
    // END SOLUTION
}

/// Whether a server that answers like this has read the question of a client with this key, and speaks
/// WebSocket now (RFC 6455, section 4.1). If not, the client closes the connection.
///
/// The status is 101, and there is one field `Sec-WebSocket-Accept`, with exactly what [`accept_key`]
/// makes of this key.
///
/// What will come: the field's name in any case; no such field; the key itself, sent back; the proof
/// of another key, from a cache perhaps; the right one in another case, which in Base64 is another
/// one, or with something behind it; two fields, the right one first or last; the right one under
/// another status: then the server has not switched.
///
/// Example: with the RFC's key, the status 101 and `sec-websocket-accept:
/// s3pPLMBiTxaQ9kYGzzhZRbK+xOo=` this is true.
pub fn is_proven(key: &str, answer: &Answer) -> bool {
    // BEGIN SOLUTION: look for all fields of this name, whatever its case; with 101, exactly one, and exactly the right value, it is proven
    let mut accepts = answer
        .fields
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("Sec-WebSocket-Accept"));
    match (accepts.next(), accepts.next()) {
        (Some((_, value)), None) => answer.status == 101 && *value == accept_key(key),
        _ => false,
    }
    // END SOLUTION
}
