//! A workspace of one lesson with two exercises, in a temporary folder, with a grader that keeps to the same contract as
//! the real ones (`COURSE_REPORT`) and depends on nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// The answer to `add` between the signature's braces.
pub const RIGHT: &str = "a.checked_add(b)";

pub struct Fixture {
    folder: TempDir,
}

impl Fixture {
    pub fn new() -> Fixture {
        let fixture = Fixture {
            folder: tempfile::tempdir().unwrap(),
        };
        for (path, text) in FILES {
            fixture.write(path, text);
        }
        fixture.write("solutions/01-sums/src/add.rs", &add("// BEGIN SOLUTION: the sum, or None when it\n    // does not fit\n    a.checked_add(b)\n    // END SOLUTION"));
        for (name, key, body) in MISTAKES {
            fixture.write(
                &format!("solutions/01-sums/mistakes/{name}.rs"),
                &format!("//! hint: {key}\n{body}"),
            );
        }
        assert!(fixture.course(&["author", "starters"]).status.success());
        fixture
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// A book of one page in each language, without pages for now.
    pub fn write_book(&self) {
        let package = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("book");
        copy(&package.join("assets"), &self.path("book/assets"));
        fs::copy(package.join("book.toml"), self.path("book/book.toml")).unwrap();
        for code in ["en", "ko"] {
            let summary = "# Summary\n\n[Introduction](introduction.md)\n";
            self.write(&format!("book/{code}/SUMMARY.md"), summary);
            let page = format!("# Introduction {{#introduction}}\n\nThe book, {code}.\n");
            self.write(&format!("book/{code}/introduction.md"), &page);
        }
    }

    /// The student writes this between the braces of `add`.
    pub fn answer(&self, body: &str) {
        self.write("exercises/01-sums/src/add.rs", &add(body));
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_course"));
        command.args(arguments).current_dir(self.folder.path());
        command
            .env("COURSE_LANG", "en")
            .env("CARGO_TARGET_DIR", self.path("target"));
        command
    }

    pub fn course(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Exit code and everything said.
    pub fn says(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.course(arguments);
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.code().unwrap(),
            String::from_utf8(said).unwrap(),
        )
    }

    /// The verdict on `add`, as JSON.
    pub fn verdict(&self) -> serde_json::Value {
        let output = self.course(&["check", "add", "--json"]);
        let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        value["exercises"][0].clone()
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &to),
            false => drop(fs::copy(entry.path(), to).unwrap()),
        }
    }
}

pub fn add(body: &str) -> String {
    format!(
        "//! Sums.\n\n/// The sum.\npub fn add(a: u8, b: u8) -> Option<u8> {{\n    {body}\n}}\n"
    )
}

const SUM: &str = "//! Sums.

/// The sum.
pub fn add(a: u8, b: u8) -> Option<u8> {
    // BEGIN SOLUTION: the sum, or None when it
    // does not fit
    a.checked_add(b)
    // END SOLUTION
}
";

