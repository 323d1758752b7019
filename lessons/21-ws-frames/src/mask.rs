//! Masking (RFC 6455, section 5.3).

/// Bytes that are changed at once. Compilers turn this into the widest registers that there are.
const BLOCK: usize = 32;

// ANCHOR: mask
/// Masks `bytes` in place, or unmasks them: it is the same. `offset` is where in the payload they begin.
///
/// The key is four bytes, again and again; so are 32 bytes of it, and of these there are fewer.
pub fn mask(bytes: &mut [u8], key: [u8; 4], offset: usize) {
    let key: [u8; BLOCK] = std::array::from_fn(|at| key[(offset + at) % 4]);
    let (blocks, rest) = bytes.as_chunks_mut::<BLOCK>();
    for block in blocks {
        for (byte, key) in block.iter_mut().zip(key) {
            *byte ^= key;
        }
    }
    for (byte, key) in rest.iter_mut().zip(key) {
        *byte ^= key;
    }
}
// ANCHOR_END: mask
