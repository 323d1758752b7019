//! Runs a target, and makes what was found short.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::{Checked, Target};

/// How long one input may take. One that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// Inputs that are told of at once.
const AT_ONCE: u64 = 64;

/// Something wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The input's seed.
    pub seed: u64,
    /// What is wrong with it.
    pub what: String,
}

/// What a run came to.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Inputs that were read.
    pub inputs: u64,
    /// What became of them: how many of each.
    pub words: BTreeMap<&'static str, u64>,
    /// The first thing that is wrong, and the last of this run.
    pub finding: Option<Finding>,
}

/// The input of `seed`.
pub fn input(target: &Target, seed: u64) -> Vec<u8> {
    (target.mutation)().input(&mut fastrand::Rng::with_seed(seed))
}

/// Reads the inputs of `seed` and those behind it, until something is found or `goes_on` says no. It is asked
/// with how many were read.
pub fn run(target: &Target, seed: u64, mut goes_on: impl FnMut(u64) -> bool) -> Report {
    let target = *target;
    let mut report = Report::default();
    // Bounded: so that who reads inputs is never far ahead of who counts them.
    let (send, receive) = mpsc::sync_channel(1);
    thread::spawn(move || {
        let mutation = (target.mutation)();
        for first in (seed..).step_by(AT_ONCE as usize) {
            let mut batch = Vec::new();
            for seed in first..first + AT_ONCE {
                let bytes = mutation.input(&mut fastrand::Rng::with_seed(seed));
                batch.push(checked(&target, &bytes));
            }
            if send.send(batch).is_err() {
                return; // Nobody listens any more.
            }
        }
    });
    while goes_on(report.inputs) {
        let first = seed + report.inputs;
        let batch = match receive.recv_timeout(PATIENCE) {
            Ok(batch) => batch,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                let what = format!("one of {AT_ONCE} inputs takes more than {PATIENCE:?}");
                report.finding = Some(Finding { seed: first, what });
                return report;
            }
        };
        for (checked, seed) in batch.into_iter().zip(first..) {
            if !goes_on(report.inputs) {
                break;
            }
            report.inputs += 1;
            match checked {
                Ok(word) => *report.words.entry(word).or_default() += 1,
                Err(what) => {
                    report.finding = Some(Finding { seed, what });
                    return report;
                }
            }
        }
    }
    report
}

/// Takes bytes away from an input with something wrong, as long as something is.
pub fn shortest(target: &Target, mut bytes: Vec<u8>) -> Vec<u8> {
    let mut length = bytes.len();
    while length > 0 {
        let mut at = 0;
        while at < bytes.len() {
            let mut fewer = bytes.clone();
            fewer.drain(at..(at + length).min(bytes.len()));
            match checked(target, &fewer) {
                Ok(_) => at += length,
                Err(_) => bytes = fewer,
            }
        }
        length /= 2;
    }
    bytes
}

/// What became of one input. A panic is wrong.
pub(crate) fn checked(target: &Target, bytes: &[u8]) -> Checked {
    match catch_unwind(AssertUnwindSafe(|| (target.check)(bytes))) {
        Ok(checked) => checked,
        Err(payload) => {
            let message = payload.downcast_ref::<String>().cloned();
            let literal = payload.downcast_ref::<&str>().map(|text| text.to_string());
            let message = message.or(literal).unwrap_or_default();
            Err(format!("a panic: {message}"))
        }
    }
}
