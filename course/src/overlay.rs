//! A scratch workspace under `target/course/overlay`: an exercise package as it was meant to be, with chosen source
//! files put in place of others. The student's own folder is only read.
//!
//! Its root manifest is the real one, with other members, and it builds into the same target folder, so dependencies
//! are compiled once. The members' folder must not be called `exercises`: cargo names its output after a package's
//! path in its workspace, and the real and the scratch package would overwrite each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::catalogue::{Catalogue, Lesson};
use crate::compile::{self, Built, NotBuilt};
use crate::trouble::{Result, Trouble};

const MEMBERS: &str = "pristine";
/// cargo rebuilds a file that is newer than the last build. This much is added to a new file's time, so that it is newer
/// also where the file system counts in whole or in two seconds.
const TIME_GRAIN: Duration = Duration::from_secs(2);

pub struct Overlay<'a> {
    catalogue: &'a Catalogue,
    folder: PathBuf,
}

impl<'a> Overlay<'a> {
    /// # Errors
    /// When the folder cannot be written.
    pub fn prepare(catalogue: &'a Catalogue) -> Result<Self> {
        let folder = catalogue.target_folder().join("course/overlay");
        let members = folder.join(MEMBERS);
        fs::create_dir_all(&members).map_err(Trouble::file("write", &members))?;
        let known: BTreeSet<&str> = catalogue.lessons.iter().map(Lesson::folder_name).collect();
        for old in names(&members)?
            .iter()
            .filter(|name| !known.contains(name.as_str()))
        {
            let old = members.join(old);
            fs::remove_dir_all(&old).map_err(Trouble::file("remove", &old))?;
        }
        let manifest = catalogue.root.join("Cargo.toml");
        write_if_changed(
            &folder.join("Cargo.toml"),
            scratch_manifest(&manifest)?.as_bytes(),
        )?;
        // cargo removes from the copy what it does not need, so only a newer original is worth copying.
        let (lock, copy) = (catalogue.root.join("Cargo.lock"), folder.join("Cargo.lock"));
        if lock.is_file() && modified(&copy) <= modified(&lock) {
            fs::copy(&lock, &copy).map_err(Trouble::file("write", &copy))?;
        }
        Ok(Overlay { catalogue, folder })
    }

    /// The package's folder.
    pub fn package(&self, lesson: &Lesson) -> PathBuf {
        self.version(lesson, 0)
    }

    /// The folder of a version that is built beside others: the first is the package, the next have names of their own.
    fn version(&self, lesson: &Lesson, number: usize) -> PathBuf {
        let suffix = suffix(number);
        let name = format!("{}{suffix}", lesson.folder_name());
        self.folder.join(MEMBERS).join(name)
    }

    /// Lays and builds a lesson's package in some versions side by side: cargo starts once for all. Returns the graders
    /// in the versions' order; `None` when one does not compile: building it by itself will say why.
    ///
    /// # Errors
    /// As `compile::graders`, and when a file cannot be read or written.
    pub fn build_versions(
        &self,
        lesson: &Lesson,
        versions: &[BTreeMap<String, String>],
    ) -> Result<Option<Vec<PathBuf>>> {
        let mut packages = Vec::new();
        for (number, sources) in versions.iter().enumerate() {
            self.lay_version(lesson, number, sources)?;
            packages.push(format!("{}{}", lesson.package(), suffix(number)));
        }
        let target = self.catalogue.target_folder();
        let built = compile::graders(&self.folder, &packages, &target)?;
        Ok(built.and_then(|mut built| {
            let folders = (0..versions.len()).map(|number| self.version(lesson, number));
            folders.map(|folder| built.remove(&folder)).collect()
        }))
    }

