//! Runs what author check claims: that solutions pass, that starters fail, and that each known mistake is caught by name.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::catalogue::{Catalogue, Exercise};
use crate::compile::{self, Diagnostic};
use crate::grade::{Failure, Grader, NOT_STARTED, TestRun, Until, starter_of};
use crate::overlay::Overlay;
use crate::trouble::{Result, Trouble};

/// Built graders that wait for their run while the next one is built.
const AHEAD: usize = 4;
/// Graders that run at the same time: many mistakes only wait for a deadline.
const RUNNERS: usize = 2;

/// A wrong answer that the grader must catch.
pub struct Mistake {
    /// WHAT_IS_WRONG
    pub name: String,
    /// The hint that must come.
    pub key: String,
    pub text: String,
}

/// What came out.
#[derive(Default)]
pub struct Findings {
    /// By exercise.
    pub rows: BTreeMap<String, Row>,
    pub problems: Vec<String>,
}

/// What is known of one exercise at the end.
#[derive(Default)]
pub struct Row {
    pub tests: usize,
    pub caught: usize,
    /// All its runs together.
    pub time: Duration,
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

/// Builds in this thread and runs in others.
///
/// # Errors
/// When the set-up is broken, and on Ctrl-C.
pub fn prove(
    catalogue: &Catalogue,
    chosen: &[&Exercise],
    mistakes: &BTreeMap<&str, Vec<Mistake>>,
) -> Result<Findings> {
    let bar = progress_bar(chosen.len() * 2 + mistakes.values().map(Vec::len).sum::<usize>());
    let room = catalogue.target_folder().join("course/graders");
    fs::create_dir_all(&room).map_err(Trouble::file("write", &room))?;
    let findings = Mutex::new(Findings::default());
    let (send, receive) = mpsc::sync_channel(AHEAD);
    let receive = Mutex::new(receive);
    let (built, ran) = thread::scope(|scope| {
        let work = || run_jobs(catalogue, &receive, &findings, &bar);
        let runners: Vec<_> = (0..RUNNERS).map(|_| scope.spawn(work)).collect();
        let built = build_jobs(catalogue, chosen, mistakes, &room, |job| {
            // The receiver lives as long as this scope.
            send.send(job).map_err(|_| Trouble::Interrupted)
        });
        drop(send);
        let ran: Vec<_> = runners.into_iter().map(|runner| runner.join()).collect();
        (built, ran)
    });
    bar.finish_and_clear();
    // The room holds only what this run put there.
    let _ = fs::remove_dir_all(&room);
    for runner in ran {
        runner.map_err(|_| Trouble::new("The check itself failed: please report it."))??;
    }
    let mut findings = findings
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    findings.problems.extend(built?);
    Ok(findings)
}

fn progress_bar(runs: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos} of {len}  {msg}");
    let bar = ProgressBar::new(u64::try_from(runs).unwrap_or_default());
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
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

/// Takes jobs until there are no more. After Ctrl-C the others are still taken, unrun, so that the builder is not kept
/// waiting for room.
fn run_jobs(
    catalogue: &Catalogue,
    jobs: &Mutex<Receiver<Job<'_>>>,
    findings: &Mutex<Findings>,
    bar: &ProgressBar,
) -> Result<()> {
    let mut outcome = Ok(());
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return outcome };
        if outcome.is_err() {
            continue;
        }
        bar.set_message(job.exercise.name.clone());
        let started = Instant::now();
        match run_job(catalogue, &job) {
            Ok((mut row, problems)) => {
                row.time = started.elapsed();
                let mut findings = findings.lock().unwrap_or_else(PoisonError::into_inner);
                let sum = findings.rows.entry(job.exercise.name.clone()).or_default();
                sum.tests += row.tests;
                sum.caught += row.caught;
                sum.time += row.time;
                findings.problems.extend(problems);
            }
            Err(Trouble::Interrupted) => outcome = Err(Trouble::Interrupted),
            Err(trouble) => {
                let problem = format!("{}: {trouble}", job.exercise.name);
                let mut findings = findings.lock().unwrap_or_else(PoisonError::into_inner);
                findings.problems.push(problem);
            }
        }
        bar.inc(1);
    }
}

fn run_job(catalogue: &Catalogue, job: &Job<'_>) -> Result<(Row, Vec<String>)> {
    let name = job.exercise.name.as_str();
    let mut row = Row::default();
    let mut problems = Vec::new();
    let grader = Grader::new(
        catalogue,
        job.exercise,
        &job.binary,
        &job.folder,
        job.module,
    )?;
    match &job.claim {
        Claim::SolutionPasses => {
            row.tests = grader.len();
            for (test, failure) in failures(&grader.run(Until::End)?) {
                problems.push(format!(
                    "{name}: the solution fails {}:\n{}",
                    test.name,
                    told(failure)
                ));
            }
        }
        Claim::StarterFails => {
            for test in grader.run(Until::End)? {
                match test.failure() {
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
            Some((_, failure)) if failure.key == *key => row.caught += 1,
            Some((test, failure)) => problems.push(format!(
                "{name}: the mistake {mistake} should be caught with \"{key}\"; first {} said:\n{}",
                test.name,
                told(failure)
            )),
        },
    }
    Ok((row, problems))
}

fn failures(tests: &[TestRun]) -> impl Iterator<Item = (&TestRun, &Failure)> {
    tests
        .iter()
        .filter_map(|test| Some((test, test.failure()?)))
}

fn told(failure: &Failure) -> String {
    format!("  \"{}\": {}", failure.key, failure.sentence)
}
