//! A verdict: what went wrong, told so that the next attempt is better.

use crate::Lesson;
use std::fmt::Write;
use std::time::Duration;

/// How the student's code departed from what a test expected, for choosing the hint.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Why {
    /// End of stream came where (more) bytes should have.
    Ended,
    /// The connection was reset (ECONNRESET, EPIPE).
    Reset,
    /// Bytes came that are not the expected ones.
    Different,
    /// Nothing came until the deadline; the code waits in the named system call, or it is not
    /// known where.
    Blocked(Option<&'static str>),
    /// Nothing came until the deadline, and the code used the processor all the while.
    Spinning,
}

/// How a test failed. It travels as the payload of an unwinding panic.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    /// The hint's key in exercises.toml.
    pub key: String,
    /// What the student's code did, in one sentence.
    pub sentence: String,
    /// What was sent and received, as a diagram; empty when nothing was.
    pub ladder: String,
    /// Expected and actual bytes with a caret under the first wrong one; empty when no bytes
    /// were compared.
    pub bytes: String,
    /// Out of time, and the reason is unknown: perhaps the machine was only busy.
    pub unclear: bool,
    /// `PEER_SEED` with this number plays the same test again.
    pub seed: u64,
}

impl Verdict {
    pub(crate) fn raise(self) -> ! {
        std::panic::resume_unwind(Box::new(self))
    }

    /// Writes the report when the course command asked for one, and prints for people when not.
    pub(crate) fn report(&self, lesson: &Lesson, exercise: &str) {
        let mut table = toml::Table::new();
        let mut put = |name: &str, value: toml::Value| table.insert(name.to_string(), value);
        put("exercise", exercise.into());
        put("outcome", "failed".into());
        put("key", self.key.as_str().into());
        put("sentence", self.sentence.as_str().into());
        put("ladder", self.ladder.as_str().into());
        put("bytes", self.bytes.as_str().into());
        put("unclear", self.unclear.into());
        // TOML's integers are signed; seeds are made small enough (Scene::new).
        put("seed", i64::try_from(self.seed).unwrap_or_default().into());
        if !write_report(&table) {
            println!("{}", self.told(lesson, exercise));
        }
    }

    /// The whole verdict as text, for a terminal without the course command: sentence, ladder,
    /// bytes, one hint from the lesson's exercises.toml, and where to read on.
    pub fn told(&self, lesson: &Lesson, exercise: &str) -> String {
        let language = language();
        let mut out = format!("\n{}\n", self.sentence);
        for part in [&self.ladder, &self.bytes] {
            if !part.is_empty() {
                let _ = write!(out, "\n{part}");
            }
        }
        if let Some(hint) = first_hint(lesson.exercises, exercise, &self.key, language) {
            let _ = write!(out, "\nhint: {hint}\n");
        }
        if self.unclear {
            let _ = write!(
                out,
                "\nPerhaps the machine was only busy: run this test once more, alone.\n"
            );
        }
        let _ = write!(
            out,
            "\nmore hints: cargo course hint {exercise}\nchapter:    target/book/{language}/{}.html#{exercise}\nreplay:     PEER_SEED={}\n",
            lesson.chapter, self.seed
        );
        out
    }
}

/// Tells the course command that the test passed; under plain `cargo test` the test's own
/// result is enough.
pub(crate) fn report_passed(exercise: &str) {
    let mut table = toml::Table::new();
    table.insert("exercise".to_string(), exercise.into());
    table.insert("outcome".to_string(), "passed".into());
    write_report(&table);
}

/// True when there was a place to write to.
fn write_report(table: &toml::Table) -> bool {
    let Some(path) = std::env::var_os("COURSE_REPORT") else {
        return false;
    };
    match std::fs::write(&path, table.to_string()) {
        Ok(()) => true,
        Err(error) => {
            eprintln!("cannot write the report {}: {error}", path.display());
            false
        }
    }
}

/// `ko` or `en`: what `COURSE_LANG` says, else what the terminal speaks.
fn language() -> &'static str {
    let wanted = ["COURSE_LANG", "LC_ALL", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .unwrap_or_default();
    if wanted.starts_with("ko") { "ko" } else { "en" }
}

/// The first of the graduated hints for `key`.
fn first_hint(exercises: &str, exercise: &str, key: &str, language: &str) -> Option<String> {
    let table: toml::Table = exercises.parse().ok()?;
    let with = |list: &toml::Value, name: &str, value: &str| -> Option<toml::Value> {
        list.as_array()?
            .iter()
            .find(|item| item.get(name).and_then(|v| v.as_str()) == Some(value))
            .cloned()
    };
    let exercise = with(table.get("exercise")?, "name", exercise)?;
    let hint = with(exercise.get("hint")?, "key", key)?;
    Some(hint.get(language)?.get(0)?.as_str()?.to_string())
}

/// `2.0 s`.
pub(crate) fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
