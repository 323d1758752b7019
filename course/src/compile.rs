//! Builds a grader with cargo and keeps what the compiler said, sorted by file.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;

use crate::process::{self, Ended, Limits};
use crate::trouble::Result;

/// The longest build, from cold on a slow machine.
const BUILD_LIMIT: Duration = Duration::from_secs(15 * 60);
/// More than all messages of a build with many dependencies.
const MESSAGES_KEPT: usize = 64 << 20;

pub struct Built {
    /// The test binary `grade`.
    pub binary: PathBuf,
    pub diagnostics: Vec<Diagnostic>,
}

pub struct NotBuilt {
    pub diagnostics: Vec<Diagnostic>,
    /// What cargo itself said, for failures that are not the compiler's.
    pub cargo: String,
}

pub struct Diagnostic {
    pub is_error: bool,
    /// Where, from the root of the workspace that was built; empty when it concerns no place.
    pub file: PathBuf,
    /// As rustc prints it, with colours.
    pub rendered: String,
}

/// Builds the test target `grade` of a package, in the workspace at `root`.
///
/// # Errors
/// The outer result is about cargo (not to be started, interrupted), the inner about the code.
pub fn grader(
    root: &Path,
    package: &str,
    target: &Path,
) -> Result<std::result::Result<Built, NotBuilt>> {
    let ended = build(root, &[package.to_owned()], target)?;
    let mut binary = None;
    let mut diagnostics = Vec::new();
    for message in messages(&ended) {
        match message {
            Message::Artifact {
                target,
                executable: Some(path),
                ..
            } if target.name == "grade" => binary = Some(path),
            Message::Compiler { message } => diagnostics.extend(message.diagnostic()),
            _ => {}
        }
    }
    Ok(match binary {
        Some(binary) if ended.succeeded() => Ok(Built {
            binary,
            diagnostics,
        }),
        _ => Err(NotBuilt {
            diagnostics,
            cargo: ended.stderr,
        }),
    })
}

/// Builds the test target `grade` of many packages side by side; returns their binaries by the packages' folders, or
/// `None` when one of them does not compile.
///
/// # Errors
/// When cargo cannot be started, and on Ctrl-C.
pub fn graders(
    root: &Path,
    packages: &[String],
    target: &Path,
) -> Result<Option<BTreeMap<PathBuf, PathBuf>>> {
    let ended = build(root, packages, target)?;
    let binary = |message| match message {
        Message::Artifact {
            target,
            executable: Some(path),
            manifest_path,
        } if target.name == "grade" => Some((manifest_path.parent()?.to_path_buf(), path)),
        _ => None,
    };
    let binaries = messages(&ended).filter_map(binary).collect();
    Ok(ended.succeeded().then_some(binaries))
}

fn build(root: &Path, packages: &[String], target: &Path) -> Result<Ended> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root).env("CARGO_TARGET_DIR", target);
    cargo.args([
        "test",
        "--no-run",
        "--message-format=json-diagnostic-rendered-ansi",
        "--test",
        "grade",
    ]);
    for package in packages {
        cargo.args(["--package", package]);
    }
    let first = packages.first().map_or("", String::as_str);
    let spinner = spinner(format!("compiling {first}"));
    let limits = Limits {
        time: BUILD_LIMIT,
        kept: MESSAGES_KEPT,
        called_off: &AtomicBool::new(false),
    };
    let ended = process::run(&mut cargo, &limits);
    spinner.finish_and_clear();
    ended
}

fn messages(ended: &Ended) -> impl Iterator<Item = Message> {
    let lines = ended.stdout.lines();
    lines.filter_map(|line| serde_json::from_str(line).ok())
}

/// Visible on a terminal only, and only when it takes long enough to be asked about.
fn spinner(words: String) -> ProgressBar {
    const QUIET: Duration = Duration::from_millis(700);
    let style = ProgressStyle::with_template("{spinner} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner());
    let spinner = ProgressBar::new_spinner()
        .with_style(style)
        .with_message(words);
    spinner.enable_steady_tick(QUIET);
    spinner
}

#[derive(Deserialize)]
#[serde(tag = "reason")]
enum Message {
    #[serde(rename = "compiler-artifact")]
    Artifact {
        target: Target,
        executable: Option<PathBuf>,
        manifest_path: PathBuf,
    },
    #[serde(rename = "compiler-message")]
    Compiler { message: CompilerMessage },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

#[derive(Deserialize)]
struct CompilerMessage {
    level: String,
    rendered: Option<String>,
    spans: Vec<Span>,
}

#[derive(Deserialize)]
struct Span {
    file_name: PathBuf,
    is_primary: bool,
}

impl CompilerMessage {
    /// None for summaries such as "aborting due to 2 previous errors", which have no place.
    fn diagnostic(self) -> Option<Diagnostic> {
        let is_error = self.level.starts_with("error");
        let primary = |span: &&Span| span.is_primary;
        // A span inside the standard library is absolute; the student's own, if there is one, says more.
        let own = self
            .spans
            .iter()
            .filter(primary)
            .find(|span| span.file_name.is_relative());
        let span = own.or_else(|| self.spans.iter().find(primary))?;
        let file = span.file_name.clone();
        (is_error || self.level == "warning").then(|| Diagnostic {
            is_error,
            file,
            rendered: self.rendered.unwrap_or_default(),
        })
    }
}
