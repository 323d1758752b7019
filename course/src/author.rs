//! For people who write exercises: makes the starters, and proves that every grader tells right from wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use anstream::println;
use indicatif::{ProgressBar, ProgressStyle};

use crate::catalogue::{Catalogue, Exercise, Lesson};
use crate::compile::{self, Diagnostic};
use crate::grade::{Failure, Grader, NOT_STARTED, TestRun, Until, starter_of};
use crate::hints;
use crate::overlay::Overlay;
use crate::progress;
use crate::show;
use crate::trouble::{Result, Trouble};

const FEWEST_MISTAKES: usize = 3;
/// Built graders that wait for their run while the next one is built.
const AHEAD: usize = 1;

/// Writes every starter that differs from what its solution gives.
///
/// # Errors
/// When a solution's markers are wrong or a file cannot be written.
pub fn starters(catalogue: &Catalogue) -> Result<()> {
    let mut written = 0;
    for exercise in &catalogue.exercises {
        let new = starter_of(catalogue, exercise)?;
        if let Replaced::Written { backup } = replace_with(catalogue, exercise, &new)? {
            written += 1;
            let kept = backup.map(|copy| format!(" (the old file is kept as {})", copy.display()));
            println!(
                "wrote {}{}",
                exercise.file().display(),
                kept.unwrap_or_default()
            );
        }
    }
    if written == 0 {
        println!("All {} starters are up to date.", catalogue.exercises.len());
    }
    Ok(())
}

pub enum Replaced {
    AlreadySo,
    Written { backup: Option<PathBuf> },
}

/// Puts a text in place of the student's file, never without a copy of what was there.
///
/// # Errors
/// When a file cannot be written.
pub fn replace_with(catalogue: &Catalogue, exercise: &Exercise, text: &str) -> Result<Replaced> {
    let file = catalogue.root.join(exercise.file());
    let old = fs::read(&file)
        .ok()
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    if old.as_deref() == Some(text) {
        return Ok(Replaced::AlreadySo);
    }
    let backup = old
        .map(|old| progress::back_up(&catalogue.root, &exercise.name, &old))
        .transpose()?;
    fs::write(&file, text).map_err(Trouble::file("write", &file))?;
    Ok(Replaced::Written { backup })
}

/// A wrong answer that the grader must catch.
struct Mistake {
    /// WHAT_IS_WRONG
    name: String,
    /// The hint that must come.
    key: String,
    text: String,
}

/// What a run is to prove.
enum Claim {
    SolutionPasses,
    StarterFails,
    Caught { mistake: String, key: String },
}

/// A built grader that waits for its run.
struct Job<'a> {
    exercise: &'a Exercise,
    claim: Claim,
    binary: PathBuf,
    folder: PathBuf,
    /// What stands before a test's name in that binary.
    module: &'static str,
}

/// What is known of one exercise at the end.
#[derive(Default)]
struct Row {
    tests: usize,
    mistakes: usize,
    caught: usize,
    time: Duration,
}

/// Checks every exercise, or one; true when all is well.
///
/// # Errors
/// When the set-up is broken.
pub fn check(catalogue: &Catalogue, only: Option<&Exercise>) -> Result<bool> {
    let started = Instant::now();
    let chosen: Vec<&Exercise> = catalogue
        .exercises
        .iter()
        .filter(|exercise| only.is_none_or(|only| only.name == exercise.name))
        .collect();
    let mut problems = Vec::new();
    if only.is_none() {
        problems.extend(house(catalogue));
    }
    let mut mistakes = BTreeMap::new();
    for exercise in &chosen {
        mistakes.insert(
            exercise.name.as_str(),
            read(catalogue, exercise, &mut problems)?,
        );
    }
    let runs = chosen.len() * 2 + mistakes.values().map(Vec::len).sum::<usize>();
    let bar = progress_bar(runs);
    let room = catalogue.target_folder().join("course/graders");
    fs::create_dir_all(&room).map_err(Trouble::file("write", &room))?;
    // One thread runs what the other has built.
    let (send, receive) = mpsc::sync_channel(AHEAD);
    let (built, ran) = thread::scope(|scope| {
        let runner = scope.spawn(|| run_jobs(catalogue, receive, &bar));
        let built = build_jobs(catalogue, &chosen, &mistakes, &room, |job| {
            // The runner has left with its own error when nobody receives.
            send.send(job).map_err(|_| Trouble::Interrupted)
        });
        drop(send);
        (built, runner.join())
    });
    bar.finish_and_clear();
    // The room holds only what this run put there.
    let _ = fs::remove_dir_all(&room);
    let (mut rows, found) =
        ran.map_err(|_| Trouble::new("The check itself failed: please report it."))??;
    problems.extend(built?);
    problems.extend(found);
    for exercise in &chosen {
        rows.entry(&exercise.name).or_default().mistakes = mistakes[exercise.name.as_str()].len();
    }
    println!(
        "{:<40} {:>5}  {:>15}  {:>8}",
        "exercise", "tests", "mistakes caught", "seconds"
    );
    for exercise in &chosen {
        let row = &rows[exercise.name.as_str()];
        let caught = format!("{} of {}", row.caught, row.mistakes);
        println!(
            "{:<40} {:>5}  {caught:>15}  {:>8.2}",
            exercise.name,
            row.tests,
            row.time.as_secs_f64()
        );
    }
    println!();
    for problem in &problems {
        println!("{}", show::wrap(problem, "").trim_end());
        println!();
    }
    let count = match problems.len() {
        0 => "All is well".to_owned(),
        1 => "One problem".to_owned(),
        n => format!("{n} problems"),
    };
    println!(
        "{count}: {} exercises in {}.",
        chosen.len(),
        show::seconds(started.elapsed())
    );
    Ok(problems.is_empty())
}

