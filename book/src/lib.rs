//! The book: two languages built with mdBook in this process, and every silent failure of it made loud.
//!
//! [`build`] turns `book/en` and `book/ko` into `target/book/`, which needs no server and no network. [`check()`] builds and
//! then checks what a reader would stumble over: dead links, stale translations, pages that a browser complains about.

pub mod browser;
mod bytes;
mod chapter;
mod check;
mod frames;
mod include;
mod lab;
mod ladder;
mod overheard;
mod page;
mod plain;
mod translate;
mod visit;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process;

use mdbook_driver::MDBook;
use mdbook_driver::book::BookItem;
use mdbook_driver::config::Config;

use chapter::Chapter;
use page::Language;

/// Something wrong with the book, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Problem {
    /// The file to mend, from the workspace root.
    pub file: PathBuf,
    /// The line in it, from 1, where it is known.
    pub line: Option<usize>,
    /// What is wrong and what to do.
    pub sentence: String,
}

impl Problem {
    fn at(file: &Path, line: usize, sentence: impl Into<String>) -> Problem {
        Problem {
            file: file.to_path_buf(),
            line: Some(line),
            sentence: sentence.into(),
        }
    }

    fn in_file(file: impl Into<PathBuf>, sentence: impl Into<String>) -> Problem {
        Problem {
            file: file.into(),
            line: None,
            sentence: sentence.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:", self.file.display())?;
        if let Some(line) = self.line {
            write!(out, "{line}:")?;
        }
        write!(out, " {}", self.sentence)
    }
}

/// A book that was built.
#[derive(Debug)]
pub struct Built {
    /// The page to open: it sends the reader to the book in their language.
    pub index: PathBuf,
    /// Chapters in each language.
    pub chapters: usize,
}

/// A book that was checked and found good.
#[derive(Debug)]
pub struct Checked {
    /// The page to open.
    pub index: PathBuf,
    /// What was checked, one phrase each, with its count: `312 links`.
    pub checked: Vec<String>,
    /// What could not be checked here, one sentence each; worth saying loudly.
    pub skipped: Vec<String>,
}

/// Builds both languages into `target/book/` under the workspace root `root`.
///
/// # Errors
/// All that is wrong with the sources, each with its file and, where known, its line. Nothing half right is passed
/// over: what mdBook would only log is an error here.
pub fn build(root: &Path) -> Result<Built, Vec<Problem>> {
    let root = &absolute(root)?;
    build_sources(root).map(|sources| Built {
        index: index(root),
        chapters: sources.english.len(),
    })
}

/// Builds the book and checks links, translations, exercises and, where a browser is installed, the pages in it.
///
/// # Errors
/// All problems found. Without a browser the pages cannot be tried: [`Checked::skipped`] says so, and it is an error
/// when the environment has `CI=true`.
pub fn check(root: &Path) -> Result<Checked, Vec<Problem>> {
    let root = &absolute(root)?;
    let sources = build_sources(root)?;
    let mut problems = translate::compare(root, &sources.english, &sources.korean);
    let (counts, found) = check::check_pages(root, &sources);
    problems.extend(found);
    problems.extend(check::check_exercises(root, &sources));
    let mut said = HashSet::new();
    problems.retain(|problem| said.insert(problem.clone()));
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut checked = Checked {
        index: index(root),
        checked: counts,
        skipped: Vec::new(),
    };
    check_frame_lab(root, &sources, &mut checked);
    visit::check_pages(root, &sources, &mut checked)?;
    Ok(checked)
}

/// Whether the frame lab works without a server.
fn check_frame_lab(root: &Path, sources: &Sources, checked: &mut Checked) {
    let is_lab = |chapter: &&Chapter| {
        let mut fences = chapter.sections.iter().flat_map(|section| &section.fences);
        fences.any(|kind| kind == "frames")
    };
    if !sources.english.iter().any(|chapter| is_lab(&chapter)) {
        return;
    }
    let target = frames::TARGET;
    if frames::is_target_installed(root) {
        checked
            .checked
            .push(format!("the frame lab in the page, built for {target}"));
    } else {
        checked.skipped.push(format!(
            "the frame lab in the page: it needs Rust's library for {target} (rustup target add {target})"
        ));
    }
}

/// Records in `book/ko.lock` that the Korean of one chapter (`02-tcp-echo`), or of all, was made from the English as it
/// is now.
///
/// # Errors
/// The chapter is unknown, or the lock or the book cannot be read or written.
pub fn accept_translation(root: &Path, chapter: Option<&str>) -> Result<(), Vec<Problem>> {
    let config = read_config(root).map_err(|problem| vec![problem])?;
    let (_, english) = load(root, &config, &page::ENGLISH).map_err(|problem| vec![problem])?;
    translate::accept(root, &english, chapter).map_err(|problem| vec![problem])
}

/// A ladder outside the book, from the text of a `ladder` fence: for a terminal of `columns` columns, and as a picture.
///
/// # Errors
/// A sentence, when the text is not a ladder.
pub fn ladder(text: &str, columns: usize) -> Result<Drawn, String> {
    let ladder = ladder::parse(text).map_err(|fault| fault.sentence)?;
    Ok(Drawn {
        plain: ladder.plain(columns),
        svg: ladder.standalone(),
    })
}

/// What [`ladder()`] draws.
#[derive(Debug)]
pub struct Drawn {
    /// For the terminal.
    pub plain: String,
    /// A whole SVG file.
    pub svg: String,
}

struct Sources {
    english: Vec<Chapter>,
    korean: Vec<Chapter>,
}

impl Sources {
    fn languages(&self) -> [(&'static Language, &[Chapter]); 2] {
        [
            (&page::ENGLISH, &self.english),
            (&page::KOREAN, &self.korean),
        ]
    }
}

fn absolute(root: &Path) -> Result<PathBuf, Vec<Problem>> {
    root.canonicalize().map_err(|error| {
        vec![Problem::in_file(
            root,
            format!("The workspace cannot be read: {error}."),
        )]
    })
}

/// Where the built book stands.
fn output(root: &Path) -> PathBuf {
    root.join("target/book")
}

/// Where a build is made: beside the book, so that who reads it meanwhile meets no half of one, and each process has its
/// own.
fn workshop(root: &Path) -> PathBuf {
    root.join(format!("target/book-{}", process::id()))
}

fn index(root: &Path) -> PathBuf {
    output(root).join("index.html")
}

fn read_config(root: &Path) -> Result<Config, Problem> {
    Config::from_disk(root.join("book/book.toml")).map_err(|error| {
        Problem::in_file(
            "book/book.toml",
            format!("The configuration cannot be read: {error:#}."),
        )
    })
}

fn build_sources(root: &Path) -> Result<Sources, Vec<Problem>> {
    let config = read_config(root).map_err(|problem| vec![problem])?;
    let mut problems = Vec::new();
    let [english, korean] = [&page::ENGLISH, &page::KOREAN].map(|language| {
        build_language(root, &config, language).unwrap_or_else(|found| {
            problems.extend(found);
            Vec::new()
        })
    });
    let made = workshop(root);
    if problems.is_empty()
        && let Err(error) = fs::write(made.join("index.html"), page::DOOR)
            .and_then(|()| put_in_place(&made, &output(root)))
    {
        problems.push(Problem::in_file(
            "target/book",
            format!("It cannot be written: {error}."),
        ));
    }
    // Nothing is left of a good build; a bad one is in nobody's way.
    let _ = fs::remove_dir_all(made);
    if problems.is_empty() {
        Ok(Sources { english, korean })
    } else {
        Err(problems)
    }
}

/// Puts what was made where the book is. The book before is away for a moment only, and stays when this fails.
fn put_in_place(made: &Path, book: &Path) -> io::Result<()> {
    let before = made.with_extension("before");
    match fs::rename(book, &before) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let placed = fs::rename(made, book);
    if placed.is_err() {
        let _ = fs::rename(&before, book);
    }
    let _ = fs::remove_dir_all(before);
    placed
}

/// The book of one language as mdBook reads it, and its chapters as we do.
fn load(
    root: &Path,
    config: &Config,
    language: &Language,
) -> Result<(MDBook, Vec<Chapter>), Problem> {
    let source = Path::new("book").join(language.code);
    let mut config = config.clone();
    config.book.src = language.code.into();
    config.book.language = Some(language.code.to_owned());
    config.book.title = Some(language.title.to_owned());
    config.book.description = Some(language.description.to_owned());
    config.build.build_dir = workshop(root).join(language.code);
    config
        .set("output.html.smart-punctuation", language.curly_quotes)
        .map_err(|error| {
            Problem::in_file(
                "book/book.toml",
                format!("It cannot be adapted: {error:#}."),
            )
        })?;
    let book = MDBook::load_with_config(root.join("book"), config).map_err(|error| {
        Problem::in_file(
            source.join("SUMMARY.md"),
            format!("The chapters cannot be read: {error:#}."),
        )
    })?;
    let mut chapters = Vec::new();
    for item in book.iter() {
        let BookItem::Chapter(page) = item else {
            continue;
        };
        let Some(path) = &page.path else {
            let sentence = format!(
                "The chapter `{}` has no file. Give it one, or take it out.",
                page.name
            );
            return Err(Problem::in_file(source.join("SUMMARY.md"), sentence));
        };
        let name = path.with_extension("").to_string_lossy().into_owned();
        chapters.push(Chapter::read(source.join(path), name, page.content.clone()));
    }
    Ok((book, chapters))
}

fn build_language(
    root: &Path,
    config: &Config,
    language: &Language,
) -> Result<Vec<Chapter>, Vec<Problem>> {
    let (mut book, mut chapters) = load(root, config, language).map_err(|problem| vec![problem])?;
    let texts: HashMap<PathBuf, String> = chapters
        .iter_mut()
        .map(|chapter| {
            (
                Path::new(&chapter.name).with_extension("md"),
                chapter.expand(root),
            )
        })
        .collect();
    book.book.for_each_mut(|item| {
        if let BookItem::Chapter(page) = item
            && let Some(text) = page.path.as_ref().and_then(|path| texts.get(path))
        {
            page.content.clone_from(text);
        }
    });
    let problems: Vec<_> = chapters
        .iter()
        .flat_map(|chapter| chapter.problems.clone())
        .collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let source = Path::new("book").join(language.code);
    let (result, said) = overheard::listen(|| book.build());
    let mut problems: Vec<_> = said
        .into_iter()
        .map(|said| Problem::in_file(&source, format!("mdBook warns: {said}.")))
        .collect();
    if let Err(error) = result {
        problems.push(Problem::in_file(
            &source,
            format!("mdBook cannot build it: {error:#}."),
        ));
    } else {
        problems.extend(page::finish(&workshop(root).join(language.code), language));
    }
    if problems.is_empty() {
        Ok(chapters)
    } else {
        Err(problems)
    }
}
