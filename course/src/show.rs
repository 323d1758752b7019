//! How things look: 80 columns, colours and signs on a terminal, plain words elsewhere.

use std::fmt::{self, Display};
use std::io::{IsTerminal, stdout};
use std::time::Duration;

use anstream::{eprintln, println};
use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::catalogue::{Catalogue, Exercise, Language};
use crate::grade::{Failure, Graded, NOT_STARTED, Outcome, TestRun, Verdict};
use crate::hints;
use crate::progress::Progress;
use crate::trouble::Trouble;

const COLUMNS: usize = 80;
const BAR: usize = 40;
/// Lines of the student's own output.
const PRINTED_LINES: usize = 20;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const QUIET: Style = AnsiColor::BrightBlack.on_default();
const STRONG: Style = Style::new().bold();

fn styled(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

#[derive(Clone, Copy)]
enum Mark {
    Good,
    Bad,
    Open,
}

impl Mark {
    fn of(good: bool) -> Mark {
        if good { Mark::Good } else { Mark::Bad }
    }
}

impl fmt::Display for Mark {
    /// A sign on a terminal, a word where another program or a person reads a file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (style, sign, word) = match self {
            Mark::Good => (GOOD, "✓", "pass"),
            Mark::Bad => (BAD, "✗", "FAIL"),
            Mark::Open => (QUIET, "·", "open"),
        };
        if stdout().is_terminal() {
            write!(f, "{style}{sign}{style:#}")
        } else {
            f.write_str(word)
        }
    }
}

pub fn trouble(trouble: &Trouble) {
    if let Trouble::Sentence(sentence) = trouble {
        eprintln!("{}", wrap(sentence, ""));
    }
}

/// "12 of 108 solved" with a bar.
pub fn progress_bar(catalogue: &Catalogue, progress: &Progress) {
    let all = catalogue.exercises.len();
    let solved = catalogue
        .exercises
        .iter()
        .filter(|exercise| progress.is_solved(&exercise.name))
        .count();
    let words = format!("{solved} of {all} exercises solved");
    if stdout().is_terminal() {
        let full = (BAR * solved).checked_div(all).unwrap_or(0);
        let (done, open) = ("█".repeat(full), "░".repeat(BAR - full));
        println!("{}{}  {words}", styled(GOOD, done), styled(QUIET, open));
    } else {
        println!("{words}");
    }
}

pub fn list(catalogue: &Catalogue, progress: &Progress, language: Language) {
    for lesson in &catalogue.lessons {
        let mut exercises = catalogue.of_lesson(lesson).peekable();
        if exercises.peek().is_none() {
            continue;
        }
        println!(
            "{}",
            styled(STRONG, format!("{} {}", lesson.number(), lesson.name()))
        );
        for exercise in exercises {
            let state = if progress.is_solved(&exercise.name) {
                Mark::Good
            } else {
                Mark::Open
            };
            println!(
                "  {state} {} {}",
                padded(&exercise.name, 34),
                effort(exercise)
            );
            println!(
                "    {}",
                styled(QUIET, exercise.title.in_language(language))
            );
        }
    }
    println!();
    progress_bar(catalogue, progress);
    println!("Work on one:  cargo course watch EXERCISE");
}

pub fn list_json(catalogue: &Catalogue, progress: &Progress, language: Language) {
    let exercises: Vec<Value> = catalogue
        .exercises
        .iter()
        .map(|exercise| {
            let state = progress.of(&exercise.name);
            json!({
                "name": exercise.name,
                "lesson": exercise.lesson.folder_name(),
                "title": exercise.title.in_language(language),
                "difficulty": exercise.difficulty,
                "minutes": exercise.minutes,
                "file": exercise.file(),
                "solved": state.solved,
                "last_failure": state.last_failure,
            })
        })
        .collect();
    std::println!("{:#}", json!({ "exercises": exercises }));
}

/// "★★☆ 15 min"
fn effort(exercise: &Exercise) -> String {
    let stars = usize::from(exercise.difficulty.min(3));
    let stars = if stdout().is_terminal() {
        format!("{}{}", "★".repeat(stars), "☆".repeat(3 - stars))
    } else {
        format!("difficulty {stars}")
    };
    format!("{stars} {:>3} min", exercise.minutes)
}

/// What to solve next, and how.
pub fn next(exercise: &Exercise, language: Language) {
    println!(
        "Next: {}  ({})",
        styled(STRONG, &exercise.name),
        effort(exercise)
    );
    println!("      {}", exercise.title.in_language(language));
    println!("  edit   {}", exercise.file().display());
    println!("  check  cargo course check {}", exercise.name);
}

