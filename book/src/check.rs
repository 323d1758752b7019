//! What a reader would stumble over in the rendered pages: links that lead nowhere, ids that are there twice, anything
//! loaded from outside, Markdown that was not understood; and exercises without their place in a chapter.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer,
};

use crate::chapter::Chapter;
use crate::{Problem, Sources, output, page};

/// Checks all rendered pages; returns what was counted and what is wrong.
pub(crate) fn check_pages(root: &Path, sources: &Sources) -> (Vec<String>, Vec<Problem>) {
    let book = output(root);
    let mut problems = Vec::new();
    let mut pages = HashMap::new();
    for (language, _) in sources.languages() {
        for path in page::pages(&book.join(language.code)) {
            let facts = Facts::read(&path);
            pages.insert(path, facts);
        }
    }
    let mut links = 0;
    for (language, chapters) in sources.languages() {
        let folder = book.join(language.code);
        for chapter in chapters {
            let path = folder.join(&chapter.name).with_extension("html");
            let Some(facts) = pages.get(&path) else {
                problems.push(Problem::in_file(
                    &chapter.file,
                    "mdBook rendered no page for it. Is it in SUMMARY.md?",
                ));
                continue;
            };
            links += facts.links.len();
            for (sentence, near) in facts.faults(&path, &book, &pages) {
                let line = near.and_then(|near| chapter.line_of(&near));
                problems.push(Problem {
                    file: chapter.file.clone(),
                    line,
                    sentence,
                });
            }
        }
        // Pages that belong to no chapter: the first page again, and the whole book on one page. What is wrong with a
        // chapter is wrong there too, and was said.
        if problems.is_empty() {
            for (path, facts) in pages.iter().filter(|(path, _)| path.starts_with(&folder)) {
                for (sentence, _) in facts.faults(path, &book, &pages) {
                    problems.push(Problem::in_file(
                        path.strip_prefix(root).unwrap_or(path),
                        sentence,
                    ));
                }
            }
        }
        problems.extend(check_styles(root, &folder));
    }
    (
        vec![format!("{} pages", pages.len()), format!("{links} links")],
        problems,
    )
}

/// Each exercise has a heading with its name as id, in the chapter of its lesson: verdicts send the student there.
pub(crate) fn check_exercises(root: &Path, sources: &Sources) -> Vec<Problem> {
    let mut problems = Vec::new();
    for entry in fs::read_dir(root.join("exercises"))
        .into_iter()
        .flatten()
        .flatten()
    {
        let lesson = entry.file_name().to_string_lossy().into_owned();
        let file = Path::new("exercises").join(&lesson).join("exercises.toml");
        let Ok(text) = fs::read_to_string(root.join(&file)) else {
            continue;
        };
        let table = match text.parse::<toml::Table>() {
            Ok(table) => table,
            Err(error) => {
                problems.push(Problem::in_file(
                    file,
                    format!("It cannot be read: {}.", error.message()),
                ));
                continue;
            }
        };
        let exercises = table
            .get("exercise")
            .and_then(toml::Value::as_array)
            .into_iter()
            .flatten();
        for name in exercises.filter_map(|exercise| exercise.get("name")?.as_str()) {
            let has_place = |chapter: &Chapter| {
                chapter.name == lesson && chapter.sections.iter().any(|section| section.id == name)
            };
            if !sources.english.iter().any(has_place) {
                let sentence = format!(
                    "Exercise `{name}` has no place in its chapter. Give a heading there the id `{{#{name}}}`."
                );
                problems.push(Problem::in_file(
                    Path::new("book/en").join(&lesson).with_extension("md"),
                    sentence,
                ));
            }
        }
    }
    problems
}

/// What a page says about itself and leads to.
#[derive(Default)]
struct Facts {
    ids: HashSet<String>,
    repeated_ids: Vec<String>,
    /// Where a click leads.
    links: Vec<String>,
    /// What the browser fetches by itself.
    loads: Vec<String>,
    has_literal_stars: bool,
}

