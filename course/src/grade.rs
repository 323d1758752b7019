//! Grades one exercise: builds its grader, runs every test in a process of its own, and judges what each left behind.
//!
//! A test reports through a file (`COURSE_REPORT`) that the grader's peer writes. Neither the exit code nor anything
//! printed is believed: an answer that calls `process::exit(0)` leaves no report, and that is a verdict too.

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::catalogue::{Catalogue, Exercise};
use crate::compile::{self, Diagnostic, NotBuilt};
use crate::overlay::Overlay;
use crate::process::{self, Ended, Limits, how_it_ended};
use crate::starter::starter;
use crate::trouble::{Result, Trouble};

/// Tests of one exercise that run at the same time, for each core. They mostly wait for the network; but more loops that
/// never end than this, and none gets enough of the processor to be recognised as one.
const TESTS_AT_ONCE: usize = 2;
/// After this, and once a test has failed, no further test is begun while a student waits.
const TIME_FOR_THE_REST: Duration = Duration::from_secs(1);
/// A test's own deadline is at most 5 s; one that is still there a second later is ended from outside.
const OVERRUN: Duration = Duration::from_secs(6);
const LIST_LIMIT: Duration = Duration::from_secs(5);
/// Of what an answer prints.
const OUTPUT_KEPT: usize = 64 << 10;

/// The hint key of an answer that ended the whole process.
const ENDED_THE_PROCESS: &str = "ended-the-process";
/// The hint key of a test that stopped without a verdict.
const GRADER_FAILED: &str = "grader-failed";
/// The exit code of a test binary that ran to its end and failed.
const TEST_FAILED: i32 = 101;
/// The hint key of a test that had to be killed.
const OVERRAN: &str = "overran";
/// The hint key of code that still says `todo!`.
pub const NOT_STARTED: &str = "not-started";

pub enum Verdict {
    Graded(Graded),
    /// What the compiler says about the student's own file.
    NotCompiled {
        errors: Vec<String>,
        /// The file is right in itself, but the grader can no longer call it.
        signature: bool,
    },
}

pub struct Graded {
    /// In the order of the grader's source.
    pub tests: Vec<TestRun>,
    /// Files of other exercises that do not compile; their starters stood in for them.
    pub set_aside: Vec<PathBuf>,
}

impl Graded {
    pub fn passed(&self) -> bool {
        self.tests
            .iter()
            .all(|test| matches!(test.outcome, Outcome::Passed))
    }

    /// The code still says `todo!`.
    pub fn not_started(&self) -> bool {
        self.first_failure()
            .is_some_and(|(_, failure)| failure.key == NOT_STARTED)
    }

    pub fn first_failure(&self) -> Option<(&TestRun, &Failure)> {
        self.tests
            .iter()
            .find_map(|test| Some((test, test.failure()?)))
    }
}

pub struct TestRun {
    /// Without the exercise in front.
    pub name: String,
    pub elapsed: Duration,
    pub outcome: Outcome,
    /// What the student's code printed.
    pub printed: String,
    /// It first failed without a clear reason and was run once more, alone.
    pub again: bool,
}

impl TestRun {
    fn not_run(name: &str) -> TestRun {
        TestRun {
            name: name.to_owned(),
            elapsed: Duration::ZERO,
            outcome: Outcome::NotRun,
            printed: String::new(),
            again: false,
        }
    }

    pub fn failure(&self) -> Option<&Failure> {
        match &self.outcome {
            Outcome::Failed(failure) => Some(failure),
            Outcome::Passed | Outcome::NotRun => None,
        }
    }

    fn is_unclear(&self) -> bool {
        self.failure().is_some_and(|failure| failure.unclear)
    }
}

pub enum Outcome {
    Passed,
    Failed(Failure),
    /// A test before it failed, and there was no time left.
    NotRun,
}

/// What a grader's peer writes about a failed test.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct Failure {
    pub key: String,
    pub sentence: String,
    pub ladder: String,
    pub bytes: String,
    pub unclear: bool,
    pub seed: u64,
}

impl Default for Failure {
    fn default() -> Self {
        Failure {
            key: String::new(),
            sentence: "The test failed, and its report gives no reason.".to_owned(),
            ladder: String::new(),
            bytes: String::new(),
            unclear: false,
            seed: 0,
        }
    }
}

