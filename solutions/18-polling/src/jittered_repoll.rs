//! Exercise: when to ask again.

use std::time::Duration;

/// The longest wait after the first failure.
pub const FIRST: Duration = Duration::from_millis(200);

/// The longest wait that a client chooses by itself.
pub const LONGEST: Duration = Duration::from_secs(10);

/// How a long poll ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// 200 OK, with events or without.
    Answered,
    /// 503 Service Unavailable, with `Retry-After` (RFC 9110, section 10.2.3): the server is there,
    /// and wants to be left alone for so long at least.
    Refused(Duration),
    /// No answer: nobody listens, the connection broke, the time was over.
    Failed,
}

/// Decides how long a client waits before it asks again.
#[derive(Debug)]
pub struct Repoll<R> {
    /// Gives another number each time, at least 0 and below 1.
    random: R,
    /// Attempts since the last one that was answered.
    failures: u32,
}

impl<R: FnMut() -> f64> Repoll<R> {
    /// Given: nothing has failed yet.
    pub fn new(random: R) -> Repoll<R> {
        Repoll {
            random,
            failures: 0,
        }
    }

    /// How long to wait after an attempt that has ended like this.
    ///
    /// After an answer: not at all. After the first failure up to [`FIRST`], after the second one in
    /// a row up to twice as long, and so on, but never more than up to [`LONGEST`]. "Up to" means: that
    /// time, multiplied with a new random number. So a thousand clients that lost the same server do
    /// not come back in the same moment.
    ///
    /// A refusal is a failure like the others, but the client waits as long as the server wishes, and
    /// **then** the time that it would have waited anyway: they were all told the same.
    ///
    /// What will come: failures without end; refusals of any length, up to `Duration::MAX` (nothing
    /// that a server says is worth a panic); failures again after an answer.
    ///
    /// Example: the third failure in a row, and the random number is 0.5: 400 ms. Had the server said
    /// `Retry-After: 2`, it would be 2.4 s.
    pub fn wait_after(&mut self, outcome: Outcome) -> Duration {
        // BEGIN SOLUTION: an answer resets the count; else find the longest wait for this count, limit it, multiply it with a random number, and add what the server wishes
        let wished = match outcome {
            Outcome::Answered => {
                self.failures = 0;
                return Duration::ZERO;
            }
            Outcome::Refused(wished) => wished,
            Outcome::Failed => Duration::ZERO,
        };
        let doubled = FIRST.saturating_mul(2_u32.saturating_pow(self.failures));
        self.failures = self.failures.saturating_add(1);
        let own = doubled.min(LONGEST).mul_f64((self.random)());
        wished.saturating_add(own)
        // END SOLUTION
    }
}