fn progress_bar(runs: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos} of {len}  {msg}");
    let bar = ProgressBar::new(u64::try_from(runs).unwrap_or_default());
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// What concerns no single exercise.
fn house(catalogue: &Catalogue) -> Vec<String> {
    let mut problems = Vec::new();
    for lesson in &catalogue.lessons {
        if catalogue.of_lesson(lesson).next().is_none() {
            problems.push(format!(
                "{} lists no exercise: write its exercises.toml.",
                lesson.folder().display()
            ));
        }
    }
    let mut names = BTreeSet::new();
    for exercise in &catalogue.exercises {
        if !names.insert(&exercise.name) {
            problems.push(format!(
                "{} is the name of two exercises: rename one.",
                exercise.name
            ));
        }
    }
    problems
}

/// Checks what can be known without running anything, and reads the known mistakes.
fn read(
    catalogue: &Catalogue,
    exercise: &Exercise,
    problems: &mut Vec<String>,
) -> Result<Vec<Mistake>> {
    let name = &exercise.name;
    let mut wrong = |what: String| problems.push(format!("{name}: {what}"));
    if exercise.title.en.trim().is_empty() || exercise.title.ko.trim().is_empty() {
        wrong("needs a title in both languages.".to_owned());
    }
    if !(1..=3).contains(&exercise.difficulty) || exercise.minutes == 0 {
        wrong("needs a difficulty from 1 to 3 and its minutes.".to_owned());
    }
    match starter_of(catalogue, exercise) {
        Err(trouble) => wrong(trouble.to_string()),
        Ok(starter) => {
            let file = catalogue.root.join(exercise.file());
            if fs::read_to_string(file).ok().as_deref() != Some(starter.as_str()) {
                let file = exercise.file();
                wrong(format!(
                    "{} is stale: run `cargo course author starters`.",
                    file.display()
                ));
            }
        }
    }
    let graders = graders(catalogue, &exercise.lesson)?;
    if exercise.hint(NOT_STARTED).is_none() {
        wrong(format!("has no hint with the key \"{NOT_STARTED}\"."));
    }
    let general = hints::general();
    for hint in &exercise.hints {
        let key = &hint.key;
        let complete = |steps: &[String]| {
            steps.len() == hints::STEPS && steps.iter().all(|step| !step.trim().is_empty())
        };
        if !complete(&hint.steps.en) || !complete(&hint.steps.ko) {
            wrong(format!(
                "the hint \"{key}\" needs {} steps in each language.",
                hints::STEPS
            ));
        }
        let known = key == NOT_STARTED || general.iter().any(|hint| hint.key == *key);
        if !known && !graders.contains(&format!("\"{key}\"")) {
            wrong(format!("the hint \"{key}\" is dead: no grader names it."));
        }
    }
    let folder = catalogue.root.join(exercise.mistakes());
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "rs"));
    files.sort();
    let mut mistakes = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).map_err(Trouble::file("read", &file))?;
        let stem = file
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let Some(key) = text
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("//! hint: "))
            .map(str::trim)
        else {
            wrong(format!(
                "the mistake {stem} must begin with `//! hint: KEY`."
            ));
            continue;
        };
        if hints::steps(exercise, key, crate::catalogue::Language::English).is_none() {
            wrong(format!(
                "the mistake {stem} names the hint \"{key}\", which exercises.toml does not have."
            ));
        }
        let key = key.to_owned();
        mistakes.push(Mistake {
            name: stem,
            key,
            text,
        });
    }
    if mistakes.len() < FEWEST_MISTAKES {
        wrong(format!(
            "has {} known mistakes; {FEWEST_MISTAKES} are the least.",
            mistakes.len()
        ));
    }
    Ok(mistakes)
}

