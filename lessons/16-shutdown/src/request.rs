//! What a client asks for.

use std::iter;
use std::str;
use std::time::Duration;

/// The longest time that a client may ask the server to work.
pub const MAX_WORK: Duration = Duration::from_secs(10);

/// Bytes of the longest reply, its newline not counted: more than the kernels on both ends hold for
/// a client that does not read.
pub const MAX_REPLY: usize = 64 * 1024 * 1024;

/// Bytes of a reply that are made at a time, unless a single text is longer.
const PIECE: usize = 16 * 1024;

/// The answer to what is no request.
fn no_request() -> String {
    let (most, bytes) = (MAX_WORK.as_millis(), MAX_REPLY);
    format!(
        "error: say MILLISECONDS TEXT or MILLISECONDS TEXT*TIMES; at most {most} ms, and {bytes} bytes in all"
    )
}

// ANCHOR: request
/// One line of a client: how long the server should work, and what it should answer after that.
///
/// `300 tea` means: work for 300 milliseconds, then answer `tea`. And `0 tea*1000` is answered at
/// once, with a line of 3,000 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// How long the answer takes, [`MAX_WORK`] at most.
    pub work: Duration,
    /// What the answer repeats.
    pub text: Vec<u8>,
    /// How often. All of it together has [`MAX_REPLY`] bytes at most.
    pub times: usize,
}

impl Request {
    /// Reads a line without its newline. What is no request, or asks for too much, is answered at
    /// once, with the reason.
    pub fn parse(line: &[u8]) -> Self {
        Self::understood(line).unwrap_or(Self {
            work: Duration::ZERO,
            text: no_request().into_bytes(),
            times: 1,
        })
    }

    fn understood(line: &[u8]) -> Option<Self> {
        let (work, rest) = str::from_utf8(line).ok()?.split_once(' ')?;
        let (text, times) = match rest.rsplit_once('*') {
            Some((text, times)) => (text, times.trim().parse().ok()?),
            None => (rest, 1),
        };
        let text = text.trim().as_bytes().to_vec();
        let work = Duration::from_millis(work.parse().ok()?);
        let length = text.len().checked_mul(times)?;
        (work <= MAX_WORK && length <= MAX_REPLY).then_some(Self { work, text, times })
    }

    /// The bytes of the answer, in pieces: a long one need not be in memory at once.
    pub fn reply(&self) -> impl Iterator<Item = Vec<u8>> {
        let at_a_time = (PIECE / self.text.len().max(1)).max(1);
        // Nothing, however often, is nothing. To repeat it 18,446,744,073,709,551,615 times would take
        // years, in which this thread or task looks for no deadline.
        let times = if self.text.is_empty() { 0 } else { self.times };
        let mut left = Some(times);
        iter::from_fn(move || {
            let times = left?.min(at_a_time);
            let mut piece = self.text.repeat(times);
            left = left.map(|left| left - times).filter(|left| *left > 0);
            if left.is_none() {
                piece.push(b'\n');
            }
            Some(piece)
        })
    }
}
// ANCHOR_END: request