/// The whole verdict on one exercise. `next` is what to go on with once it passes.
pub fn verdict(
    catalogue: &Catalogue,
    exercise: &Exercise,
    verdict: &Verdict,
    next: Option<&Exercise>,
    language: Language,
) {
    println!(
        "{}  {}",
        styled(STRONG, &exercise.name),
        styled(QUIET, exercise.title.in_language(language))
    );
    println!();
    match verdict {
        Verdict::NotCompiled { errors, signature } => not_compiled(exercise, errors, *signature),
        Verdict::Graded(graded) => {
            for test in &graded.tests {
                test_line(test);
            }
            for file in &graded.set_aside {
                println!();
                println!(
                    "{}",
                    wrap(
                        &format!(
                            "{} does not compile; its starter stood in for it meanwhile.",
                            file.display()
                        ),
                        "  "
                    )
                );
            }
            println!();
            match graded.first_failure() {
                Some((test, failure)) => {
                    first_failure(catalogue, exercise, test, failure, language)
                }
                None => solved(exercise, graded, next, language),
            }
        }
    }
}

fn not_compiled(exercise: &Exercise, errors: &[String], signature: bool) {
    for error in errors {
        println!("{}", error.trim_end());
        println!();
    }
    let count = if errors.len() == 1 {
        "one error".to_owned()
    } else {
        format!("{} errors", errors.len())
    };
    let sentence = if signature {
        format!(
            "Your file compiles, but the grader cannot use it any more: names, arguments and return types must stay as \
             in the starter. `cargo course reset {}` brings it back and keeps yours.",
            exercise.name
        )
    } else {
        format!(
            "{} does not compile yet ({count}): start with the first.",
            exercise.file().display()
        )
    };
    println!("{}", wrap(&sentence, ""));
}

fn test_line(test: &TestRun) {
    let mark = match &test.outcome {
        Outcome::Passed => Mark::Good,
        Outcome::Failed(failure) if failure.key != NOT_STARTED => Mark::Bad,
        Outcome::Failed(_) | Outcome::NotRun => Mark::Open,
    };
    let name = format!("{mark} {}", test.name.replace('_', " "));
    let time = match &test.outcome {
        Outcome::NotRun => "not run".to_owned(),
        _ if test.again => format!("{}, alone", seconds(test.elapsed)),
        _ => seconds(test.elapsed),
    };
    println!("  {} {}", padded(&name, 64), styled(QUIET, time));
}

fn first_failure(
    catalogue: &Catalogue,
    exercise: &Exercise,
    test: &TestRun,
    failure: &Failure,
    language: Language,
) {
    let name = test.name.replace('_', " ");
    println!("{}", styled(STRONG, format!("{name}:")));
    println!("{}", wrap(&failure.sentence, ""));
    // What happened is not worth drawing while nothing is written.
    let started = failure.key != NOT_STARTED;
    for part in [&failure.ladder, &failure.bytes] {
        if started && !part.trim().is_empty() {
            println!();
            println!("{}", part.trim_matches('\n'));
        }
    }
    if failure.unclear && test.again {
        println!();
        println!(
            "{}",
            wrap("It ran out of time twice, the second time alone.", "")
        );
    }
    printed(test);
    println!();
    let steps = hints::steps(exercise, &failure.key, language);
    if let Some(nudge) = steps.as_ref().and_then(|steps| steps.first()) {
        println!(
            "{}  {}",
            styled(STRONG, "hint"),
            wrap(nudge, "      ").trim_start()
        );
    }
    println!(
        "{}  cargo course hint {}",
        styled(STRONG, "more"),
        exercise.name
    );
    println!(
        "{}  {}",
        styled(STRONG, "read"),
        catalogue.chapter(exercise, language)
    );
    println!("{}  {}", styled(STRONG, "edit"), exercise.file().display());
    if started && failure.seed != 0 {
        println!(
            "{}",
            styled(
                QUIET,
                format!("same random bytes again: PEER_SEED={}", failure.seed)
            )
        );
    }
}

fn printed(test: &TestRun) {
    if test.printed.is_empty() {
        return;
    }
    println!();
    println!("Your code printed:");
    for line in test.printed.lines().take(PRINTED_LINES) {
        println!("  | {}", cut(line, COLUMNS - 4));
    }
    let more = test.printed.lines().count().saturating_sub(PRINTED_LINES);
    if more > 0 {
        println!("  | and at least {more} more lines");
    }
}

fn solved(exercise: &Exercise, graded: &Graded, next: Option<&Exercise>, language: Language) {
    let count = graded.tests.len();
    let tests = if count == 1 {
        "The test passes".to_owned()
    } else {
        format!("All {count} tests pass")
    };
    let words = format!("{tests}: {} is solved.", exercise.name);
    println!("{}", styled(GOOD, words));
    println!("Compare:  cargo course solution {}", exercise.name);
    println!();
    match next {
        Some(next) => self::next(next, language),
        None => println!("That was the last one: every exercise is solved."),
    }
}

