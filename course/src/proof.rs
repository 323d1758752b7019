//! Runs what author check claims: that solutions pass, that starters fail, and that each known mistake is caught by name.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::catalogue::{Catalogue, Exercise, Lesson};
use crate::compile::{self, Diagnostic};
use crate::grade::{Failure, Grader, NOT_STARTED, TestRun, Until, starter_of};
use crate::overlay::Overlay;
use crate::trouble::{Result, Trouble};

/// Versions of a lesson that are built at the same time.
const SIDE_BY_SIDE: usize = 2;
/// Graders that run at the same time: many mistakes only wait for a deadline.
const RUNNERS: usize = 4;

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

/// Lesson by lesson, first builds all and then runs it: beside a compiler, graders that wait for a server would be
/// judged by chance.
///
/// # Errors
/// When the set-up is broken, and on Ctrl-C.
pub fn prove(
    catalogue: &Catalogue,
    chosen: &[&Exercise],
    mistakes: &BTreeMap<&str, Vec<Mistake>>,
) -> Result<Findings> {
    let bar = progress_bar(chosen.len() * 2 + mistakes.values().map(Vec::len).sum::<usize>());
    let overlay = Overlay::prepare(catalogue)?;
    let mut findings = Findings::default();
    for lesson in &catalogue.lessons {
        let of_lesson = |exercise: &&&Exercise| exercise.lesson == *lesson;
        let exercises: Vec<&Exercise> = chosen.iter().filter(of_lesson).copied().collect();
        if exercises.is_empty() {
            continue;
        }
        let room = catalogue.target_folder().join("course/graders");
        fs::create_dir_all(&room).map_err(Trouble::file("write", &room))?;
        bar.set_message(format!("building {}", lesson.folder_name()));
        let mut workshop = Workshop {
            catalogue,
            overlay: &overlay,
            lesson,
            exercises,
            room: &room,
            jobs: Vec::new(),
            problems: Vec::new(),
        };
        workshop.build(mistakes)?;
        let Workshop { jobs, problems, .. } = workshop;
        findings.problems.extend(problems);
        run_jobs(catalogue, jobs, &mut findings, &bar)?;
        // The room holds only what this lesson put there.
        let _ = fs::remove_dir_all(&room);
    }
    bar.finish_and_clear();
    Ok(findings)
}

fn progress_bar(runs: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos} of {len}  {msg}");
    let bar = ProgressBar::new(u64::try_from(runs).unwrap_or_default());
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Where the graders of one lesson are built.
struct Workshop<'a> {
    catalogue: &'a Catalogue,
    overlay: &'a Overlay<'a>,
    lesson: &'a Lesson,
    exercises: Vec<&'a Exercise>,
    /// For built graders.
    room: &'a Path,
    jobs: Vec<Job<'a>>,
    /// What building showed.
    problems: Vec<String>,
}

impl<'a> Workshop<'a> {
    fn build(&mut self, mistakes: &BTreeMap<&str, Vec<Mistake>>) -> Result<()> {
        self.build_solutions()?;
        let mut starters = BTreeMap::new();
        for exercise in self.catalogue.of_lesson(self.lesson) {
            // A solution whose markers are wrong has been reported already.
            if let Ok(starter) = starter_of(self.catalogue, exercise) {
                starters.insert(exercise.file_name(), starter);
            }
        }
        if self.build_starters(&starters)? {
            self.build_mistakes(&starters, mistakes)?;
        }
        Ok(())
    }

    fn build_solutions(&mut self) -> Result<()> {
        let package = self.lesson.solutions_package();
        let target = self.catalogue.target_folder();
        match compile::grader(&self.catalogue.root, &package, &target)? {
            Ok(built) => {
                let folder = self.catalogue.root.join(self.lesson.solutions());
                for exercise in self.exercises.clone() {
                    self.jobs.push(Job {
                        exercise,
                        claim: Claim::SolutionPasses,
                        binary: built.binary.clone(),
                        folder: folder.clone(),
                        module: "grade::",
                    });
                }
            }
            Err(not_built) => {
                let said = rendered(&not_built.diagnostics, &not_built.cargo);
                let folder = self.lesson.solutions();
                let problem = format!("{} does not compile:\n{said}", folder.display());
                self.problems.push(problem);
            }
        }
        Ok(())
    }

    /// Whether they compile: mistakes would fail in the same way.
    fn build_starters(&mut self, starters: &BTreeMap<String, String>) -> Result<bool> {
        let folder = self.lesson.folder();
        self.overlay.lay(self.lesson, starters)?;
        match self.overlay.build(self.lesson)? {
            Ok(built) => {
                let ours = |warning: &&Diagnostic| warning.file.starts_with(&folder);
                for warning in built.diagnostics.iter().filter(ours) {
                    self.problems.push(format!(
                        "A starter or its grader builds with a warning:\n{}",
                        warning.rendered
                    ));
                }
                let binary = self.keep(&built.binary, "starters")?;
                for exercise in self.exercises.clone() {
                    self.lay_out(exercise, Claim::StarterFails, &binary);
                }
                Ok(true)
            }
            Err(not_built) => {
                let said = rendered(&not_built.diagnostics, &not_built.cargo);
                self.problems.push(format!(
                    "The starters of {} do not compile:\n{said}",
                    folder.display()
                ));
                Ok(false)
            }
        }
    }

