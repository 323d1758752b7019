//! Bytes that nobody has thought of, for everything that reads what a peer of a WebSocket sends.
//!
//! A [`Target`] is a function of bytes. It says what became of them in a word (`taken`, `refused`), or what is
//! wrong; a panic is wrong, too. Where tungstenite reads the same bytes, it is the judge: what we take must be
//! what it takes, and where we are stricter or it is, the word says why.
//!
//! An input is made of good ones, changed in a few places, by a seed; so a seed replays it. There is no
//! coverage to guide the way, and no toolchain but the usual one.

mod input;
mod run;
mod targets;
mod wire;

pub use input::Mutation;
pub use run::{Finding, Report, input, run, shortest};
pub use targets::{TARGETS, target};

/// What became of an input, in a word; or what is wrong.
pub type Checked = Result<&'static str, String>;

/// Something that reads bytes.
#[derive(Clone, Copy)]
pub struct Target {
    /// As it is called on the command line.
    pub name: &'static str,
    /// What it reads.
    pub what: &'static str,
    /// Good inputs, and pieces that are worth putting into them.
    pub mutation: fn() -> Mutation,
    /// Reads an input.
    pub check: fn(&[u8]) -> Checked,
    /// Words that come in any thousand inputs or so. When one does not, the target no longer tries what it is
    /// for.
    pub usual: &'static [&'static str],
}
