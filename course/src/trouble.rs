//! What goes wrong with the set-up or the usage: one sentence that says what, and what to do next.

use std::fmt;
use std::io;
use std::path::Path;

/// A failure that is not the student's answer; the command ends with exit code 2.
#[derive(Debug)]
pub enum Trouble {
    /// Ctrl-C or a request to end; nothing needs to be said.
    Interrupted,
    /// What is wrong, and what to do.
    Sentence(String),
}

pub type Result<T> = std::result::Result<T, Trouble>;

impl Trouble {
    pub fn new(sentence: impl Into<String>) -> Self {
        Trouble::Sentence(sentence.into())
    }

    /// For the many `map_err` after reading or writing a file.
    pub fn file<'a>(doing: &'a str, path: &'a Path) -> impl Fn(io::Error) -> Trouble + 'a {
        move |error| {
            Trouble::new(format!(
                "Could not {doing} {}: {error}. Check that the file is there and that you may {doing} it.",
                path.display()
            ))
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Interrupted => f.write_str("interrupted"),
            Trouble::Sentence(sentence) => f.write_str(sentence),
        }
    }
}
