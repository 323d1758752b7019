//! The lessons and exercises, as the folders `exercises/NN-name` and their `exercises.toml` list them.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::trouble::{Result, Trouble};

/// How alike a mistyped name must be to be suggested, from 0 to 1.
const ALIKE: f32 = 0.5;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    English,
    Korean,
}

impl Language {
    /// `COURSE_LANG` decides; without it, the language of the system.
    pub fn of_environment() -> Self {
        Self::chosen()
            .or_else(|| Self::of_variable("LC_ALL"))
            .or_else(|| Self::of_variable("LANG"))
            .unwrap_or(Language::English)
    }

    /// What `COURSE_LANG` says, if it is set.
    pub fn chosen() -> Option<Self> {
        Self::of_variable("COURSE_LANG")
    }

    fn of_variable(name: &str) -> Option<Self> {
        let value = env::var(name).ok().filter(|value| !value.is_empty())?;
        Some(match value.starts_with("ko") {
            true => Language::Korean,
            false => Language::English,
        })
    }

    /// The folder of this language in the book.
    pub fn folder(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Korean => "ko",
        }
    }
}

/// A text in both languages.
#[derive(Debug, Deserialize)]
pub struct Both<T> {
    pub en: T,
    pub ko: T,
}

impl<T> Both<T> {
    pub fn in_language(&self, language: Language) -> &T {
        match language {
            Language::English => &self.en,
            Language::Korean => &self.ko,
        }
    }
}

#[derive(Debug, Deserialize)]
pub struct Hint {
    /// What failed, as graders and known mistakes name it.
    pub key: String,
    /// Nudge, concept, code shape.
    #[serde(flatten)]
    pub steps: Both<Vec<String>>,
}

#[derive(Debug, Deserialize)]
pub struct Exercise {
    pub name: String,
    pub title: Both<String>,
    /// 1 to 3.
    pub difficulty: u8,
    pub minutes: u32,
    #[serde(default, rename = "hint")]
    pub hints: Vec<Hint>,
    #[serde(skip)]
    pub lesson: Lesson,
}

impl Exercise {
    pub fn hint(&self, key: &str) -> Option<&Hint> {
        self.hints.iter().find(|hint| hint.key == key)
    }

    /// The student's file, from the root.
    pub fn file(&self) -> PathBuf {
        self.lesson.folder().join("src").join(self.file_name())
    }

    pub fn file_name(&self) -> String {
        format!("{}.rs", self.name)
    }

    pub fn grader(&self) -> PathBuf {
        self.lesson
            .folder()
            .join("tests/grade")
            .join(self.file_name())
    }

    pub fn solution(&self) -> PathBuf {
        self.lesson.solutions().join("src").join(self.file_name())
    }

    pub fn mistakes(&self) -> PathBuf {
        self.lesson.solutions().join("mistakes").join(&self.name)
    }
}

/// A lesson is its folder's name: `02-tcp-echo`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lesson(String);

impl Lesson {
    pub fn folder_name(&self) -> &str {
        &self.0
    }

    /// `exercises/02-tcp-echo`, from the root.
    pub fn folder(&self) -> PathBuf {
        Path::new("exercises").join(&self.0)
    }

    pub fn solutions(&self) -> PathBuf {
        Path::new("solutions").join(&self.0)
    }

    /// The package that holds the exercises.
    pub fn package(&self) -> String {
        format!("{}-exercises", self.name())
    }

    pub fn solutions_package(&self) -> String {
        format!("{}-solutions", self.name())
    }

    /// `02`
    pub fn number(&self) -> &str {
        self.0.split_once('-').map_or("", |(number, _)| number)
    }

    /// `tcp-echo`
    pub fn name(&self) -> &str {
        self.0.split_once('-').map_or(&self.0, |(_, name)| name)
    }
}

/// Everything there is to solve, in the order of the lessons and of each `exercises.toml`.
pub struct Catalogue {
    pub root: PathBuf,
    pub lessons: Vec<Lesson>,
    pub exercises: Vec<Exercise>,
}

#[derive(Deserialize)]
struct ExercisesFile {
    #[serde(default, rename = "exercise")]
    exercises: Vec<Exercise>,
}

