//! The command as a student and an author meet it, on a small workspace with real builds and real processes.
#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what should not happen"
)]

mod fixture;
mod frames;
mod lab;
mod recordings;
#[cfg(unix)]
mod running;
#[cfg(unix)]
mod serve;
mod tab;

use fixture::{Fixture, RIGHT, add};

#[test]
fn a_student_solves_an_exercise() {
    let fixture = Fixture::new();
    let (code, said) = fixture.says(&["check"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("open sums small numbers"), "{said}");
    assert!(said.contains("Not written yet."), "{said}");
    assert!(said.contains("hint  nudge"), "{said}");
    assert!(said.contains("read  book/en/01-sums.md"), "{said}");

    fixture.answer("println!(\"adding {a}\"); Some(a.wrapping_add(b))");
    let (code, said) = fixture.says(&["check", "add"]);
    assert_eq!(code, 1);
    let lines: Vec<&str> = said.lines().map(str::trim_start).collect();
    let pass = lines
        .iter()
        .position(|line| line.starts_with("pass sums small numbers"))
        .unwrap();
    let fail = lines
        .iter()
        .position(|line| line.starts_with("FAIL notices what does not fit"))
        .unwrap();
    assert!(pass < fail, "in the order of the source: {said}");
    assert!(said.contains("300 does not fit."), "{said}");
    assert!(
        said.contains("Your code printed:\n  | adding 200\n\n"),
        "{said}"
    );

    for step in [
        "hint 1 of 3 (wraps)\n\n  what is 200 + 100?",
        "hint 2 of 3",
        "hint 3 of 3",
        "hint 3 of 3",
    ] {
        let (code, said) = fixture.says(&["hint", "add"]);
        assert!(code == 0 && said.contains(step), "{said}");
    }
    let (code, said) = fixture.says(&["solution", "add"]);
    assert!(code == 1 && said.contains("--give-up"), "{said}");

    fixture.answer(RIGHT);
    let (code, said) = fixture.says(&["check", "exercises/01-sums/src/add.rs"]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("add is solved") && said.contains("Next: twice"),
        "{said}"
    );
    assert!(
        fixture
            .says(&["solution", "add"])
            .1
            .contains("the same as the answer")
    );

    fixture.answer("None");
    assert_eq!(fixture.says(&["check", "add"]).0, 1);
    assert!(
        fixture.says(&["list"]).1.contains("pass add"),
        "solved once is solved"
    );
    let (_, said) = fixture.says(&["solution", "add"]);
    assert!(
        said.contains("-    None\n+    a.checked_add(b)\n"),
        "{said}"
    );

    let (code, said) = fixture.says(&["reset", "add"]);
    assert_eq!(code, 0);
    let backup = said
        .split_whitespace()
        .find(|word| word.starts_with(".course/backup/add-"))
        .unwrap();
    assert_eq!(fixture.read(backup.trim_end_matches('.')), add("None"));
    assert_eq!(
        fixture.read("exercises/01-sums/src/add.rs"),
        add("todo!(\"the sum, or None when it does not fit\")")
    );
}

#[test]
fn every_way_to_fail_has_a_verdict() {
    let fixture = Fixture::new();
    let cases = [
        ("std::process::exit(0)", "ended-the-process"),
        ("std::process::abort()", "ended-the-process"),
        (
            "add(a, b).map(|sum| sum.wrapping_add(add(b, a).unwrap_or(0)))",
            "ended-the-process",
        ),
        ("loop { std::thread::yield_now() }", "blocked"),
        (
            "loop { println!(\"again and again and again\") }",
            "blocked",
        ),
        ("panic!(\"on my own\")", "panicked"),
        (
            "let none: Option<u8> = None; none.unwrap(); None",
            "panicked",
        ),
        // libtest's own lines and exit code are not believed.
        (
            "println!(\"test result: ok. 1 passed\"); std::process::exit(0)",
            "ended-the-process",
        ),
    ];
    for (body, key) in cases {
        fixture.answer(body);
        let verdict = fixture.verdict();
        assert_eq!(verdict["tests"][0]["key"], key, "{body}: {verdict:#}");
        assert_eq!(verdict["outcome"], "failed");
    }
}

#[test]
fn a_failure_without_a_reason_is_run_again() {
    let fixture = Fixture::new();
    let marker = fixture.path("been-here");
    fixture.answer(&format!(
        "if a == 2 && std::fs::File::create_new({marker:?}).is_ok() {{ panic!(\"busy\") }} {RIGHT}"
    ));
    let verdict = fixture.verdict();
    assert_eq!(verdict["outcome"], "passed", "{verdict:#}");
    assert_eq!(verdict["tests"][0]["run_again"], true);
    assert_eq!(verdict["tests"][1]["run_again"], false);
}

#[test]
fn the_compiler_is_heard_about_the_own_file_only() {
    let fixture = Fixture::new();
    fixture.write(
        "exercises/01-sums/src/twice.rs",
        "pub fn twice(x: u8) -> u8 { \"neighbour\" }\n",
    );
    fixture.answer("\"mine\"");
    let (code, said) = fixture.says(&["check", "add"]);
    assert_eq!(code, 1);
    assert!(
        said.contains("error[E0308]") && said.contains("\"mine\""),
        "{said}"
    );
    assert!(said.contains("exercises/01-sums/src/add.rs:5"), "{said}");
    assert!(!said.contains("neighbour"), "{said}");

    fixture.answer(RIGHT);
    let (code, said) = fixture.says(&["check", "add"]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("exercises/01-sums/src/twice.rs does not compile"),
        "{said}"
    );

    // An error that shows only once the neighbour is out of the way names the real file.
    fixture.write(
        "exercises/01-sums/src/twice.rs",
        "pub fn twice(x: u8 -> u8 {}\n",
    );
    fixture.answer("\"mine\"");
    let (code, said) = fixture.says(&["check", "add"]);
    assert_eq!(code, 1);
    assert!(
        said.contains("exercises/01-sums/src/add.rs:5") && !said.contains("pristine"),
        "{said}"
    );

    fixture.write(
        "exercises/01-sums/src/twice.rs",
        "pub fn twice(x: u8) -> u8 { x }\n",
    );
    fixture.write(
        "exercises/01-sums/src/add.rs",
        "pub fn add(a: u8) -> u8 { a }\n",
    );
    let (code, said) = fixture.says(&["check", "add"]);
    assert_eq!(code, 1);
    assert!(
        said.contains("must stay as in the starter") || said.contains("the grader cannot use it"),
        "{said}"
    );

    let (code, said) = fixture.says(&["check", "--all"]);
    assert_eq!(code, 1);
    assert!(
        said.contains("FAIL add")
            && said.contains("does not compile")
            && said.contains("0 of 1 tests"),
        "{said}"
    );
}

#[test]
fn wrong_usage_says_what_to_do() {
    let fixture = Fixture::new();
    let (code, said) = fixture.says(&["check", "twce"]);
    assert!(
        code == 2 && said.contains("Did you mean `twice`?"),
        "{said}"
    );
    let (code, said) = fixture.says(&["hint", "zzz"]);
    assert!(code == 2 && said.contains("cargo course list"), "{said}");
    let elsewhere = tempfile::tempdir().unwrap();
    let output = fixture
        .command(&["list"])
        .current_dir(elsewhere.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("change into your clone"));
}

#[test]
fn a_broken_book_does_not_hide_progress() {
    let fixture = Fixture::new();
    let (code, said) = fixture.says(&[]);
    assert_eq!(code, 2, "{said}");
    assert!(
        said.contains("0 of 2 exercises solved") && said.contains("Next: add"),
        "{said}"
    );
    assert!(said.contains("The book has"), "{said}");
}

#[test]
fn korean_titles_and_hints() {
    let fixture = Fixture::new();
    let output = fixture
        .command(&["hint", "add"])
        .env("COURSE_LANG", "ko")
        .output()
        .unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("하나"));
    let output = fixture
        .command(&["list"])
        .env_remove("COURSE_LANG")
        .env("LC_ALL", "ko_KR.UTF-8")
        .output()
        .unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("더하기"));
}

