//! `cargo course check`: grades one exercise, the next unsolved one, or all, and remembers the outcome.

use serde_json::json;

use crate::catalogue::{Catalogue, Exercise, Language};
use crate::grade::{self, Verdict};
use crate::progress::{self, Progress};
use crate::show;
use crate::trouble::{Result, Trouble};

/// Grades one exercise, remembers and shows the verdict; true when it passed.
///
/// # Errors
/// When the set-up is broken.
pub fn one(catalogue: &Catalogue, exercise: &Exercise, language: Language) -> Result<bool> {
    let verdict = grade(catalogue, exercise)?;
    let next = next_unsolved(catalogue, &Progress::load(&catalogue.root)?, Some(exercise));
    show::verdict(catalogue, exercise, &verdict, next, language);
    Ok(passed(&verdict))
}

/// As `one`, for another program to read.
///
/// # Errors
/// As `one`.
pub fn as_json(catalogue: &Catalogue, exercises: &[&Exercise]) -> Result<bool> {
    let mut all_passed = true;
    let mut values = Vec::new();
    for exercise in exercises {
        match grade(catalogue, exercise) {
            Ok(verdict) => {
                all_passed &= passed(&verdict);
                values.push(show::verdict_json(exercise, &verdict));
            }
            Err(Trouble::Sentence(sentence)) if exercises.len() > 1 => {
                all_passed = false;
                values.push(json!({ "exercise": exercise.name, "outcome": "not graded", "reason": sentence }));
            }
            Err(trouble) => return Err(trouble),
        }
    }
    println!("{:#}", json!({ "exercises": values }));
    Ok(all_passed)
}

/// Every exercise, with a table at the end of the work.
///
/// # Errors
/// When nothing could be graded.
pub fn all(catalogue: &Catalogue) -> Result<bool> {
    let mut rows = Vec::new();
    let mut reasons = Vec::new();
    for exercise in &catalogue.exercises {
        rows.push((
            exercise,
            match grade(catalogue, exercise) {
                Ok(verdict) => Ok(verdict),
                Err(Trouble::Sentence(sentence)) => {
                    reasons.push(sentence.clone());
                    Err(sentence)
                }
                Err(trouble) => return Err(trouble),
            },
        ));
    }
    show::table(&rows);
    reasons.dedup();
    if !reasons.is_empty() {
        return Err(Trouble::new(reasons.join("\n\n")));
    }
    println!();
    show::progress_bar(catalogue, &Progress::load(&catalogue.root)?);
    Ok(rows
        .iter()
        .all(|(_, verdict)| verdict.as_ref().is_ok_and(passed)))
}

/// The first unsolved exercise after this one, or else from the beginning.
pub fn next_unsolved<'a>(
    catalogue: &'a Catalogue,
    progress: &Progress,
    after: Option<&Exercise>,
) -> Option<&'a Exercise> {
    let all = &catalogue.exercises;
    let here = after.and_then(|this| all.iter().position(|exercise| exercise.name == this.name));
    let begin = here.map_or(0, |index| index + 1);
    all[begin..]
        .iter()
        .chain(&all[..begin])
        .find(|exercise| !progress.is_solved(&exercise.name))
}

fn passed(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Graded(graded) if graded.passed())
}

fn grade(catalogue: &Catalogue, exercise: &Exercise) -> Result<Verdict> {
    let verdict = grade::check(catalogue, exercise)?;
    let Verdict::Graded(graded) = &verdict else {
        return Ok(verdict);
    };
    let failure = graded
        .first_failure()
        .map(|(_, failure)| failure.key.clone());
    let known = Progress::load(&catalogue.root)?.of(&exercise.name);
    let newly_solved = failure.is_none() && known.solved.is_none();
    if newly_solved || known.last_failure != failure {
        progress::update(&catalogue.root, &exercise.name, |state| {
            if newly_solved {
                state.solved = Some(progress::now());
            }
            state.last_failure = failure;
        })?;
    }
    Ok(verdict)
}