impl Catalogue {
    /// Reads the workspace that the current folder belongs to.
    ///
    /// # Errors
    /// Outside a workspace, and when an `exercises.toml` cannot be read.
    pub fn here() -> Result<Self> {
        let here = env::current_dir().map_err(|error| {
            Trouble::new(format!(
                "The current folder cannot be read ({error}): change to another."
            ))
        })?;
        let is_root = |folder: &&Path| {
            folder.join("Cargo.toml").is_file()
                && folder.join("exercises").is_dir()
                && folder.join("solutions").is_dir()
        };
        let Some(root) = here.ancestors().find(is_root) else {
            return Err(Trouble::new(
                "There is no course in this folder or above it: change into your clone of Sockets by Hand.",
            ));
        };
        Catalogue::of(root)
    }

    fn of(root: &Path) -> Result<Self> {
        let folder = root.join("exercises");
        let entries = fs::read_dir(&folder).map_err(Trouble::file("read", &folder))?;
        let mut lessons: Vec<Lesson> = entries
            .flatten()
            .filter(|entry| entry.path().is_dir())
            .map(|entry| Lesson(entry.file_name().to_string_lossy().into_owned()))
            .filter(|lesson| !lesson.number().is_empty())
            .collect();
        lessons.sort();
        let mut exercises = Vec::new();
        for lesson in &lessons {
            let file = root.join(lesson.folder()).join("exercises.toml");
            if file.is_file() {
                let text = fs::read_to_string(&file).map_err(Trouble::file("read", &file))?;
                let listed: ExercisesFile = toml::from_str(&text).map_err(|error| {
                    Trouble::new(format!(
                        "{} cannot be understood: {error}\nMend it, or get it back with `git checkout -- {}`.",
                        file.display(),
                        lesson.folder().join("exercises.toml").display()
                    ))
                })?;
                exercises.extend(listed.exercises.into_iter().map(|exercise| Exercise {
                    lesson: lesson.clone(),
                    ..exercise
                }));
            }
        }
        Ok(Catalogue {
            root: root.to_path_buf(),
            lessons,
            exercises,
        })
    }

    /// # Errors
    /// When there is no such exercise: the sentence suggests the nearest name.
    pub fn find(&self, name: &str) -> Result<&Exercise> {
        // A path or a file name is what an editor or a shell completes to.
        let wanted = Path::new(name)
            .file_stem()
            .map_or(name.into(), |stem| stem.to_string_lossy())
            .replace('-', "_");
        if let Some(exercise) = self
            .exercises
            .iter()
            .find(|exercise| exercise.name == wanted)
        {
            return Ok(exercise);
        }
        let names: Vec<&str> = self
            .exercises
            .iter()
            .map(|exercise| exercise.name.as_str())
            .collect();
        let nearest = similar::get_close_matches(wanted.as_str(), &names, 1, ALIKE);
        let suggestion = match nearest.first() {
            Some(nearest) => format!("Did you mean `{nearest}`?"),
            None => "`cargo course list` shows them all.".to_owned(),
        };
        Err(Trouble::new(format!(
            "There is no exercise `{name}`. {suggestion}"
        )))
    }

    pub fn of_lesson<'a>(&'a self, lesson: &'a Lesson) -> impl Iterator<Item = &'a Exercise> {
        self.exercises
            .iter()
            .filter(move |exercise| exercise.lesson == *lesson)
    }

    /// Where cargo builds; the same rule as cargo's, except for a target folder set in a configuration file.
    pub fn target_folder(&self) -> PathBuf {
        let chosen =
            env::var_os("CARGO_TARGET_DIR").and_then(|folder| std::path::absolute(folder).ok());
        chosen.unwrap_or_else(|| self.root.join("target"))
    }

    /// The chapter at the exercise: the built page if there is one, else its source.
    pub fn chapter(&self, exercise: &Exercise, language: Language) -> String {
        let (folder, lesson) = (language.folder(), exercise.lesson.folder_name());
        let page = self
            .root
            .join(format!("target/book/{folder}/{lesson}.html"));
        if page.is_file() {
            format!("{}#{}", file_url(&page), exercise.name)
        } else {
            format!("book/{folder}/{lesson}.md")
        }
    }
}

/// The address of a file that a browser or a terminal opens.
pub fn file_url(path: &Path) -> String {
    let mut url = "file://".to_owned();
    let path = path.to_string_lossy().replace('\\', "/");
    if !path.starts_with('/') {
        url.push('/');
    }
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' | b':' => {
                url.push(char::from(byte))
            }
            _ => url.push_str(&format!("%{byte:02X}")),
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_survives_spaces_and_hangul() {
        assert_eq!(
            file_url(Path::new("/a b/책.html")),
            "file:///a%20b/%EC%B1%85.html"
        );
    }
}