    /// Copies the lesson's exercise package, with `sources` (file name in `src/`, text) instead of its own. Only what
    /// differs is written, so that cargo builds only that.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub fn lay(&self, lesson: &Lesson, sources: &BTreeMap<String, String>) -> Result<()> {
        self.lay_version(lesson, 0, sources)
    }

    fn lay_version(
        &self,
        lesson: &Lesson,
        number: usize,
        sources: &BTreeMap<String, String>,
    ) -> Result<()> {
        let from = self.catalogue.root.join(lesson.folder());
        let to = self.version(lesson, number);
        let mut laid = BTreeSet::new();
        for file in files(&from)? {
            let chosen = file
                .strip_prefix("src")
                .ok()
                .and_then(Path::to_str)
                .and_then(|name| sources.get(name));
            let bytes = match chosen {
                Some(text) => text.clone().into_bytes(),
                None if number > 0 && file.as_os_str() == "Cargo.toml" => {
                    renamed(&from.join(&file), number)?.into_bytes()
                }
                None => fs::read(from.join(&file)).map_err(Trouble::file("read", &file))?,
            };
            write_if_changed(&to.join(&file), &bytes)?;
            laid.insert(file);
        }
        for (name, text) in sources {
            let file = Path::new("src").join(name);
            if !laid.contains(&file) {
                write_if_changed(&to.join(&file), text.as_bytes())?;
                laid.insert(file);
            }
        }
        for old in files(&to)?.iter().filter(|old| !laid.contains(*old)) {
            let old = to.join(old);
            fs::remove_file(&old).map_err(Trouble::file("remove", &old))?;
        }
        Ok(())
    }

    /// Builds the laid package; what the compiler says names the files of the real one.
    ///
    /// # Errors
    /// As `compile::grader`.
    pub fn build(&self, lesson: &Lesson) -> Result<std::result::Result<Built, NotBuilt>> {
        let mut result = compile::grader(
            &self.folder,
            &lesson.package(),
            &self.catalogue.target_folder(),
        )?;
        let diagnostics = match &mut result {
            Ok(built) => &mut built.diagnostics,
            Err(not_built) => &mut not_built.diagnostics,
        };
        for diagnostic in diagnostics {
            if let Ok(inner) = diagnostic.file.strip_prefix(MEMBERS) {
                diagnostic.file = Path::new("exercises").join(inner);
            }
            let scratch = format!("{MEMBERS}/{}", lesson.folder_name());
            diagnostic.rendered = diagnostic
                .rendered
                .replace(&scratch, &lesson.folder().display().to_string());
        }
        Ok(result)
    }
}

/// The real root manifest with the scratch members, and with dependencies on folders made absolute.
fn scratch_manifest(manifest: &Path) -> Result<String> {
    let text = fs::read_to_string(manifest).map_err(Trouble::file("read", manifest))?;
    let damaged = || {
        Trouble::new(format!(
            "{} is not as the course needs it: get it back with git.",
            manifest.display()
        ))
    };
    let mut table: toml::Table = text.parse().map_err(|_| damaged())?;
    let workspace = table
        .get_mut("workspace")
        .and_then(toml::Value::as_table_mut)
        .ok_or_else(damaged)?;
    workspace.remove("default-members");
    workspace.insert("members".to_owned(), vec![format!("{MEMBERS}/*")].into());
    let root = manifest.parent().unwrap_or(Path::new("."));
    if let Some(dependencies) = workspace
        .get_mut("dependencies")
        .and_then(toml::Value::as_table_mut)
    {
        for (_, dependency) in dependencies.iter_mut() {
            if let Some(path) = dependency.get_mut("path") {
                let absolute = root.join(path.as_str().ok_or_else(damaged)?);
                *path = absolute.to_string_lossy().into_owned().into();
            }
        }
    }
    toml::to_string(&table).map_err(|_| damaged())
}

fn suffix(number: usize) -> String {
    match number {
        0 => String::new(),
        number => format!("-{number}"),
    }
}

/// The manifest with another name for the package, and the old one for its library, which graders use.
fn renamed(manifest: &Path, number: usize) -> Result<String> {
    let text = fs::read_to_string(manifest).map_err(Trouble::file("read", manifest))?;
    let damaged = || Trouble::new(format!("{} names no package.", manifest.display()));
    let mut table: toml::Table = text.parse().map_err(|_| damaged())?;
    let package = table.get_mut("package").and_then(toml::Value::as_table_mut);
    let name = package.and_then(|package| package.get_mut("name"));
    let name = name.ok_or_else(damaged)?;
    let old = name.as_str().ok_or_else(damaged)?.to_owned();
    *name = format!("{old}{}", suffix(number)).into();
    let library = table
        .entry("lib")
        .or_insert_with(|| toml::Table::new().into());
    let library = library.as_table_mut().ok_or_else(damaged)?;
    library.insert("name".to_owned(), old.replace('-', "_").into());
    toml::to_string(&table).map_err(|_| damaged())
}

fn modified(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).and_then(|data| data.modified()).ok()
}

fn write_if_changed(file: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(file).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    let write = || -> std::io::Result<()> {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(file, bytes)?;
        File::options()
            .write(true)
            .open(file)?
            .set_modified(SystemTime::now() + TIME_GRAIN)
    };
    write().map_err(Trouble::file("write", file))
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(folder).map_err(Trouble::file("read", folder))?;
    Ok(entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect())
}

/// All files in a folder and its folders, as paths from it.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(inner) = open.pop() {
        let here = folder.join(&inner);
        if !here.is_dir() {
            continue;
        }
        for name in names(&here)? {
            let path = inner.join(name);
            if folder.join(&path).is_dir() {
                open.push(path)
            } else {
                found.push(path)
            }
        }
    }
    Ok(found)
}
