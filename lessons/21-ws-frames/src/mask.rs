//! Masking (RFC 6455, section 5.3).

use std::array;

// ANCHOR: mask
/// Masks `bytes` in place, or unmasks them: it is the same. `offset` is where in the payload they begin.
///
/// The key is four bytes, again and again. Eight of it change 32 bytes at a time: the same as one byte after the
/// other, and many times as fast, since compilers do that with the widest registers that there are.
pub fn mask(bytes: &mut [u8], key: [u8; 4], offset: usize) {
    // At offset 1 the key's second byte comes first.
    let key = u32::from_le_bytes(key).rotate_right(8 * (offset % 4) as u32);
    let keys = key.to_le_bytes();
    let (chunks, rest) = bytes.as_chunks_mut::<32>();
    for chunk in chunks {
        *chunk = array::from_fn(|at| chunk[at] ^ keys[at % 4]);
    }
    // 31 bytes are left at most: short payloads are many, and should not be slow.
    let (chunks, rest) = rest.as_chunks_mut::<16>();
    for chunk in chunks {
        *chunk = array::from_fn(|at| chunk[at] ^ keys[at % 4]);
    }
    let two_keys = u64::from(key) << 32 | u64::from(key);
    let (longs, rest) = rest.as_chunks_mut();
    for long in longs {
        *long = (u64::from_le_bytes(*long) ^ two_keys).to_le_bytes();
    }
    let (words, rest) = rest.as_chunks_mut();
    for word in words {
        *word = (u32::from_le_bytes(*word) ^ key).to_le_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(keys) {
        *byte ^= key;
    }
}
// ANCHOR_END: mask
