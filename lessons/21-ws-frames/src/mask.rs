//! Masking (RFC 6455, section 5.3).

use std::array;

// ANCHOR: mask
/// Masks `bytes` in place, or unmasks them: it is the same. `offset` is where in the payload they begin.
///
/// The key is four bytes, again and again. Four of it change sixteen bytes at a time: the same as one byte
/// after the other, and many times as fast, since compilers do that with the widest registers that there are.
pub fn mask(bytes: &mut [u8], key: [u8; 4], offset: usize) {
    let length = bytes.len();
    let Some(last) = bytes.last_chunk() else {
        let mut few = [0; CHUNK];
        few[..length].copy_from_slice(bytes);
        bytes.copy_from_slice(&masked(&few, key, offset)[..length]);
        return;
    };
    // The last sixteen bytes are a chunk of their own, and may begin inside another one: they are masked as they
    // were before that.
    let last = masked(last, key, offset % 4 + length - CHUNK);
    let (chunks, _) = bytes.as_chunks_mut();
    for chunk in chunks {
        *chunk = masked(chunk, key, offset);
    }
    bytes[length - CHUNK..].copy_from_slice(&last);
}

const CHUNK: usize = 16;

fn masked(chunk: &[u8; CHUNK], key: [u8; 4], offset: usize) -> [u8; CHUNK] {
    // At offset 1 the key's second byte comes first.
    let key = u32::from_le_bytes(key).rotate_right(8 * (offset % 4) as u32);
    array::from_fn(|at| chunk[at] ^ key.to_le_bytes()[at % 4])
}
// ANCHOR_END: mask