/// One line for each exercise, after `check --all`.
pub fn table(rows: &[(&Exercise, Result<Verdict, String>)]) {
    for (exercise, verdict) in rows {
        let (mark, words) = match verdict {
            Ok(Verdict::Graded(graded)) if graded.not_started() => {
                (Mark::Open, "not started".to_owned())
            }
            Ok(Verdict::Graded(graded)) => {
                let all = graded.tests.len();
                let passed = graded
                    .tests
                    .iter()
                    .filter(|test| matches!(test.outcome, Outcome::Passed))
                    .count();
                (
                    Mark::of(graded.passed()),
                    format!("{passed} of {all} tests"),
                )
            }
            Ok(Verdict::NotCompiled { .. }) => (Mark::Bad, "does not compile".to_owned()),
            Err(_) => (Mark::Bad, "could not be graded".to_owned()),
        };
        println!("  {mark} {} {words}", padded(&exercise.name, 40));
    }
}

pub fn verdict_json(exercise: &Exercise, verdict: &Verdict) -> Value {
    match verdict {
        Verdict::NotCompiled { errors, signature } => json!({
            "exercise": exercise.name,
            "outcome": "does not compile",
            "signature_changed": signature,
            "errors": errors.iter().map(|error| anstream::adapter::strip_str(error).to_string()).collect::<Vec<_>>(),
        }),
        Verdict::Graded(graded) => json!({
            "exercise": exercise.name,
            "outcome": if graded.passed() { "passed" } else { "failed" },
            "set_aside": graded.set_aside,
            "tests": graded.tests.iter().map(test_json).collect::<Vec<_>>(),
        }),
    }
}

fn test_json(test: &TestRun) -> Value {
    let mut value = json!({
        "name": test.name,
        "outcome": match test.outcome {
            Outcome::Passed => "passed",
            Outcome::Failed(_) => "failed",
            Outcome::NotRun => "not run",
        },
        "seconds": test.elapsed.as_secs_f64(),
        "run_again": test.again,
        "printed": test.printed,
    });
    if let Some(failure) = test.failure() {
        value["key"] = json!(failure.key);
        value["sentence"] = json!(failure.sentence);
        value["ladder"] = json!(failure.ladder);
        value["bytes"] = json!(failure.bytes);
        value["seed"] = json!(failure.seed);
    }
    value
}

pub fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

/// A unified diff with colours.
pub fn diff(from: (&str, &str), to: (&str, &str)) {
    let diff = similar::TextDiff::from_lines(from.1, to.1);
    for line in diff
        .unified_diff()
        .context_radius(3)
        .header(from.0, to.0)
        .to_string()
        .lines()
    {
        let style = match line.chars().next() {
            Some('+') => GOOD,
            Some('-') => BAD,
            Some('@') => QUIET,
            _ => Style::new(),
        };
        println!("{}", styled(style, line));
    }
}

/// Breaks long lines at spaces. Lines that begin with a space (code) stay as they are.
pub fn wrap(text: &str, indentation: &str) -> String {
    let mut out = Vec::new();
    for line in text.trim_end().lines() {
        if line.starts_with(' ') {
            out.push(format!("{indentation}{line}"));
            continue;
        }
        let mut current = String::new();
        for word in line.split(' ') {
            let wide = indentation.width() + width(&current) + 1 + width(word);
            if !current.is_empty() && wide > COLUMNS {
                out.push(format!("{indentation}{current}"));
                current.clear();
            }
            if !current.is_empty() {
                current.push(' ');
            }
            current.push_str(word);
        }
        out.push(format!("{indentation}{current}"));
    }
    out.join("\n")
}

/// Columns on a terminal, without the colours' own characters.
fn width(text: &str) -> usize {
    anstream::adapter::strip_str(text).to_string().width()
}

fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

fn cut(line: &str, columns: usize) -> String {
    let mut used = 0;
    // A student's output must not steer the terminal.
    line.chars()
        .map(|c| if c.is_control() { '·' } else { c })
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= columns
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let text = "소켓은 파일이 아니다 ".repeat(20) + &"word ".repeat(40);
        let wrapped = wrap(&text, "      ");
        assert!(
            wrapped
                .lines()
                .all(|line| width(line) <= COLUMNS && line.starts_with("      ")),
            "{wrapped}"
        );
    }

    #[test]
    fn code_keeps_its_shape() {
        assert_eq!(
            wrap("like this:\n    loop {\n    }", "  "),
            "  like this:\n      loop {\n      }"
        );
    }

    #[test]
    fn printed_lines_cannot_steer_the_terminal() {
        assert_eq!(cut("a\u{1b}[2Jb", 80), "a·[2Jb");
        assert_eq!(cut("한국어", 4), "한국");
    }
}