/// The text of all grader files of a lesson.
fn graders(catalogue: &Catalogue, lesson: &Lesson) -> Result<String> {
    let folder = catalogue.root.join(lesson.folder()).join("tests/grade");
    let entries = fs::read_dir(&folder).map_err(Trouble::file("read", &folder))?;
    let mut text = String::new();
    for entry in entries.flatten() {
        text.push_str(
            &fs::read_to_string(entry.path()).map_err(Trouble::file("read", &entry.path()))?,
        );
    }
    Ok(text)
}

/// Builds solutions, starters and mistakes of every lesson and hands each grader on; returns the problems that building
/// showed. Mistakes are built in rounds, one of each exercise of the lesson at a time: their tests do not meet.
fn build_jobs<'a>(
    catalogue: &Catalogue,
    chosen: &[&'a Exercise],
    mistakes: &BTreeMap<&str, Vec<Mistake>>,
    room: &Path,
    mut hand_on: impl FnMut(Job<'a>) -> Result<()>,
) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    let overlay = Overlay::prepare(catalogue)?;
    for lesson in &catalogue.lessons {
        let exercises: Vec<&Exercise> = chosen
            .iter()
            .copied()
            .filter(|exercise| exercise.lesson == *lesson)
            .collect();
        if exercises.is_empty() {
            continue;
        }
        match compile::grader(
            &catalogue.root,
            &lesson.solutions_package(),
            &catalogue.target_folder(),
        )? {
            Ok(built) => {
                let folder = catalogue.root.join(lesson.solutions());
                for exercise in &exercises {
                    let (binary, folder) = (built.binary.clone(), folder.clone());
                    hand_on(Job {
                        exercise,
                        claim: Claim::SolutionPasses,
                        binary,
                        folder,
                        module: "grade::",
                    })?;
                }
            }
            Err(not_built) => problems.push(format!(
                "{} does not compile:\n{}",
                lesson.solutions().display(),
                rendered(&not_built.diagnostics, &not_built.cargo)
            )),
        }
        let mut starters = BTreeMap::new();
        for exercise in catalogue.of_lesson(lesson) {
            // A solution whose markers are wrong has been reported already.
            if let Ok(starter) = starter_of(catalogue, exercise) {
                starters.insert(exercise.file_name(), starter);
            }
        }
        overlay.lay(lesson, &starters)?;
        match overlay.build(lesson)? {
            Ok(built) => {
                for warning in &built.diagnostics {
                    if warning.file.starts_with(lesson.folder()) {
                        problems.push(format!(
                            "A starter or its grader builds with a warning:\n{}",
                            warning.rendered
                        ));
                    }
                }
                let binary = keep(
                    &built.binary,
                    room,
                    &format!("{}-starters", lesson.folder_name()),
                )?;
                for exercise in &exercises {
                    let (binary, folder) = (binary.clone(), overlay.package(lesson));
                    hand_on(Job {
                        exercise,
                        claim: Claim::StarterFails,
                        binary,
                        folder,
                        module: "",
                    })?;
                }
            }
            Err(not_built) => {
                let said = rendered(&not_built.diagnostics, &not_built.cargo);
                problems.push(format!(
                    "The starters of {} do not compile:\n{said}",
                    lesson.folder().display()
                ));
                // Mistakes would fail in the same way.
                continue;
            }
        }
        let rounds = exercises
            .iter()
            .map(|exercise| mistakes[exercise.name.as_str()].len())
            .max()
            .unwrap_or(0);
        for round in 0..rounds {
            let mut laid: Vec<(&'a Exercise, &Mistake)> = exercises
                .iter()
                .filter_map(|exercise| {
                    Some((*exercise, mistakes[exercise.name.as_str()].get(round)?))
                })
                .collect();
            while !laid.is_empty() {
                let mut sources = starters.clone();
                sources.extend(
                    laid.iter()
                        .map(|(exercise, mistake)| (exercise.file_name(), mistake.text.clone())),
                );
                overlay.lay(lesson, &sources)?;
                match overlay.build(lesson)? {
                    Ok(built) => {
                        let binary = keep(
                            &built.binary,
                            room,
                            &format!("{}-{round}", lesson.folder_name()),
                        )?;
                        for (exercise, mistake) in laid {
                            let claim = Claim::Caught {
                                mistake: mistake.name.clone(),
                                key: mistake.key.clone(),
                            };
                            let (binary, folder) = (binary.clone(), overlay.package(lesson));
                            hand_on(Job {
                                exercise,
                                claim,
                                binary,
                                folder,
                                module: "",
                            })?;
                        }
                        break;
                    }
                    Err(not_built) => {
                        let before = laid.len();
                        laid.retain(|(exercise, mistake)| {
                            let here = |diagnostic: &&Diagnostic| {
                                diagnostic.is_error
                                    && (diagnostic.file == exercise.file()
                                        || diagnostic.file == exercise.grader())
                            };
                            let error = not_built.diagnostics.iter().find(here);
                            if let Some(error) = error {
                                problems.push(format!(
                                    "{}: the mistake {} does not compile:\n{}",
                                    exercise.name, mistake.name, error.rendered
                                ));
                            }
                            error.is_none()
                        });
                        if laid.len() == before {
                            let said = rendered(&not_built.diagnostics, &not_built.cargo);
                            problems.push(format!(
                                "{} does not compile:\n{said}",
                                lesson.folder().display()
                            ));
                            break;
                        }
                    }
                }
            }
        }
    }
    Ok(problems)
}

fn rendered(diagnostics: &[Diagnostic], cargo: &str) -> String {
    let errors: Vec<&str> = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.is_error)
        .map(|error| error.rendered.as_str())
        .collect();
    if errors.is_empty() {
        cargo.to_owned()
    } else {
        errors.join("\n")
    }
}