#[derive(Deserialize)]
struct Report {
    outcome: String,
    #[serde(flatten)]
    failure: Failure,
}

/// Grades the student's file.
///
/// # Errors
/// When the set-up is broken; a wrong answer is a verdict.
pub fn check(catalogue: &Catalogue, exercise: &Exercise) -> Result<Verdict> {
    let root = &catalogue.root;
    let package = exercise.lesson.package();
    let not_built = match compile::grader(root, &package, &catalogue.target_folder())? {
        Ok(built) => {
            let folder = root.join(exercise.lesson.folder());
            let tests = Grader::new(catalogue, exercise, &built.binary, &folder, "")?
                .run(Until::WorthWaiting)?;
            return Ok(Verdict::Graded(Graded {
                tests,
                set_aside: Vec::new(),
            }));
        }
        Err(not_built) => not_built,
    };
    check_beside_broken(catalogue, exercise, not_built)
}

/// The package does not compile. If that is another exercise's fault, this one is graded with starters in place of the
/// broken files.
fn check_beside_broken(
    catalogue: &Catalogue,
    exercise: &Exercise,
    mut not_built: NotBuilt,
) -> Result<Verdict> {
    let overlay = Overlay::prepare(catalogue)?;
    let mut instead = BTreeMap::new();
    let mut set_aside = Vec::new();
    loop {
        if let Some(verdict) = own_errors(exercise, &not_built) {
            return Ok(verdict);
        }
        let broken = catalogue.of_lesson(&exercise.lesson).find(|other| {
            !set_aside.contains(&other.file())
                && (has_error(&not_built, &other.file()) || has_error(&not_built, &other.grader()))
        });
        let Some(broken) = broken else {
            return Err(broken_set_up(exercise, not_built));
        };
        set_aside.push(broken.file());
        instead.insert(broken.file_name(), starter_of(catalogue, broken)?);
        overlay.lay(&exercise.lesson, &instead)?;
        match overlay.build(&exercise.lesson)? {
            Ok(built) => {
                let folder = overlay.package(&exercise.lesson);
                let tests = Grader::new(catalogue, exercise, &built.binary, &folder, "")?
                    .run(Until::WorthWaiting)?;
                return Ok(Verdict::Graded(Graded { tests, set_aside }));
            }
            Err(still) => not_built = still,
        }
    }
}

fn own_errors(exercise: &Exercise, not_built: &NotBuilt) -> Option<Verdict> {
    for (file, signature) in [(exercise.file(), false), (exercise.grader(), true)] {
        let errors: Vec<String> = errors_in(not_built, &file)
            .map(|error| error.rendered.clone())
            .collect();
        if !errors.is_empty() {
            return Some(Verdict::NotCompiled { errors, signature });
        }
    }
    None
}

fn errors_in<'a>(not_built: &'a NotBuilt, file: &'a Path) -> impl Iterator<Item = &'a Diagnostic> {
    not_built
        .diagnostics
        .iter()
        .filter(move |diagnostic| diagnostic.is_error && diagnostic.file == file)
}

fn has_error(not_built: &NotBuilt, file: &Path) -> bool {
    errors_in(not_built, file).next().is_some()
}

fn broken_set_up(exercise: &Exercise, not_built: NotBuilt) -> Trouble {
    let errors: Vec<String> = not_built
        .diagnostics
        .into_iter()
        .filter(|diagnostic| diagnostic.is_error)
        .map(|error| error.rendered)
        .collect();
    if errors.is_empty() {
        return Trouble::new(format!(
            "cargo could not build the exercise. It says:\n\n{}\nWithout a network, connect once so that cargo can \
             fetch what is missing.",
            not_built.cargo
        ));
    }
    Trouble::new(format!(
        "{}\nSomething outside the exercises' own files does not compile. `git diff {}` shows what changed there.",
        errors.join("\n").trim_end(),
        exercise.lesson.folder().display()
    ))
}

