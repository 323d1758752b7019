//! hint: doubles
//! Doubles the last wait, which was thrown already: the waits do not grow.

use std::time::Duration;

pub const FIRST: Duration = Duration::from_millis(200);

pub const LONGEST: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Answered,
    Refused(Duration),
    Failed,
}

#[derive(Debug)]
pub struct Repoll<R> {
    random: R,
    last: Duration,
}

impl<R: FnMut() -> f64> Repoll<R> {
    pub fn new(random: R) -> Repoll<R> {
        Repoll {
            random,
            last: FIRST / 2,
        }
    }

    pub fn wait_after(&mut self, outcome: Outcome) -> Duration {
        let wished = match outcome {
            Outcome::Answered => {
                self.last = FIRST / 2;
                return Duration::ZERO;
            }
            Outcome::Refused(wished) => wished,
            Outcome::Failed => Duration::ZERO,
        };
        let doubled = self.last.saturating_mul(2);
        let own = doubled.min(LONGEST).mul_f64((self.random)());
        self.last = own;
        wished.saturating_add(own)
    }
}