/// Moves a built grader out of the way of the next build.
fn keep(binary: &Path, room: &Path, name: &str) -> Result<PathBuf> {
    let kept = room.join(name);
    fs::rename(binary, &kept).map_err(Trouble::file("move", binary))?;
    Ok(kept)
}

type Rows<'a> = BTreeMap<&'a str, Row>;

fn run_jobs<'a>(
    catalogue: &Catalogue,
    jobs: Receiver<Job<'a>>,
    bar: &ProgressBar,
) -> Result<(Rows<'a>, Vec<String>)> {
    let mut rows = Rows::new();
    let mut problems = Vec::new();
    for job in jobs {
        let started = Instant::now();
        let name = job.exercise.name.as_str();
        bar.set_message(name.to_owned());
        let row = rows.entry(name).or_default();
        let grader = match Grader::new(
            catalogue,
            job.exercise,
            &job.binary,
            &job.folder,
            job.module,
        ) {
            Ok(grader) => grader,
            Err(Trouble::Interrupted) => return Err(Trouble::Interrupted),
            Err(trouble) => {
                problems.push(format!("{name}: {trouble}"));
                continue;
            }
        };
        match job.claim {
            Claim::SolutionPasses => {
                row.tests = grader.len();
                for (test, failure) in failures(&grader.run(Until::End)?) {
                    problems.push(format!("{name}: the solution fails {}:\n{}", test.name, told(failure)));
                }
            }
            Claim::StarterFails => {
                for test in grader.run(Until::End)? {
                    match &test.failure {
                        None => problems.push(format!("{name}: the starter passes {}.", test.name)),
                        Some(failure) if failure.key != NOT_STARTED => problems.push(format!(
                            "{name}: the starter fails {} for another reason than \"{NOT_STARTED}\":\n{}",
                            test.name,
                            told(failure)
                        )),
                        Some(_) => {}
                    }
                }
            }
            Claim::Caught { mistake, key } => match failures(&grader.run(Until::FirstFailure)?).next() {
                None => problems.push(format!("{name}: the mistake {mistake} passes every test.")),
                Some((_, failure)) if failure.key == key => row.caught += 1,
                Some((test, failure)) => problems.push(format!(
                    "{name}: the mistake {mistake} should be caught with \"{key}\"; first {} said:\n{}",
                    test.name,
                    told(failure)
                )),
            },
        }
        row.time += started.elapsed();
        bar.inc(1);
    }
    Ok((rows, problems))
}

fn failures(tests: &[TestRun]) -> impl Iterator<Item = (&TestRun, &Failure)> {
    tests
        .iter()
        .filter_map(|test| Some((test, test.failure.as_ref()?)))
}

fn told(failure: &Failure) -> String {
    format!("  \"{}\": {}", failure.key, failure.sentence)
}