    /// In rounds, one mistake of each exercise at a time: their tests do not meet.
    fn build_mistakes(
        &mut self,
        starters: &BTreeMap<String, String>,
        mistakes: &BTreeMap<&str, Vec<Mistake>>,
    ) -> Result<()> {
        let mut rounds: Vec<Vec<(&'a Exercise, &Mistake)>> = Vec::new();
        for exercise in &self.exercises {
            for (round, mistake) in mistakes[exercise.name.as_str()].iter().enumerate() {
                if rounds.len() == round {
                    rounds.push(Vec::new());
                }
                rounds[round].push((exercise, mistake));
            }
        }
        for (number, rounds) in rounds.chunks_mut(SIDE_BY_SIDE).enumerate() {
            let versions: Vec<_> = rounds.iter().map(|laid| sources(starters, laid)).collect();
            let built = self.overlay.build_versions(self.lesson, &versions)?;
            let mut built = built.map(Vec::into_iter);
            for (place, laid) in rounds.iter_mut().enumerate() {
                let binary = match &mut built {
                    Some(built) => built.next(),
                    None => self.build_round(laid, starters)?,
                };
                let Some(binary) = binary else { continue };
                let binary = self.keep(&binary, &format!("mistakes-{number}-{place}"))?;
                for (exercise, mistake) in laid {
                    let claim = Claim::Caught {
                        mistake: mistake.name.clone(),
                        key: mistake.key.clone(),
                    };
                    self.lay_out(exercise, claim, &binary);
                }
            }
        }
        Ok(())
    }

    /// Without those that do not compile, which are reported.
    fn build_round(
        &mut self,
        laid: &mut Vec<(&'a Exercise, &Mistake)>,
        starters: &BTreeMap<String, String>,
    ) -> Result<Option<PathBuf>> {
        while !laid.is_empty() {
            self.overlay.lay(self.lesson, &sources(starters, laid))?;
            let not_built = match self.overlay.build(self.lesson)? {
                Ok(built) => return Ok(Some(built.binary)),
                Err(not_built) => not_built,
            };
            let before = laid.len();
            laid.retain(|(exercise, mistake)| {
                let here = |diagnostic: &&Diagnostic| {
                    let files = [exercise.file(), exercise.grader()];
                    diagnostic.is_error && files.contains(&diagnostic.file)
                };
                let error = not_built.diagnostics.iter().find(here);
                if let Some(error) = error {
                    self.problems.push(format!(
                        "{}: the mistake {} does not compile:\n{}",
                        exercise.name, mistake.name, error.rendered
                    ));
                }
                error.is_none()
            });
            if laid.len() == before {
                let said = rendered(&not_built.diagnostics, &not_built.cargo);
                let folder = self.lesson.folder();
                let problem = format!("{} does not compile:\n{said}", folder.display());
                self.problems.push(problem);
                break;
            }
        }
        Ok(None)
    }

    /// Moves a built grader out of the way of the next build.
    fn keep(&self, binary: &Path, name: &str) -> Result<PathBuf> {
        let kept = self.room.join(name);
        fs::rename(binary, &kept).map_err(Trouble::file("move", binary))?;
        Ok(kept)
    }

    /// A grader built from the overlay.
    fn lay_out(&mut self, exercise: &'a Exercise, claim: Claim, binary: &Path) {
        self.jobs.push(Job {
            exercise,
            claim,
            binary: binary.to_path_buf(),
            folder: self.overlay.package(self.lesson),
            module: "",
        });
    }
}

/// The lesson's files, with mistakes in some of them.
fn sources(
    starters: &BTreeMap<String, String>,
    laid: &[(&Exercise, &Mistake)],
) -> BTreeMap<String, String> {
    let mut sources = starters.clone();
    for (exercise, mistake) in laid {
        sources.insert(exercise.file_name(), mistake.text.clone());
    }
    sources
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

/// Runs all jobs, some of them at the same time.
fn run_jobs(
    catalogue: &Catalogue,
    jobs: Vec<Job<'_>>,
    findings: &mut Findings,
    bar: &ProgressBar,
) -> Result<()> {
    let jobs = Mutex::new(VecDeque::from(jobs));
    let findings = Mutex::new(findings);
    let work = || -> Result<()> {
        loop {
            let job = locked(&jobs).pop_front();
            let Some(job) = job else { return Ok(()) };
            bar.set_message(job.exercise.name.clone());
            let started = Instant::now();
            let outcome = run_job(catalogue, &job);
            let mut findings = locked(&findings);
            match outcome {
                Ok((row, problems)) => {
                    let sum = findings.rows.entry(job.exercise.name.clone()).or_default();
                    sum.tests += row.tests;
                    sum.caught += row.caught;
                    sum.time += started.elapsed();
                    findings.problems.extend(problems);
                }
                Err(Trouble::Interrupted) => {
                    locked(&jobs).clear();
                    return Err(Trouble::Interrupted);
                }
                Err(trouble) => {
                    let problem = format!("{}: {trouble}", job.exercise.name);
                    findings.problems.push(problem);
                }
            }
            bar.inc(1);
        }
    };
    thread::scope(|scope| {
        let runners: Vec<_> = (0..RUNNERS).map(|_| scope.spawn(work)).collect();
        for runner in runners {
            runner
                .join()
                .map_err(|_| Trouble::new("The check itself failed: please report it."))??;
        }
        Ok(())
    })
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
