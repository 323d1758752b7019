//! Compresses and decompresses messages (RFC 7692, sections 7.2.1 and 7.2.2).

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use ws_frames::{Role, Violation};

use crate::negotiate::{Agreed, LEAST_OURS, Window};

/// Bytes of a message that is worth it. A shorter one would hardly become shorter.
pub const MIN_COMPRESSED: usize = 64;

// ANCHOR: tail
/// What a flush leaves behind, and what no message is sent with: an empty block.
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];
// ANCHOR_END: tail

/// Bytes by which a buffer grows.
const STEP: usize = 4 * 1024;

/// Last blocks in one message. Behind each of them everything begins anew, which is far more work than the two
/// bytes that ask for it; a peer that means well has one for each of its writes.
const MAX_LAST_BLOCKS: usize = 1024;

// ANCHOR: deflate
/// One end's compression. What it needs is made when the first message needs it.
pub struct Deflate {
    ours: Window,
    theirs: Window,
    compress: Option<Compress>,
    decompress: Option<Decompress>,
}
// ANCHOR_END: deflate

impl Deflate {
    /// For our end of a connection with what was agreed.
    pub fn new(role: Role, agreed: Agreed) -> Self {
        let (ours, theirs) = match role {
            Role::Server => (agreed.server, agreed.client),
            Role::Client => (agreed.client, agreed.server),
        };
        Self {
            ours,
            theirs,
            compress: None,
            decompress: None,
        }
    }
}

impl ws_session::Compression for Deflate {
    // ANCHOR: decompress
    fn decompress(&mut self, payload: &[u8], max: usize) -> Result<Vec<u8>, Violation> {
        // Whoever remembers more than the peer refers to can read it, too.
        let bits = self.theirs.bits.max(LEAST_OURS);
        let inflate = self
            .decompress
            .get_or_insert_with(|| Decompress::new_with_window_bits(false, bits));
        let (mut message, mut last_blocks) = (Vec::new(), 0);
        for mut input in [payload, &TAIL] {
            loop {
                // One byte more than is allowed shows that it is too long, however much there would be.
                let room = (max.saturating_add(1) - message.len()).min(STEP.max(message.len()));
                message.reserve_exact(room);
                let (read, written) = (inflate.total_in(), message.len());
                let status = inflate
                    .decompress_vec(input, &mut message, FlushDecompress::Sync)
                    .map_err(|_| Violation::BadCompression)?;
                input = &input[(inflate.total_in() - read) as usize..];
                if message.len() > max {
                    return Err(Violation::TooLong { limit: max });
                }
                if status == Status::StreamEnd {
                    // A last block, and another stream behind it (section 7.2.3.4).
                    last_blocks += 1;
                    if last_blocks > MAX_LAST_BLOCKS {
                        return Err(Violation::BadCompression);
                    }
                    inflate.reset(false);
                } else if message.len() < message.capacity() || message.len() == written {
                    break; // It has not used all its room: there is no more to come of this input.
                }
            }
            if !input.is_empty() {
                return Err(Violation::BadCompression);
            }
        }
        if !self.theirs.takeover {
            self.decompress = None;
        }
        Ok(message)
    }
    // ANCHOR_END: decompress

    // ANCHOR: compress
    fn compress(&mut self, message: &[u8]) -> Option<Vec<u8>> {
        let bits = self.ours.bits;
        if message.len() < MIN_COMPRESSED || bits < LEAST_OURS {
            return None;
        }
        // Policy, effort: the least. More would cost ten times the time for a few bytes less.
        let deflate = self.compress.get_or_insert_with(|| {
            Compress::new_with_window_bits(Compression::fast(), false, bits)
        });
        let mut payload = Vec::with_capacity(message.len() / 2 + STEP);
        let begun = deflate.total_in();
        loop {
            let done = (deflate.total_in() - begun) as usize;
            let flushed = deflate.compress_vec(&message[done..], &mut payload, FlushCompress::Sync);
            flushed.ok()?; // Into memory it does not fail.
            let is_read = (deflate.total_in() - begun) as usize == message.len();
            if is_read && payload.len() < payload.capacity() {
                break;
            }
            payload.reserve(STEP.max(payload.len()));
        }
        debug_assert!(payload.ends_with(&TAIL));
        payload.truncate(payload.len() - TAIL.len());
        if self.ours.takeover {
            // Longer or not: the next message may refer to this one, so the peer must get it like this.
            return Some(payload);
        }
        self.compress = None;
        (payload.len() < message.len()).then_some(payload)
    }
    // ANCHOR_END: compress
}
