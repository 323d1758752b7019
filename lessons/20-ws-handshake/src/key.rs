//! The proof that both sides mean a WebSocket.

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, PAD};
use base64::prelude::BASE64_STANDARD;
use sha1::{Digest, Sha1};

/// Bytes of a client's key.
const KEY: usize = 16;

/// What no other protocol has (section 1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

// ANCHOR: accept_key
/// What a server answers to `key` (section 4.2.2). It is no secret and no password: it shows that the
/// server has read the request as one for a WebSocket, and has not just sent back what it was sent.
pub fn accept_key(key: &str) -> String {
    let mut hash = Sha1::new();
    hash.update(key.as_bytes());
    hash.update(GUID);
    BASE64_STANDARD.encode(hash.finalize())
}
// ANCHOR_END: accept_key

/// A key of a client, from bytes that nobody can foresee (section 4.1).
pub fn client_key(random: [u8; KEY]) -> String {
    BASE64_STANDARD.encode(random)
}

/// The last letter of 16 bytes has bits of which nothing comes. Encoders make them 0, but the RFC's own example
/// of a key (section 4.1, erratum 3150) does not, and nobody is deceived: a key is hashed as it came.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    PAD.with_decode_allow_trailing_bits(true),
);

/// Whether a key is 16 bytes in Base64 (section 4.2.1).
pub(crate) fn is_key(key: &str) -> bool {
    LENIENT.decode(key).is_ok_and(|key| key.len() == KEY)
}
