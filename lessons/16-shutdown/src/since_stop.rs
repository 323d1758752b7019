//! A clock for what a program prints while it stops.

use std::fmt;
use std::sync::OnceLock;
use std::time::Instant;

/// How long ago somebody asked to stop, as the beginning of a line: nothing before that, and
/// `+0.250 s  ` a quarter of a second later.
#[derive(Debug, Default)]
pub struct SinceStop(OnceLock<Instant>);

impl SinceStop {
    /// Nobody has asked yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Somebody asks now. Only the first time counts.
    pub fn begin(&self) {
        self.0.get_or_init(Instant::now);
    }
}

impl fmt::Display for SinceStop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.get() {
            Some(begun) => write!(f, "+{:.3} s  ", begun.elapsed().as_secs_f64()),
            None => Ok(()),
        }
    }
}