impl Facts {
    fn read(path: &Path) -> Facts {
        let text = fs::read_to_string(path).unwrap_or_default();
        let queue = BufferQueue::default();
        queue.push_back(StrTendril::from(text));
        let tokenizer = Tokenizer::new(Reader::default(), Default::default());
        let _ = tokenizer.feed(&queue);
        tokenizer.end();
        tokenizer.sink.facts.into_inner()
    }

    /// Sentences about what is wrong, each with the text to look for in the source.
    fn faults(
        &self,
        page: &Path,
        book: &Path,
        pages: &HashMap<PathBuf, Facts>,
    ) -> Vec<(String, Option<String>)> {
        let mut faults = Vec::new();
        for id in &self.repeated_ids {
            faults.push((
                format!("The id `{id}` is twice on the page. Rename one."),
                Some(format!("#{id}")),
            ));
        }
        if self.has_literal_stars {
            faults.push((
                "A literal `**` shows on the page. Use <strong> there.".to_owned(),
                Some("**".to_owned()),
            ));
        }
        for load in &self.loads {
            if let Some(fault) = load_fault(page, load) {
                faults.push((fault, Some(load.clone())));
            }
        }
        for link in &self.links {
            if let Some(fault) = link_fault(page, link, book, pages) {
                faults.push((fault, Some(link.clone())));
            }
        }
        faults
    }
}

/// Why a page must not fetch `url`, if it must not.
fn load_fault(page: &Path, url: &str) -> Option<String> {
    if url.starts_with("data:") {
        return None;
    }
    if url.contains(':') || url.starts_with("//") {
        return Some(format!(
            "`{url}` is loaded from outside. The book works offline: put a copy into book/assets."
        ));
    }
    let file = resolve(page, url.split(['?', '#']).next().unwrap_or_default());
    (!file.is_file()).then(|| format!("`{url}` is loaded, but there is no such file."))
}

/// Why a link leads nowhere, if it does.
fn link_fault(
    page: &Path,
    link: &str,
    book: &Path,
    pages: &HashMap<PathBuf, Facts>,
) -> Option<String> {
    if link.starts_with("https://") {
        return None;
    }
    let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
    if path.contains(':') || path.starts_with("//") {
        return Some(format!(
            "The link `{link}` is neither within the book nor https."
        ));
    }
    let target = if path.is_empty() {
        page.to_path_buf()
    } else {
        resolve(page, path)
    };
    if !target.starts_with(book) {
        return Some(format!(
            "The link `{link}` leaves the book. Only pages of the book are there for every reader."
        ));
    }
    match pages.get(&target) {
        Some(facts) if !fragment.is_empty() && !facts.ids.contains(fragment) => Some(format!(
            "The link `{link}` leads to a page without the id `{fragment}`."
        )),
        None if !target.is_file() => {
            Some(format!("The link `{link}` leads to no page of the book."))
        }
        _ => None,
    }
}

/// The file that a relative address means on a page, without asking the disk.
fn resolve(page: &Path, address: &str) -> PathBuf {
    let mut file = page.parent().unwrap_or(page).to_path_buf();
    for part in Path::new(address).components() {
        match part {
            Component::ParentDir => {
                file.pop();
            }
            Component::CurDir => {}
            part => file.push(part),
        }
    }
    file
}

fn check_styles(root: &Path, folder: &Path) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder)
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()))
        {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "css") {
                let style = fs::read_to_string(&path).unwrap_or_default();
                let faults = style_loads(&style)
                    .into_iter()
                    .filter_map(|url| load_fault(&path, &url));
                problems.extend(faults.map(|fault| {
                    Problem::in_file(path.strip_prefix(root).unwrap_or(&path), fault)
                }));
            }
        }
    }
    problems
}

