//! How long a student waits: prints the times of the usual first steps, measured in a fresh clone.
//!
//! Run it on a machine that does nothing else: `cargo run --release -p bench --bin turnaround`.
//! Needs git and all changes committed. It takes a few minutes, for it builds everything anew.

use std::fs;
use std::io::{self, BufRead, BufReader, Error};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// How often an edit is made and timed; the median is printed.
const EDITS: usize = 11;

/// The exercise that is edited: its file, and the solution that is put there.
const EXERCISE: &str = "echo_until_eof";
const FILE: &str = "exercises/02-tcp-echo/src/echo_until_eof.rs";
const SOLUTION: &str = "solutions/02-tcp-echo/src/echo_until_eof.rs";

fn main() -> ExitCode {
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> io::Result<()> {
    let clone = fresh_clone()?;
    println!("{:<58}{:>9}{:>9}", "", "measured", "aim");

    let (first_line, compiled) = echo_server(&clone)?;
    row(
        "cargo run --bin echo-server, fresh clone, to its first line",
        first_line,
        "5 s",
    );
    println!("  compiled: {compiled}");

    row("cargo run, cold", timed(cargo(&clone, &["run"]))?, "90 s");
    row("cargo run, again", timed(cargo(&clone, &["run"]))?, "2 s");

    let file = clone.join(FILE);
    let solution = fs::read_to_string(clone.join(SOLUTION))?;
    let check = || cargo(&clone, &["course", "check", EXERCISE]);
    fs::write(&file, &solution)?;
    row("cargo course check, first time", timed(check())?, "");
    let mut times = Vec::new();
    for edit in 0..EDITS {
        edit_one_line(&file, &solution, edit)?;
        times.push(timed(check())?);
    }
    row(
        "one-line edit to verdict, cargo course check, median",
        median(times),
        "1 s",
    );
    row(
        "the same, cargo course watch, median",
        watched(&clone, &file, &solution)?,
        "1 s",
    );
    Ok(())
}

/// A clone in the target folder, in which nothing is built.
fn fresh_clone() -> io::Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."));
    let clone = root.join("target/turnaround");
    if clone.exists() {
        fs::remove_dir_all(&clone)?;
    }
    let mut git = Command::new("git");
    git.args(["clone", "--quiet", "--no-hardlinks"])
        .arg(root)
        .arg(&clone);
    timed(git)?;
    Ok(clone)
}

fn cargo(clone: &Path, arguments: &[&str]) -> Command {
    let mut cargo = Command::new("cargo");
    cargo
        .args(arguments)
        .current_dir(clone)
        .stdin(Stdio::null());
    // The clone is built in its own target folder, and never opens a browser.
    cargo.env_remove("CARGO_TARGET_DIR").env("CI", "true");
    cargo
}

/// How long a command takes, which must succeed. What it prints is shown only when it fails.
fn timed(mut command: Command) -> io::Result<Duration> {
    let started = Instant::now();
    let output = command.output()?;
    let took = started.elapsed();
    if output.status.success() {
        return Ok(took);
    }
    let shown = String::from_utf8_lossy(&output.stderr);
    Err(Error::other(format!("{command:?} failed:\n{shown}")))
}

/// Time to the server's first line, and what cargo compiled on the way.
fn echo_server(clone: &Path) -> io::Result<(Duration, String)> {
    let started = Instant::now();
    let address = format!("{}:0", Ipv4Addr::LOCALHOST);
    let mut server = Killed(
        cargo(clone, &["run", "--bin", "echo-server", &address])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?,
    );
    lines(server.0.stdout.take(), |line| line.starts_with("listening"))?;
    let took = started.elapsed();
    server.0.kill()?;
    let said = lines(server.0.stderr.take(), |line| line.contains("Running"))?;
    let compiled = said.iter().filter_map(|line| {
        line.trim()
            .strip_prefix("Compiling ")?
            .split_whitespace()
            .next()
    });
    Ok((took, compiled.collect::<Vec<_>>().join(", ")))
}

/// Median time from a save to the verdict of `cargo course watch`, as the reader of its output
/// sees it.
fn watched(clone: &Path, file: &Path, solution: &str) -> io::Result<Duration> {
    let mut watch = Killed(
        cargo(clone, &["course", "watch", EXERCISE])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?,
    );
    let mut output = BufReader::new(watch.0.stdout.take().ok_or(Error::other("no output"))?);
    let ready = |line: &str| line.starts_with("Watching");
    until(&mut output, ready)?;
    let mut times = Vec::new();
    for edit in 0..EDITS {
        edit_one_line(file, solution, EDITS + edit)?;
        let saved = Instant::now();
        until(&mut output, |line| line.starts_with("Verdict"))?;
        times.push(saved.elapsed());
        until(&mut output, ready)?;
    }
    Ok(median(times))
}

fn edit_one_line(file: &Path, solution: &str, edit: usize) -> io::Result<()> {
    fs::write(file, format!("{solution}// edit {edit}\n"))
}

fn lines(from: Option<impl io::Read>, last: impl Fn(&str) -> bool) -> io::Result<Vec<String>> {
    let from = from.ok_or(Error::other("no output"))?;
    until(&mut BufReader::new(from), last)
}

/// The lines up to the first one that is `last`, with it.
fn until(from: &mut impl BufRead, last: impl Fn(&str) -> bool) -> io::Result<Vec<String>> {
    let mut seen = Vec::new();
    for line in from.lines() {
        let line = line?;
        let done = last(&line);
        seen.push(line);
        if done {
            return Ok(seen);
        }
    }
    Err(Error::other(format!(
        "the output ended too early:\n{}",
        seen.join("\n")
    )))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn row(what: &str, took: Duration, aim: &str) {
    println!("{what:<58}{:>7.2} s{aim:>9}", took.as_secs_f64());
}

/// A child process that does not outlive us, whatever happens.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // It may be gone already, which is just as well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
