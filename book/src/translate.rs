//! Keeps the Korean book beside the English one.
//!
//! `book/ko.lock` holds, for each section, the hash of the English that the Korean was made from. When the English
//! changes, the hash no longer fits and the check names the section; after the Korean was brought up to date,
//! `cargo course book lock` writes the new hashes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::Problem;
use crate::chapter::{Chapter, Section};

/// Where the lock stands, from the workspace root.
pub(crate) const LOCK: &str = "book/ko.lock";
/// Hexadecimal digits of a hash in the lock: enough to notice any edit, short enough to read.
const DIGITS: usize = 16;
/// Prose that has less than this share of Hangul among its letters was probably left in English.
const SMALLEST_HANGUL_SHARE: f32 = 0.3;
/// Sections with fewer letters than this may consist of names.
const FEWEST_LETTERS: usize = 60;

type Hashes = BTreeMap<String, BTreeMap<String, String>>;

/// All that must be the same in both languages, and that the Korean was made from the English as it is now.
pub(crate) fn compare(root: &Path, english: &[Chapter], korean: &[Chapter]) -> Vec<Problem> {
    let names = |chapters: &[Chapter]| {
        chapters
            .iter()
            .map(|chapter| chapter.name.clone())
            .collect::<Vec<_>>()
    };
    if names(english) != names(korean) {
        let sentence = format!(
            "The chapters differ from the English ones. English: {}. Korean: {}.",
            names(english).join(", "),
            names(korean).join(", ")
        );
        return vec![Problem::in_file("book/ko/SUMMARY.md", sentence)];
    }
    let mut problems = Vec::new();
    for (english, korean) in english.iter().zip(korean) {
        compare_chapter(english, korean, &mut problems);
    }
    problems.extend(compare_lock(root, english));
    problems
}

fn compare_chapter(english: &Chapter, korean: &Chapter, problems: &mut Vec<Problem>) {
    let outline = |chapter: &Chapter| -> Vec<_> {
        chapter
            .sections
            .iter()
            .map(|section| (section.level, section.id.clone()))
            .collect()
    };
    let (wanted, found) = (outline(english), outline(korean));
    if wanted != found {
        let first = wanted
            .iter()
            .zip(&found)
            .take_while(|(wanted, found)| wanted == found)
            .count();
        let line = korean.sections.get(first).map_or(1, |section| section.line);
        let name = |outline: &[(u8, String)]| match outline.get(first) {
            Some((level, id)) => format!("`{} ... {{#{id}}}`", "#".repeat(usize::from(*level))),
            None => "no further heading".to_owned(),
        };
        let sentence = format!(
            "The English has {} here, the Korean {}.",
            name(&wanted),
            name(&found)
        );
        problems.push(Problem::at(&korean.file, line, sentence));
        return;
    }
    for (english, section) in english.sections.iter().zip(&korean.sections) {
        let mut differ = |what: &str, wanted: String, found: String| {
            if wanted != found {
                let sentence = format!(
                    "Section `{}` has other {what} than the English. English: {wanted}. Korean: {found}.",
                    section.id
                );
                problems.push(Problem::at(&korean.file, section.line, sentence));
            }
        };
        differ("includes", list(&english.includes), list(&section.includes));
        differ("code fences", list(&english.fences), list(&section.fences));
        differ("links", links(english), links(section));
        let share = section.hangul as f32 / section.letters.max(1) as f32;
        if section.letters >= FEWEST_LETTERS && share < SMALLEST_HANGUL_SHARE {
            let sentence = format!(
                "Section `{}` has only {:.0} % Hangul among its letters. Translate it.",
                section.id,
                share * 100.0
            );
            problems.push(Problem::at(&korean.file, section.line, sentence));
        }
    }
}

fn list(items: &[String]) -> String {
    if items.is_empty() {
        "none".to_owned()
    } else {
        items.join(", ")
    }
}

