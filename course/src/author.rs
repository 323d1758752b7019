//! For people who write exercises: makes the starters, and proves that every grader tells right from wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use anstream::println;

use crate::catalogue::{Catalogue, Exercise, Language, Lesson};
use crate::grade::{NOT_STARTED, starter_of};
use crate::hints;
use crate::progress;
use crate::proof::{self, Mistake};
use crate::show;
use crate::trouble::{Result, Trouble};

const FEWEST_MISTAKES: usize = 3;

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
    let mut findings = proof::prove(catalogue, &chosen, &mistakes)?;
    findings.problems.sort();
    problems.append(&mut findings.problems);
    println!(
        "{:<40} {:>5}  {:>15}  {:>8}",
        "exercise", "tests", "mistakes caught", "seconds"
    );
    for exercise in &chosen {
        let name = exercise.name.as_str();
        let row = findings.rows.remove(name).unwrap_or_default();
        let caught = format!("{} of {}", row.caught, mistakes[name].len());
        let seconds = row.time.as_secs_f64();
        println!("{name:<40} {:>5}  {caught:>15}  {seconds:>8.2}", row.tests);
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
    let mut missing = BTreeSet::new();
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
        let unknown = hints::steps(exercise, key, Language::English).is_none();
        if unknown && missing.insert(key.to_owned()) {
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

/// The text of all that can name a hint: a lesson's graders, and the peer that they talk to.
fn graders(catalogue: &Catalogue, lesson: &Lesson) -> Result<String> {
    let graders = catalogue.root.join(lesson.folder()).join("tests/grade");
    let peer = catalogue.root.join("peer/src");
    let mut text = String::new();
    for folder in [graders, peer].iter().filter(|folder| folder.is_dir()) {
        let entries = fs::read_dir(folder).map_err(Trouble::file("read", folder))?;
        for file in entries.flatten().map(|entry| entry.path()) {
            text.push_str(&fs::read_to_string(&file).map_err(Trouble::file("read", &file))?);
        }
    }
    Ok(text)
}