/// What a style sheet fetches, with `url(...)` or `@import "..."`.
fn style_loads(style: &str) -> Vec<String> {
    let urls = style
        .split("url(")
        .skip(1)
        .map(|rest| rest.trim_start().trim_start_matches(['"', '\'']));
    let imports = style
        .split("@import")
        .skip(1)
        .map(str::trim_start)
        .filter(|rest| !rest.starts_with("url("));
    let imports = imports.map(|rest| rest.trim_start_matches(['"', '\'']));
    urls.chain(imports)
        .filter(|rest| !rest.starts_with("data:"))
        .map(|rest| {
            rest.split(['"', '\'', ')'])
                .next()
                .unwrap_or_default()
                .trim()
                .to_owned()
        })
        .collect()
}

/// Gathers the facts while the tokenizer goes over a page.
#[derive(Default)]
struct Reader {
    facts: RefCell<Facts>,
    /// How many elements are open in which stars mean stars.
    verbatim: Cell<usize>,
    in_style: Cell<bool>,
}

const VERBATIM: [&str; 6] = ["code", "pre", "kbd", "svg", "script", "style"];
/// Attributes that make the browser fetch something, on whatever element.
const LOADING: [&str; 6] = ["src", "poster", "background", "data", "action", "ping"];
/// Kinds of `<link>` that fetch something; the others only tell of a relation.
const LOADING_RELATIONS: [&str; 7] = [
    "stylesheet",
    "icon",
    "preload",
    "modulepreload",
    "prefetch",
    "manifest",
    "apple-touch-icon",
];

impl Reader {
    fn start(&self, tag: &Tag) {
        let mut facts = self.facts.borrow_mut();
        let name = &*tag.name;
        let value = |wanted: &str| {
            tag.attrs
                .iter()
                .find(|attr| &*attr.name.local == wanted)
                .map(|attr| &*attr.value)
        };
        if let Some(id) = value("id")
            && !facts.ids.insert(id.to_owned())
        {
            facts.repeated_ids.push(id.to_owned());
        }
        let relations = value("rel").unwrap_or_default();
        for attr in &tag.attrs {
            let url = attr.value.trim().to_owned();
            match &*attr.name.local {
                "href" | "xlink:href" => match name {
                    "a" | "area" => facts.links.push(url),
                    "link"
                        if !relations
                            .split(' ')
                            .any(|relation| LOADING_RELATIONS.contains(&relation)) =>
                    {
                        facts.links.push(url);
                    }
                    _ if url.starts_with('#') => {}
                    _ => facts.loads.push(url),
                },
                "srcset" => {
                    facts.loads.extend(
                        url.split(',')
                            .filter_map(|one| one.split_whitespace().next().map(str::to_owned)),
                    );
                }
                "style" => facts.loads.extend(style_loads(&url)),
                loading if LOADING.contains(&loading) => facts.loads.push(url),
                _ => {}
            }
        }
    }
}

impl TokenSink for Reader {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) => {
                let verbatim = usize::from(VERBATIM.contains(&&*tag.name) && !tag.self_closing);
                let starts = tag.kind == TagKind::StartTag;
                if &*tag.name == "style" {
                    self.in_style.set(starts);
                }
                if !starts {
                    self.verbatim
                        .set(self.verbatim.get().saturating_sub(verbatim));
                    return TokenSinkResult::Continue;
                }
                self.verbatim.set(self.verbatim.get() + verbatim);
                self.start(&tag);
                match &*tag.name {
                    "script" => return TokenSinkResult::RawData(RawKind::ScriptData),
                    "style" => return TokenSinkResult::RawData(RawKind::Rawtext),
                    _ => {}
                }
            }
            Token::CharacterTokens(text) => {
                let mut facts = self.facts.borrow_mut();
                if self.in_style.get() {
                    facts.loads.extend(style_loads(&text));
                }
                facts.has_literal_stars |= self.verbatim.get() == 0 && text.contains("**");
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}
