//! A chapter as its author wrote it: its sections, what they show and where they lead, each with its line.

use std::path::{Path, PathBuf};

use mdbook_markdown::pulldown_cmark::{CodeBlockKind, Event, Tag, TagEnd, TextMergeWithOffset};
use mdbook_markdown::{MarkdownOptions, new_cmark_parser};

use crate::{Problem, bytes, include, lab, ladder};

/// One chapter of one language.
pub(crate) struct Chapter {
    /// Path of the source from the workspace root, as in `book/ko/02-tcp-echo.md`.
    pub(crate) file: PathBuf,
    /// Path from the language's folder, without `.md`: the same in both languages, and the name of the page.
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) sections: Vec<Section>,
    /// What is wrong with the chapter for itself, whatever the other chapters say.
    pub(crate) problems: Vec<Problem>,
}

/// A heading with all that follows it up to the next heading, of whatever level.
pub(crate) struct Section {
    /// The heading's explicit `{#id}`; empty where it has none, which is a problem of its own.
    pub(crate) id: String,
    pub(crate) level: u8,
    /// Line of the heading, from 1.
    pub(crate) line: usize,
    /// The section's Markdown, heading and all.
    pub(crate) text: String,
    pub(crate) includes: Vec<String>,
    /// The kinds of its code fences: `rust`, `console`, `ladder`, ...
    pub(crate) fences: Vec<String>,
    pub(crate) links: Vec<String>,
    /// Letters of its prose, and how many of them are Hangul.
    pub(crate) letters: usize,
    pub(crate) hangul: usize,
}

impl Chapter {
    pub(crate) fn read(file: PathBuf, name: String, text: String) -> Chapter {
        let mut chapter = Chapter {
            file,
            name,
            text: String::new(),
            sections: Vec::new(),
            problems: Vec::new(),
        };
        chapter.split(&text);
        chapter.text = text;
        chapter
    }

    pub(crate) fn problem(&mut self, line: usize, sentence: impl Into<String>) {
        self.problems.push(Problem::at(&self.file, line, sentence));
    }

    /// The line of the source that leads to a page's `href`, for problems found in the rendered page.
    pub(crate) fn line_of(&self, href: &str) -> Option<usize> {
        let written = href.replacen(".html", ".md", 1);
        let found = |line: &str| line.contains(href) || line.contains(&written);
        self.text.lines().position(found).map(|index| index + 1)
    }