const FILES: [(&str, &str); 12] = [
    (
        "Cargo.toml",
        "[workspace]\nresolver = \"3\"\nmembers = [\"exercises/*\", \"solutions/*\"]\n",
    ),
    (
        "exercises/01-sums/Cargo.toml",
        "[package]\nname = \"sums-exercises\"\nedition = \"2024\"\n[lints.rust]\nunused = \"allow\"\n",
    ),
    (
        "exercises/01-sums/src/lib.rs",
        "//! Exercises.\npub mod add;\npub mod twice;\n",
    ),
    (
        "exercises/01-sums/exercises.toml",
        r#"
        [[exercise]]
        name = "add"
        title = { en = "Add", ko = "더하기" }
        difficulty = 1
        minutes = 5
        [[exercise.hint]]
        key = "not-started"
        en = ["nudge", "concept", "shape"]
        ko = ["하나", "둘", "셋"]
        [[exercise.hint]]
        key = "wrong-sum"
        en = ["a sum is a sum", "concept", "shape"]
        ko = ["하나", "둘", "셋"]
        [[exercise.hint]]
        key = "wraps"
        en = ["what is 200 + 100?", "concept", "shape"]
        ko = ["하나", "둘", "셋"]

        [[exercise]]
        name = "twice"
        title = { en = "Twice", ko = "두 배" }
        difficulty = 3
        minutes = 10
        [[exercise.hint]]
        key = "not-started"
        en = ["nudge", "concept", "shape"]
        ko = ["하나", "둘", "셋"]
        [[exercise.hint]]
        key = "not-twice"
        en = ["nudge", "concept", "shape"]
        ko = ["하나", "둘", "셋"]
        "#,
    ),
    (
        "exercises/01-sums/tests/grade/main.rs",
        r#"//! Grades.
mod add;
mod twice;

use std::{env, fs, panic, sync::mpsc, thread, time::Duration};

/// What the real graders' peer does, in short: the answer runs in a thread, and a report is written whatever it does.
pub fn graded(test: fn() -> Result<(), (&'static str, &'static str)>) {
    let (done, result) = mpsc::channel();
    thread::spawn(move || done.send(panic::catch_unwind(test)));
    let (key, sentence) = match result.recv_timeout(Duration::from_secs(2)) {
        Ok(Ok(Ok(()))) => return report("outcome = \"passed\""),
        Ok(Ok(Err(failure))) => failure,
        Ok(Err(panic)) => match panic.downcast_ref::<&str>() {
            Some(&"busy") => ("unclear", "Out of time."),
            Some(message) if message.starts_with("not yet implemented") => ("not-started", "Not written yet."),
            _ => panic.downcast_ref::<String>().map_or(("panicked", "A panic."), |message| {
                if message.starts_with("not yet") { ("not-started", "Not written yet.") } else { ("panicked", "A panic.") }
            }),
        },
        Err(_) => ("blocked", "Still busy after 2 s."),
    };
    let unclear = key == "unclear";
    report(&format!("outcome = \"failed\"\nkey = \"{key}\"\nsentence = \"{sentence}\"\nunclear = {unclear}\nseed = 7"));
    std::process::exit(101);
}

fn report(text: &str) {
    fs::write(env::var("COURSE_REPORT").unwrap(), text).unwrap();
}
"#,
    ),
    (
        "exercises/01-sums/tests/grade/add.rs",
        r#"use crate::graded;
use sums_exercises::add::add;

#[test]
fn sums_small_numbers() {
    graded(|| if add(2, 3) == Some(5) { Ok(()) } else { Err(("wrong-sum", "2 + 3 is 5.")) });
}

#[test]
fn notices_what_does_not_fit() {
    graded(|| if add(200, 100).is_none() { Ok(()) } else { Err(("wraps", "300 does not fit.")) });
}
"#,
    ),
    (
        "exercises/01-sums/tests/grade/twice.rs",
        r#"use crate::graded;

#[test]
fn doubles() {
    graded(|| if sums_exercises::twice::twice(4) == 8 { Ok(()) } else { Err(("not-twice", "Twice 4 is 8.")) });
}
"#,
    ),
    (
        "solutions/01-sums/Cargo.toml",
        "[package]\nname = \"sums-solutions\"\nedition = \"2024\"\n",
    ),
    (
        "solutions/01-sums/src/lib.rs",
        "//! Answers.\npub mod add;\npub mod twice;\n",
    ),
    ("solutions/01-sums/src/add.rs", SUM),
    (
        "solutions/01-sums/src/twice.rs",
        "/// Twice.\npub fn twice(x: u8) -> u8 {\n    // BEGIN SOLUTION: two of them\n    x * 2\n    // END SOLUTION\n}\n",
    ),
    (
        "solutions/01-sums/tests/grade.rs",
        "extern crate sums_solutions as sums_exercises;\n#[path = \"../../../exercises/01-sums/tests/grade/main.rs\"]\nmod grade;\nuse grade::graded;\n",
    ),
];

/// Path in `mistakes/` without the extension, the key that it names, what it answers.
const MISTAKES: [(&str, &str, &str); 6] = [
    (
        "add/wraps",
        "wraps",
        "pub fn add(a: u8, b: u8) -> Option<u8> { Some(a.wrapping_add(b)) }\n",
    ),
    (
        "add/saturates",
        "wraps",
        "pub fn add(a: u8, b: u8) -> Option<u8> { Some(a.saturating_add(b)) }\n",
    ),
    (
        "add/never",
        "wrong-sum",
        "pub fn add(a: u8, b: u8) -> Option<u8> { None }\n",
    ),
    (
        "twice/once",
        "not-twice",
        "pub fn twice(x: u8) -> u8 { x }\n",
    ),
    (
        "twice/thrice",
        "not-twice",
        "pub fn twice(x: u8) -> u8 { x * 3 }\n",
    ),
    (
        "twice/ends",
        "ended-the-process",
        "pub fn twice(_: u8) -> u8 { std::process::exit(0) }\n",
    ),
];
