//! What a plain `cargo run`, and its alias `cargo course`, starts.
//!
//! The course command brings crates that no lesson needs, so it stays out of the workspace's default members, and
//! this little program, which needs none, stands in for it: it builds the command when that is necessary and then
//! becomes it. "Necessary" is cheap to know: cargo writes down the source files of every program that it builds, and
//! a stamp beside the program remembers when it was last up to date.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::SystemTime;

/// Exit code for a broken set-up, the same as the course command's.
const BROKEN_SETUP: u8 = 2;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    let Some(root) = workspace_root() else {
        eprintln!(
            "This program belongs inside a clone of Sockets by Hand: change into that folder and start it again."
        );
        return ExitCode::from(BROKEN_SETUP);
    };
    let Some(program) = course_beside_this_program() else {
        // An unusual profile or target folder: cargo knows where things are, at the price of asking it every time.
        let mut run = cargo(&root);
        run.args(["run", "--quiet", "--package", "course", "--"]);
        return become_program(run.args(arguments));
    };
    let stamp = program.with_extension("ready");
    if !is_fresh(&root, &program, &stamp)
        && let Err(sentence) = build(&root, &program, &stamp)
    {
        eprintln!("{sentence}");
        return ExitCode::from(BROKEN_SETUP);
    }
    become_program(Command::new(program).args(arguments))
}

fn workspace_root() -> Option<PathBuf> {
    let here = env::current_dir().ok()?;
    let root = here
        .ancestors()
        .find(|folder| folder.join("course/Cargo.toml").is_file());
    root.map(Path::to_path_buf)
}

/// Where cargo puts the course command when it builds it with the same settings as this program.
fn course_beside_this_program() -> Option<PathBuf> {
    let this = env::current_exe().ok()?;
    let folder = this.parent()?;
    let name = format!("course{}", env::consts::EXE_SUFFIX);
    (folder.file_name()? == "debug").then(|| folder.join(name))
}

/// Whether nothing that the program is made from has changed since it was last built.
fn is_fresh(root: &Path, program: &Path, stamp: &Path) -> bool {
    let (Some(ready), true) = (modified(stamp), program.is_file()) else {
        return false;
    };
    let written = fs::read_to_string(program.with_extension("d")).unwrap_or_default();
    let Some(sources) = written.lines().next().and_then(prerequisites) else {
        return false;
    };
    let manifests = [
        "Cargo.toml",
        "Cargo.lock",
        ".cargo/config.toml",
        "course/Cargo.toml",
        "book/Cargo.toml",
    ];
    let inputs = manifests.iter().map(|name| root.join(name)).chain(sources);
    inputs
        .into_iter()
        .all(|input| modified(&input).is_some_and(|changed| changed <= ready))
}

fn modified(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).and_then(|data| data.modified()).ok()
}

/// The prerequisites in the `program: source source` line that cargo writes beside each program; a space inside a path
/// is escaped with a backslash.
fn prerequisites(line: &str) -> Option<Vec<PathBuf>> {
    let (_, sources) = line.split_once(": ")?;
    let whole = sources.replace("\\ ", "\0");
    let path = |word: &str| PathBuf::from(word.replace('\0', " "));
    Some(whole.split_whitespace().map(path).collect())
}

fn build(root: &Path, program: &Path, stamp: &Path) -> Result<(), String> {
    let first_time = !program.is_file();
    if first_time {
        eprintln!("Building the course command: this once takes about a minute.");
    }
    // The time before the build, so that an edit made meanwhile counts as newer than the program.
    let started = SystemTime::now();
    let mut build = cargo(root);
    build.args(["build", "--package", "course"]);
    if !first_time {
        build.arg("--quiet");
    }
    let built = build
        .status()
        .map_err(|error| format!("cargo could not be started ({error}): is Rust installed?"))?;
    if !built.success() {
        return Err("The course command could not be built; cargo's words are above. Without a network, connect once so \
                    that cargo can fetch what is missing; everything after that works offline."
            .to_owned());
    }
    // Without a stamp the next start asks cargo again: slower, never wrong.
    let _ = File::create(stamp).and_then(|file| file.set_modified(started));
    Ok(())
}

fn cargo(root: &Path) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root);
    // The person's own folder decides what a relative target folder means.
    if let Some(Ok(target)) = env::var_os("CARGO_TARGET_DIR").map(std::path::absolute) {
        cargo.env("CARGO_TARGET_DIR", target);
    }
    cargo
}

#[cfg(unix)]
fn become_program(command: &mut Command) -> ExitCode {
    use std::os::unix::process::CommandExt;
    could_not_start(&command.exec())
}

#[cfg(not(unix))]
fn become_program(command: &mut Command) -> ExitCode {
    match command.status() {
        Ok(status) => ExitCode::from(
            status
                .code()
                .and_then(|code| u8::try_from(code).ok())
                .unwrap_or(BROKEN_SETUP),
        ),
        Err(error) => could_not_start(&error),
    }
}

fn could_not_start(error: &io::Error) -> ExitCode {
    eprintln!(
        "The course command could not be started ({error}). `cargo build --package course` builds it anew."
    );
    ExitCode::from(BROKEN_SETUP)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_space_inside_a_path_is_kept() {
        let line = r"/a\ b/target/debug/course: /a\ b/course/src/main.rs /a\ b/book/src/lib.rs";
        let paths = ["/a b/course/src/main.rs", "/a b/book/src/lib.rs"].map(PathBuf::from);
        assert_eq!(prerequisites(line), Some(paths.to_vec()));
    }
}
