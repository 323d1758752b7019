//! What the student has done: `.course/progress.toml` in the clone, which git ignores.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::trouble::{Result, Trouble};

/// How long one command waits for another that is writing; then it goes on without the lock.
const LOCK_WAIT: Duration = Duration::from_secs(1);
const LOCK_LOOK_EVERY: Duration = Duration::from_millis(10);

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Progress {
    #[serde(default, rename = "exercise")]
    exercises: BTreeMap<String, State>,
}

/// What is known of one exercise.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    /// When it first passed, in seconds since 1970. It stays solved when it is edited later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub solved: Option<u64>,
    /// The hint key of the last failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<String>,
    /// Hints given so far, by key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hints: BTreeMap<String, usize>,
}

impl Progress {
    /// A file that cannot be understood is moved aside, with a sentence on stderr.
    ///
    /// # Errors
    /// When the file is there and cannot be read or moved.
    pub fn load(root: &Path) -> Result<Self> {
        let file = path(root);
        let text = match fs::read(&file) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Progress::default());
            }
            Err(error) => return Err(Trouble::file("read", &file)(error)),
        };
        match toml::from_str(&text) {
            Ok(progress) => Ok(progress),
            Err(_) => {
                let aside = free_name(&folder(root).join("progress-damaged"), "toml");
                fs::rename(&file, &aside).map_err(Trouble::file("move", &file))?;
                anstream::eprintln!(
                    "Your progress file could not be understood. It is kept as {}, and a new one begins.",
                    aside.strip_prefix(root).unwrap_or(&aside).display()
                );
                Ok(Progress::default())
            }
        }
    }

    pub fn of(&self, exercise: &str) -> State {
        self.exercises.get(exercise).cloned().unwrap_or_default()
    }

    pub fn is_solved(&self, exercise: &str) -> bool {
        self.exercises
            .get(exercise)
            .is_some_and(|state| state.solved.is_some())
    }
}

/// Changes what is known of one exercise, and returns it. The file is replaced in one step, so that a crash leaves the
/// old or the new one, and two commands at once do not lose each other's change.
///
/// # Errors
/// When the file cannot be read or written.
pub fn update(root: &Path, exercise: &str, change: impl FnOnce(&mut State)) -> Result<State> {
    let folder = folder(root);
    fs::create_dir_all(&folder).map_err(Trouble::file("write", &folder))?;
    let _lock = lock(&folder.join("lock"));
    let mut progress = Progress::load(root)?;
    let state = progress.exercises.entry(exercise.to_owned()).or_default();
    change(state);
    let state = state.clone();
    let text = toml::to_string(&progress).map_err(|error| {
        Trouble::new(format!(
            "Your progress cannot be written ({error}): please report this with {}.",
            path(root).display()
        ))
    })?;
    replace(&path(root), &text)?;
    Ok(state)
}

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// Keeps a copy of a student's file before it is overwritten, and says where.
///
/// # Errors
/// When the copy cannot be written: then nothing may be overwritten.
pub fn back_up(root: &Path, exercise: &str, text: &str) -> Result<PathBuf> {
    let folder = folder(root).join("backup");
    fs::create_dir_all(&folder).map_err(Trouble::file("write", &folder))?;
    let copy = free_name(&folder.join(format!("{exercise}-{}", now())), "rs");
    replace(&copy, text)?;
    Ok(copy.strip_prefix(root).unwrap_or(&copy).to_path_buf())
}

/// Replaces a file in one step.
///
/// # Errors
/// When it cannot be written.
pub fn replace(file: &Path, text: &str) -> Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let write = || -> std::io::Result<()> {
        let mut new = tempfile::NamedTempFile::new_in(folder)?;
        new.write_all(text.as_bytes())?;
        new.persist(file)?;
        Ok(())
    };
    write().map_err(Trouble::file("write", file))
}

fn folder(root: &Path) -> PathBuf {
    root.join(".course")
}

fn path(root: &Path) -> PathBuf {
    folder(root).join("progress.toml")
}

/// `stem.extension`, or the first of `stem-2.extension`, `stem-3.extension`, … that is free.
fn free_name(stem: &Path, extension: &str) -> PathBuf {
    let numbered = |n: u32| {
        if n == 1 {
            String::new()
        } else {
            format!("-{n}")
        }
    };
    let name = |n: u32| PathBuf::from(format!("{}{}.{extension}", stem.display(), numbered(n)));
    (1..)
        .map(name)
        .find(|name| !name.exists())
        .unwrap_or_else(|| name(1))
}

/// Where locks do not work (some network file systems) two commands at once may lose one change, which costs a hint.
fn lock(file: &Path) -> Option<File> {
    let lock = File::create(file).ok()?;
    let patience = Instant::now() + LOCK_WAIT;
    while lock.try_lock().is_err() {
        if Instant::now() >= patience {
            return None;
        }
        thread::sleep(LOCK_LOOK_EVERY);
    }
    Some(lock)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let root = tempfile::tempdir().unwrap();
        update(root.path(), "echo", |state| {
            state.last_failure = Some("not-started".to_owned())
        })
        .unwrap();
        update(root.path(), "bind", |state| state.solved = Some(7)).unwrap();
        let progress = Progress::load(root.path()).unwrap();
        assert_eq!(
            progress.of("echo").last_failure.as_deref(),
            Some("not-started")
        );
        assert!(progress.is_solved("bind") && !progress.is_solved("echo"));
    }

    #[test]
    fn a_damaged_file_is_kept() {
        let root = tempfile::tempdir().unwrap();
        for round in ["progress-damaged.toml", "progress-damaged-2.toml"] {
            update(root.path(), "echo", |_| {}).unwrap();
            fs::write(path(root.path()), b"exercise = \xff!").unwrap();
            assert!(!Progress::load(root.path()).unwrap().is_solved("echo"));
            assert!(folder(root.path()).join(round).is_file());
        }
    }

    #[test]
    fn changes_from_many_threads_are_all_kept() {
        let root = tempfile::tempdir().unwrap();
        thread::scope(|scope| {
            for n in 0..8 {
                let root = root.path();
                scope.spawn(move || {
                    update(root, &format!("e{n}"), |state| state.solved = Some(1)).unwrap()
                });
            }
        });
        let progress = Progress::load(root.path()).unwrap();
        assert!((0..8).all(|n| progress.is_solved(&format!("e{n}"))));
    }
}