    fn split(&mut self, text: &str) {
        let options = MarkdownOptions::default();
        let (mut in_code, mut in_heading) = (false, false);
        for (event, range) in
            TextMergeWithOffset::new(new_cmark_parser(text, &options).into_offset_iter())
        {
            let line = 1 + text[..range.start].matches('\n').count();
            match event {
                Event::Start(Tag::Heading { level, id, .. }) => {
                    in_heading = true;
                    self.begin_section(
                        level as u8,
                        id.as_deref().unwrap_or_default(),
                        line,
                        text,
                        range.start,
                    );
                    continue;
                }
                Event::End(TagEnd::Heading(_)) => in_heading = false,
                Event::Start(Tag::CodeBlock(_)) => in_code = true,
                Event::End(TagEnd::CodeBlock) => in_code = false,
                Event::Text(ref said) if !in_code && has_stray_mark(said) => {
                    let near: String = said.trim().chars().take(40).collect();
                    self.problem(
                        line,
                        format!(
                            "A literal `*` or backtick would show in \"{near}\". Before a Korean particle, put the \
                             closing mark behind a letter, as in `**소켓**(socket)은`, or use <strong>."
                        ),
                    );
                }
                _ => {}
            }
            let Some(section) = self.sections.last_mut() else {
                if !in_heading && self.problems.is_empty() {
                    self.problem(
                        line,
                        "Text stands before the first heading. Begin with `# Title {#id}`.",
                    );
                }
                continue;
            };
            match event {
                Event::Start(Tag::CodeBlock(kind)) => section.fences.push(match kind {
                    CodeBlockKind::Fenced(info) => {
                        info.split([',', ' ']).next().unwrap_or_default().to_owned()
                    }
                    CodeBlockKind::Indented => "indented".to_owned(),
                }),
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    section.links.push(dest_url.into_string());
                }
                Event::Text(said) if !in_code => {
                    section.letters += said.chars().filter(|letter| letter.is_alphabetic()).count();
                    section.hangul += said
                        .chars()
                        .filter(|letter| matches!(letter, '가'..='힣'))
                        .count();
                }
                _ => {}
            }
        }
        if self.sections.is_empty() {
            self.problem(1, "The chapter has no heading. Begin with `# Title {#id}`.");
        }
    }

    fn begin_section(&mut self, level: u8, id: &str, line: usize, text: &str, start: usize) {
        if let Some(previous) = self.sections.last_mut() {
            let length = text.len() - start;
            previous.text.truncate(previous.text.len() - length);
            previous.includes = previous
                .text
                .lines()
                .filter_map(include::target)
                .map(str::to_owned)
                .collect();
        }
        if id.is_empty() {
            self.problem(line, "The heading has no explicit id. Write `## Title {#id}`, the same id in both languages.");
        } else if !id
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "_-".contains(letter))
        {
            self.problem(
                line,
                format!("The id `{id}` must be made of ASCII letters, digits, `-` and `_`."),
            );
        } else if let Some(twin) = self.sections.iter().find(|section| section.id == id) {
            let first = twin.line;
            self.problem(
                line,
                format!(
                    "The id `{id}` is taken by the heading in line {first}. Give each its own."
                ),
            );
        }
        let text = text[start..].to_owned();
        self.sections.push(Section {
            id: id.to_owned(),
            level,
            line,
            includes: text
                .lines()
                .filter_map(include::target)
                .map(str::to_owned)
                .collect(),
            text,
            fences: Vec::new(),
            links: Vec::new(),
            letters: 0,
            hangul: 0,
        });
    }

    /// `en` or `ko`: the folder in `book/`.
    fn language(&self) -> &'static str {
        match self.file.starts_with("book/ko") {
            true => "ko",
            false => "en",
        }
    }

    /// The Markdown that mdBook gets: includes read, figures drawn. What cannot be is a problem, and left out.
    pub(crate) fn expand(&mut self, root: &Path) -> String {
        let folder = root.join(&self.file).parent().unwrap_or(root).to_path_buf();
        let text = std::mem::take(&mut self.text);
        let mut out = String::with_capacity(text.len() * 2);
        let mut fence: Option<Fence> = None;
        let mut figures = 0;
        for (index, line) in text.lines().enumerate() {
            let number = index + 1;
            let trimmed = line.trim_start();
            let ticks = trimmed.len() - trimmed.trim_start_matches('`').len();
            match fence.take() {
                Some(open) if ticks >= open.ticks && trimmed.trim_end().len() == ticks => {
                    if !open.is_figure() {
                        out.extend([line, "\n"]);
                        continue;
                    }
                    figures += 1;
                    let id = format!("{}-{}-{figures}", self.name.replace('/', "-"), open.kind);
                    let figure = match open.kind.as_str() {
                        "lab" => lab::draw(root, &open.body, self.language(), &id)
                            .map_err(|sentence| (0, sentence)),
                        "bytes" => bytes::draw(root, &open.body, self.language(), &id)
                            .map_err(|sentence| (0, sentence)),
                        _ => ladder::draw(&open.body, &id)
                            .map_err(|fault| (fault.line, fault.sentence)),
                    };
                    match figure {
                        Ok(figure) => out.extend(["\n", figure.as_str(), "\n\n"]),
                        Err((line, sentence)) => self.problem(open.line + 1 + line, sentence),
                    }
                    continue;
                }
                Some(mut open) if open.is_figure() => {
                    // A recorded ladder is included; its title stands in the chapter, in the chapter's language.
                    match include::target(line).map(|target| include::read(root, &folder, target)) {
                        Some(Ok(recorded)) => open.body.push_str(&recorded),
                        Some(Err(sentence)) => self.problem(number, sentence),
                        None => open.body.extend([line, "\n"]),
                    }
                    fence = Some(open);
                    continue;
                }
                Some(open) => {
                    if open.kind == "rust" && include::target(line).is_none() {
                        self.problem(
                            number,
                            "Rust in the book comes from compiled crates: `{{#include PATH:ANCHOR}}` alone in the fence.",
                        );
                    }
                    fence = Some(open);
                }
                None if ticks >= 3 && !trimmed[ticks..].contains('`') => {
                    let kind = trimmed[ticks..]
                        .split([',', ' '])
                        .next()
                        .unwrap_or_default()
                        .to_owned();
                    let open = Fence {
                        ticks,
                        line: number,
                        body: String::new(),
                        kind,
                    };
                    let is_figure = open.is_figure();
                    fence = Some(open);
                    if is_figure {
                        continue;
                    }
                }
                None => {}
            }
            if let Some(target) = include::target(line) {
                let indentation = &line[..line.len() - trimmed.len()];
                match include::read(root, &folder, target) {
                    Ok(shown) => shown
                        .lines()
                        .for_each(|line| out.extend([indentation, line, "\n"])),
                    Err(sentence) => self.problem(number, sentence),
                }
                continue;
            }
            if line.contains("{{#") {
                self.problem(
                    number,
                    "Only `{{#include PATH:ANCHOR}}` and `{{#diff OLD NEW}}` are known, alone on their line.",
                );
            }
            out.push_str(line);
            out.push('\n');
        }
        if let Some(open) = fence {
            self.problem(open.line, "This code fence is never closed.");
        }
        self.text = text;
        out
    }
}

