//! hint: told-the-same
//! Waits exactly so long as all others were told to.

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
    failures: u32,
}

impl<R: FnMut() -> f64> Repoll<R> {
    pub fn new(random: R) -> Repoll<R> {
        Repoll {
            random,
            failures: 0,
        }
    }

    pub fn wait_after(&mut self, outcome: Outcome) -> Duration {
        let wished = match outcome {
            Outcome::Answered => {
                self.failures = 0;
                return Duration::ZERO;
            }
            Outcome::Refused(wished) => return wished,
            Outcome::Failed => Duration::ZERO,
        };
        let doubled = FIRST.saturating_mul(2_u32.saturating_pow(self.failures));
        self.failures = self.failures.saturating_add(1);
        let own = doubled.min(LONGEST).mul_f64((self.random)());
        wished.saturating_add(own)
    }
}