/// # Errors
/// When the solution cannot be read or its markers are wrong.
pub fn starter_of(catalogue: &Catalogue, exercise: &Exercise) -> Result<String> {
    let file = exercise.solution();
    let path = catalogue.root.join(&file);
    let solution = fs::read_to_string(&path).map_err(Trouble::file("read", &path))?;
    starter(&solution, &file).map_err(Trouble::new)
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Until {
    End,
    /// Once a test has failed, `TIME_FOR_THE_REST` is all that the others get to begin.
    WorthWaiting,
    /// What still runs when it is known which test fails first is called off.
    FirstFailure,
}

/// A built grader and the tests of one exercise in it.
pub struct Grader {
    binary: PathBuf,
    /// Where cargo would run it.
    folder: PathBuf,
    /// What stands before a test's name: `echo_until_eof::` or `grade::echo_until_eof::`.
    prefix: String,
    /// Without the prefix, in the order of the source.
    tests: Vec<String>,
}

impl Grader {
    /// Lists the tests. `module` is what the binary calls the graders' parent: empty, or `grade::`.
    ///
    /// # Errors
    /// When the binary cannot be run or has no test for the exercise.
    pub fn new(
        catalogue: &Catalogue,
        exercise: &Exercise,
        binary: &Path,
        folder: &Path,
        module: &str,
    ) -> Result<Self> {
        let source_file = catalogue.root.join(exercise.grader());
        let source =
            fs::read_to_string(&source_file).map_err(Trouble::file("read", &source_file))?;
        let mut list = Command::new(binary);
        list.args(["--list", "--format", "terse"])
            .current_dir(folder);
        let limits = Limits {
            time: LIST_LIMIT,
            kept: 1 << 20,
            called_off: &AtomicBool::new(false),
        };
        let listed = process::run(&mut list, &limits)?.stdout;
        let prefix = format!("{module}{}::", exercise.name);
        let names = listed
            .lines()
            .filter_map(|line| line.strip_suffix(": test")?.strip_prefix(&prefix));
        let mut tests: Vec<String> = names.map(str::to_owned).collect();
        let position = |name: &String| {
            let name = name.rsplit("::").next().unwrap_or(name);
            source.find(&format!("fn {name}(")).unwrap_or(usize::MAX)
        };
        tests.sort_by_key(position);
        if tests.is_empty() {
            return Err(Trouble::new(format!(
                "{} has no test for {}: is it listed as `mod {};` in its main.rs?",
                exercise.grader().display(),
                exercise.name,
                exercise.name
            )));
        }
        Ok(Grader {
            binary: binary.to_path_buf(),
            folder: folder.to_path_buf(),
            prefix,
            tests,
        })
    }

    /// How many tests there are.
    pub fn len(&self) -> usize {
        self.tests.len()
    }

    /// Runs the tests, each in a process of its own, several at once. A first failure without a clear reason is run once
    /// more, alone.
    ///
    /// # Errors
    /// When a test cannot be started, and on Ctrl-C.
    pub fn run(&self, until: Until) -> Result<Vec<TestRun>> {
        let reports = tempfile::tempdir().map_err(|error| {
            Trouble::new(format!(
                "No temporary folder can be made ({error}): is there room on the disk?"
            ))
        })?;
        let mut runs: Vec<TestRun> = self
            .tests
            .iter()
            .map(|name| TestRun::not_run(name))
            .collect();
        loop {
            self.run_open(&mut runs, until, reports.path())?;
            let failed = runs.iter().position(|run| run.failure().is_some());
            let Some(index) = failed.filter(|index| runs[*index].is_unclear()) else {
                return Ok(runs);
            };
            let report = reports.path().join(format!("{index}-again"));
            runs[index] = self.run_one(index, &report, &AtomicBool::new(false))?;
            runs[index].again = true;
            if runs[index].failure().is_some() {
                return Ok(runs);
            }
        }
    }

    /// Runs those that have not run, as long as `until` wants more. They begin in order, so whatever has not begun comes
    /// after the first failure.
    fn run_open(&self, runs: &mut [TestRun], until: Until, reports: &Path) -> Result<()> {
        let enough_at = Instant::now() + TIME_FOR_THE_REST;
        let open = |run: &TestRun| matches!(run.outcome, Outcome::NotRun);
        let open: Vec<usize> = (0..runs.len())
            .filter(|index| open(&runs[*index]))
            .collect();
        let next = AtomicUsize::new(0);
        let called_off = AtomicBool::new(false);
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let shared = Mutex::new((runs, Ok(())));
        let work = || {
            while let Some(index) = open.get(next.fetch_add(1, Ordering::Relaxed)).copied() {
                {
                    let shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
                    let enough = until == Until::WorthWaiting
                        && Instant::now() >= enough_at
                        && shared.0.iter().any(|run| run.failure().is_some());
                    if enough || shared.1.is_err() || called_off.load(Ordering::Relaxed) {
                        break;
                    }
                }
                let report = reports.join(index.to_string());
                let run = self.run_one(index, &report, &called_off);
                let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
                if called_off.load(Ordering::Relaxed) {
                    break;
                }
                match run {
                    Ok(run) => shared.0[index] = run,
                    Err(trouble) => shared.1 = Err(trouble),
                }
                if until == Until::FirstFailure && first_failure_is_known(shared.0) {
                    called_off.store(true, Ordering::Relaxed);
                }
            }
        };
        thread::scope(|scope| {
            for _ in 0..open.len().min(TESTS_AT_ONCE * cores) {
                scope.spawn(work);
            }
        });
        shared
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
            .1
    }

    fn run_one(&self, index: usize, report: &Path, called_off: &AtomicBool) -> Result<TestRun> {
        let name = &self.tests[index];
        let full_name = format!("{}{name}", self.prefix);
        let mut test = Command::new(&self.binary);
        test.args(["--exact", &full_name, "--nocapture"]);
        test.current_dir(&self.folder)
            .env("CARGO_MANIFEST_DIR", &self.folder);
        // With more than one thread libtest prints a test's name after the test's own output, never into it.
        test.env("COURSE_REPORT", report)
            .env("RUST_TEST_THREADS", "2")
            .env("RUST_BACKTRACE", "0");
        let ended = process::run(
            &mut test,
            &Limits {
                time: OVERRUN,
                kept: OUTPUT_KEPT,
                called_off,
            },
        )?;
        Ok(TestRun {
            name: name.clone(),
            elapsed: ended.elapsed,
            outcome: judge(report, &ended),
            printed: printed(&full_name, &ended),
            again: false,
        })
    }
}

/// Every test before the first failure has run.
fn first_failure_is_known(runs: &[TestRun]) -> bool {
    let first = runs
        .iter()
        .find(|run| !matches!(run.outcome, Outcome::Passed));
    first.is_some_and(|run| run.failure().is_some())
}

fn judge(report: &Path, ended: &Ended) -> Outcome {
    if let Ok(text) = fs::read_to_string(report) {
        return match toml::from_str::<Report>(&text) {
            Ok(report) if report.outcome == "passed" => Outcome::Passed,
            Ok(report) => Outcome::Failed(report.failure),
            Err(_) => Outcome::Failed(Failure::default()),
        };
    }
    let Some(status) = ended.status else {
        return Outcome::Failed(Failure {
            key: OVERRAN.to_owned(),
            sentence: format!(
                "The test was still running after {} s and was stopped.",
                OVERRUN.as_secs()
            ),
            ..Failure::default()
        });
    };
    if status.code() == Some(TEST_FAILED) && ended.stdout.contains("test result: FAILED") {
        return Outcome::Failed(Failure {
            key: GRADER_FAILED.to_owned(),
            sentence: "The grader itself stopped; its words are below.".to_owned(),
            ..Failure::default()
        });
    }
    let sentence = if ended.stderr.contains("has overflowed its stack") {
        "Your code overflowed its stack: does a function call itself without end?".to_owned()
    } else {
        format!(
            "Your code ended the whole process ({}) before the test was over.",
            how_it_ended(status)
        )
    };
    Outcome::Failed(Failure {
        key: ENDED_THE_PROCESS.to_owned(),
        sentence,
        ..Failure::default()
    })
}

/// The output without the test harness's own lines around it.
fn printed(test: &str, ended: &Ended) -> String {
    let out = ended
        .stdout
        .strip_prefix("\nrunning 1 test\n")
        .unwrap_or(&ended.stdout);
    let end = out.rfind(&format!("test {test} ... "));
    let out = &out[..end.unwrap_or(out.len())];
    let harness = |line: &&str| !line.starts_with("note: run with `RUST_BACKTRACE");
    let lines = out.lines().chain(ended.stderr.lines().filter(harness));
    let lines: Vec<&str> = lines.filter(|line| !line.trim().is_empty()).collect();
    lines.join("\n")
}