struct Fence {
    ticks: usize,
    /// Line of the opening fence, from 1.
    line: usize,
    kind: String,
    /// Gathered only for figures.
    body: String,
}

impl Fence {
    /// Whether it is drawn, and not shown as it stands.
    fn is_figure(&self) -> bool {
        matches!(self.kind.as_str(), "ladder" | "lab" | "bytes")
    }
}

/// Emphasis that Markdown did not take for emphasis: `**`, a lone backtick, or a star that touches a letter.
fn has_stray_mark(text: &str) -> bool {
    let touches = |star: usize| {
        let before = text[..star]
            .chars()
            .next_back()
            .is_some_and(|letter| !letter.is_whitespace());
        let after = text[star + 1..]
            .chars()
            .next()
            .is_some_and(|letter| !letter.is_whitespace());
        before || after
    };
    text.contains('`') || text.match_indices('*').any(|(star, _)| touches(star))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chapter(text: &str) -> Chapter {
        Chapter::read(
            PathBuf::from("book/ko/x.md"),
            "x".to_owned(),
            text.to_owned(),
        )
    }

    fn sentences(chapter: &Chapter) -> String {
        chapter
            .problems
            .iter()
            .map(|problem| format!("{problem}\n"))
            .collect()
    }

    #[test]
    fn sections_know_what_they_show() {
        let text = "# 소켓 {#socket}\nProse with [a link](b.md#c).\n\n## Two {#two}\n```rust\n{{#include a.rs:b}}\n```\n";
        let chapter = chapter(text);
        let [one, two] = &chapter.sections[..] else {
            panic!("two sections")
        };
        assert_eq!(
            (one.id.as_str(), one.level, one.line, one.hangul),
            ("socket", 1, 1, 2)
        );
        assert_eq!(
            (&one.links[..], &one.includes[..]),
            (&["b.md#c".to_owned()][..], &[][..])
        );
        assert_eq!((two.id.as_str(), two.level, two.line), ("two", 2, 4));
        assert_eq!(
            (&two.fences[..], &two.includes[..]),
            (&["rust".to_owned()][..], &["include a.rs:b".to_owned()][..])
        );
        assert!(one.text.starts_with("# 소켓") && one.text.ends_with(".\n\n"));
        assert_eq!(sentences(&chapter), "");
    }

    #[test]
    fn marks_that_markdown_leaves_literal_are_problems() {
        for wrong in [
            "**소켓(socket)**은 열린다.",
            "**\"따옴표\"**는 다르다.",
            "한 `짝 없는 표시",
            "*소켓(socket)*은",
        ] {
            let chapter = chapter(&format!("# A {{#a}}\n\n{wrong}\n"));
            assert!(
                sentences(&chapter).starts_with("book/ko/x.md:3: A literal"),
                "{wrong}: {}",
                sentences(&chapter)
            );
        }
        for right in [
            "**소켓**을 연다.",
            "`a*b`와 `**`",
            "2 * 3 = 6",
            "```text\n**\n```",
        ] {
            assert_eq!(
                sentences(&chapter(&format!("# A {{#a}}\n\n{right}\n"))),
                "",
                "{right}"
            );
        }
    }

    #[test]
    fn headings_need_their_own_ids() {
        let chapter = chapter("# A {#a}\n\n## B\n\n## C {#a}\n");
        assert!(sentences(&chapter).contains("x.md:3: The heading has no explicit id."));
        assert!(
            sentences(&chapter).contains("x.md:5: The id `a` is taken by the heading in line 1.")
        );
    }
}