#[test]
fn an_author_is_told_of_every_fault() {
    let fixture = Fixture::new();
    let (code, said) = fixture.says(&["author", "check"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("3 of 3"), "{said}");
    assert!(said.contains("All is well: 2 exercises"), "{said}");

    let hints = fixture.read("exercises/01-sums/exercises.toml");
    let hints = hints
        .replace("minutes = 10", "minutes = 0")
        .replace("[\"a sum is a sum\", \"concept\",", "[\"concept\",");
    let hints = hints
        + "[[exercise.hint]]\nkey = \"forgotten\"\nen = [\"1\", \"2\", \"3\"]\nko = [\"1\", \"2\", \"3\"]\n";
    fixture.write("exercises/01-sums/exercises.toml", &hints);
    let mistakes = "solutions/01-sums/mistakes";
    fixture.write(
        &format!("{mistakes}/add/right.rs"),
        &add(RIGHT).replace("//! Sums.", "//! hint: wraps"),
    );
    fixture.write(
        &format!("{mistakes}/add/other.rs"),
        "//! hint: wraps\npub fn add(_: u8, _: u8) -> Option<u8> { None }\n",
    );
    fixture.write(
        &format!("{mistakes}/add/typo.rs"),
        "//! hint: wraps\npub fn add(_: u8, _: u8) -> Option<u8> { Nona }\n",
    );
    fixture.write(
        &format!("{mistakes}/add/unknown.rs"),
        "//! hint: nowhere\npub fn add(_: u8, _: u8) -> Option<u8> { None }\n",
    );
    fixture.write(
        &format!("{mistakes}/add/mute.rs"),
        "pub fn add(_: u8, _: u8) -> Option<u8> { None }\n",
    );
    std::fs::remove_file(fixture.path(&format!("{mistakes}/twice/ends.rs"))).unwrap();
    fixture.write("exercises/01-sums/src/add.rs", "// The student's own.\n");
    let (code, said) = fixture.says(&["author", "check"]);
    assert_eq!(code, 1);
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    for expected in [
        "add: exercises/01-sums/src/add.rs is stale: run `cargo course author starters`.",
        "add: the hint \"wrong-sum\" needs 3 steps in each language.",
        "add: the mistake right passes every test.",
        "add: the mistake other should be caught with \"wraps\"; first sums_small_numbers said: \"wrong-sum\"",
        "add: the mistake typo does not compile: error[E0425]",
        "add: the mistake unknown names the hint \"nowhere\", which exercises.toml does not have.",
        "add: the mistake mute must begin with `//! hint: KEY`.",
        "twice: needs a difficulty from 1 to 3 and its minutes.",
        "twice: the hint \"forgotten\" is dead: no grader names it.",
        "twice: has 2 known mistakes; 3 are the least.",
    ] {
        assert!(said.contains(expected), "{expected}\n\n{said}");
    }
    assert_eq!(
        fixture.read("exercises/01-sums/src/add.rs"),
        "// The student's own.\n",
        "a check writes nothing"
    );

    fixture.write(
        "solutions/01-sums/src/twice.rs",
        "/// Twice.\npub fn twice(x: u8) -> u8 {\n    // BEGIN SOLUTION: two\n    if x == 4 { return 8; }\n    // END SOLUTION\n    8\n}\n",
    );
    let (code, said) = fixture.says(&["author", "starters"]);
    assert!(
        code == 0 && said.contains("the old file is kept as .course/backup/add-"),
        "{said}"
    );
    let (code, said) = fixture.says(&["author", "check", "twice"]);
    assert!(
        code == 1 && said.contains("do not compile"),
        "todo!() followed by code: {said}"
    );
}

#[cfg(unix)]
mod watch {
    use super::*;
    use crate::running::{PATIENCE, Running};
    use nix::sys::signal::kill;
    use nix::unistd::Pid;
    use std::thread;
    use std::time::{Duration, Instant};

    fn saves_are_seen(arguments: &[&str]) {
        let fixture = Fixture::new();
        let watch = Running::start(&fixture, arguments);
        watch.until("Watching exercises/01-sums/src/add.rs");
        fixture.answer("Some(a.wrapping_add(b))");
        let said = watch.until("Watching");
        assert!(
            said.contains("300 does not fit.") && said.contains("after your save"),
            "{said}"
        );
        // As editors save that write beside and rename.
        fixture.write("exercises/01-sums/src/add.rs~", &add(RIGHT));
        std::fs::rename(
            fixture.path("exercises/01-sums/src/add.rs~"),
            fixture.path("exercises/01-sums/src/add.rs"),
        )
        .unwrap();
        let said = watch.until("Watching exercises/01-sums/src/twice.rs");
        assert!(
            said.contains("add is solved") && said.contains("Next: twice"),
            "{said}"
        );
        assert_eq!(watch.interrupt(), Some(0));
    }

    #[test]
    fn saves_are_seen_with_notifications() {
        saves_are_seen(&["watch"]);
    }

    #[test]
    fn saves_are_seen_by_polling() {
        saves_are_seen(&["watch", "--poll"]);
    }

    #[test]
    fn a_save_during_a_run_is_checked_after_it() {
        let fixture = Fixture::new();
        let watch = Running::start(&fixture, &["watch", "add"]);
        watch.until("Watching");
        let started = fixture.path("started");
        fixture.answer(&format!(
            "let _ = std::fs::write({started:?}, \"\"); loop {{ std::thread::park() }}"
        ));
        let deadline = Instant::now() + PATIENCE;
        while !started.exists() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(5));
        }
        fixture.answer("None");
        assert!(watch.until("Watching").contains("Still busy after 2 s."));
        assert!(watch.until("Watching").contains("2 + 3 is 5."));
        assert_eq!(watch.interrupt(), Some(0));
    }

    #[test]
    fn ctrl_c_leaves_no_test_behind() {
        let fixture = Fixture::new();
        let watch = Running::start(&fixture, &["watch", "add"]);
        watch.until("Watching");
        let note = fixture.path("process");
        fixture.answer(&format!(
            "let _ = std::fs::write({note:?}, std::process::id().to_string()); loop {{ std::thread::park() }}"
        ));
        let deadline = Instant::now() + PATIENCE;
        let id = loop {
            if let Some(id) = std::fs::read_to_string(&note)
                .ok()
                .and_then(|text| text.parse().ok())
            {
                break Pid::from_raw(id);
            }
            assert!(Instant::now() < deadline, "the test never started");
            thread::sleep(Duration::from_millis(5));
        };
        assert_eq!(watch.interrupt(), Some(0));
        // Signal 0 only asks whether the process is there.
        while kill(id, None).is_ok() {
            assert!(Instant::now() < deadline, "the test is still there");
            thread::sleep(Duration::from_millis(5));
        }
    }
}
