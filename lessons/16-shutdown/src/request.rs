//! What a client asks for.

use std::str;
use std::time::Duration;

/// The longest time that a client may ask the server to work.
pub const MAX_WORK: Duration = Duration::from_secs(10);

/// The answer to what is no request.
const NO_REQUEST: &[u8] = b"error: say MILLISECONDS TEXT, with 10000 milliseconds at most";

// ANCHOR: request
/// One line of a client: how long the server should work, and what it should answer after that.
/// `300 tea` means: work for 300 milliseconds, then answer `tea`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// How long the answer takes, [`MAX_WORK`] at most.
    pub work: Duration,
    /// The line that is the answer, without its newline.
    pub reply: Vec<u8>,
}

impl Request {
    /// Reads a line without its newline. What is no request is answered at once, with the reason.
    pub fn parse(line: &[u8]) -> Self {
        let end = line.iter().position(|byte| *byte == b' ');
        let (number, text) = line.split_at(end.unwrap_or(line.len()));
        let work = str::from_utf8(number)
            .ok()
            .and_then(|number| number.parse().ok())
            .map(Duration::from_millis)
            .filter(|work| *work <= MAX_WORK);
        match work {
            Some(work) => Self {
                work,
                reply: text.trim_ascii().to_vec(),
            },
            None => Self {
                work: Duration::ZERO,
                reply: NO_REQUEST.to_vec(),
            },
        }
    }
}
// ANCHOR_END: request