/// The places in the book that a section leads to, in any order, and how many outside: a source may have a Korean twin.
fn links(section: &Section) -> String {
    let (outside, mut inside): (Vec<_>, Vec<_>) = section
        .links
        .iter()
        .cloned()
        .partition(|link| link.contains("://"));
    inside.sort_unstable();
    inside.push(format!("{} outside", outside.len()));
    inside.join(", ")
}

fn hash(section: &Section) -> String {
    let digest = Sha256::digest(section.text.trim_end().as_bytes());
    let mut text = String::new();
    for byte in digest.iter().take(DIGITS / 2) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn read_lock(root: &Path) -> Result<Hashes, Problem> {
    let text = fs::read_to_string(root.join(LOCK)).unwrap_or_default();
    toml::from_str(&text).map_err(|error| {
        Problem::in_file(
            LOCK,
            format!(
                "The lock cannot be read: {}. Write it anew: `cargo course book lock`.",
                error.message()
            ),
        )
    })
}

fn compare_lock(root: &Path, english: &[Chapter]) -> Vec<Problem> {
    let lock = match read_lock(root) {
        Ok(lock) => lock,
        Err(problem) => return vec![problem],
    };
    let mut problems = Vec::new();
    for chapter in english {
        if !lock.contains_key(&chapter.name) {
            let sentence = format!(
                "The chapter is not known to be translated. Write book/ko/{name}.md, then run `cargo course book lock {name}`.",
                name = chapter.name
            );
            problems.push(Problem::in_file(&chapter.file, sentence));
            continue;
        }
        for section in &chapter.sections {
            let state = match lock
                .get(&chapter.name)
                .and_then(|sections| sections.get(&section.id))
            {
                Some(known) if *known == hash(section) => continue,
                Some(_) => "changed since its Korean was made",
                None => "is not known to be translated",
            };
            let sentence = format!(
                "Section `{}` {state}. Bring book/ko/{name}.md up to date, then run `cargo course book lock {name}`.",
                section.id,
                name = chapter.name
            );
            problems.push(Problem::at(&chapter.file, section.line, sentence));
        }
    }
    for (name, sections) in &lock {
        for id in sections.keys() {
            let holds = |chapter: &&Chapter| {
                chapter.name == *name && chapter.sections.iter().any(|section| section.id == *id)
            };
            if english.iter().find(holds).is_none() {
                let sentence = format!(
                    "It has a hash for `{name}` `{id}`, which the book has not. Run `cargo course book lock`."
                );
                problems.push(Problem::in_file(LOCK, sentence));
            }
        }
    }
    problems
}

/// Writes the lock with the hashes of the English as it is now: of one chapter, or of all.
pub(crate) fn accept(root: &Path, english: &[Chapter], only: Option<&str>) -> Result<(), Problem> {
    if let Some(name) = only
        && !english.iter().any(|chapter| chapter.name == name)
    {
        let names: Vec<_> = english
            .iter()
            .map(|chapter| chapter.name.as_str())
            .collect();
        return Err(Problem::in_file(
            LOCK,
            format!(
                "No chapter is called `{name}`. Chapters: {}.",
                names.join(", ")
            ),
        ));
    }
    let known = read_lock(root)?;
    let mut text = String::from(
        "# For each section, the hash of the English that its Korean was made from.\n",
    );
    for chapter in english {
        let _ = write!(text, "\n[{}]\n", chapter.name);
        for section in &chapter.sections {
            let kept = known
                .get(&chapter.name)
                .and_then(|sections| sections.get(&section.id));
            let hash = match only {
                Some(name) if name != chapter.name => match kept {
                    Some(hash) => hash.clone(),
                    None => continue,
                },
                _ => hash(section),
            };
            let _ = writeln!(text, "{} = \"{hash}\"", section.id);
        }
    }
    fs::write(root.join(LOCK), text)
        .map_err(|error| Problem::in_file(LOCK, format!("It cannot be written: {error}.")))
}
