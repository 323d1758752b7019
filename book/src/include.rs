//! `{{#include PATH:ANCHOR}}` and `{{#diff PATH:ANCHOR PATH:ANCHOR}}`: text of the workspace shown in a chapter, and what
//! changed from one text to another.
//!
//! The line stands alone, usually inside a code fence; a difference stands in a `diff` fence. PATH is relative to the chapter's folder. With an anchor, the
//! lines between `ANCHOR: name` and `ANCHOR_END: name` are shown; without one, the whole file. Lines that only mark
//! an anchor are never shown, and the indentation that all shown lines share is taken away.
//!
//! mdBook's own include logs an error and goes on when a file is missing, shows nothing when an anchor is missing, and
//! reads any file of the machine. Here each of these fails the build.

use std::fs;
use std::path::Path;

const START: &str = "ANCHOR: ";
const END: &str = "ANCHOR_END: ";

/// Unchanged lines that a difference shows around each change.
const CONTEXT: usize = 3;

/// What a line asks for, `include PATH` or `diff PATH PATH`; `None` for any other line.
pub(crate) fn target(line: &str) -> Option<&str> {
    let inside = line.trim().strip_prefix("{{#")?.strip_suffix("}}")?.trim();
    (inside.starts_with("include ") || inside.starts_with("diff ")).then_some(inside)
}

/// The text that `target` asks for, as seen from a chapter in `folder`; an error is a sentence for the author.
pub(crate) fn read(root: &Path, folder: &Path, target: &str) -> Result<String, String> {
    let words: Vec<&str> = target.split_whitespace().collect();
    match words.as_slice() {
        ["include", path] => file(root, folder, path),
        ["diff", old, new] => {
            let (old, new) = (file(root, folder, old)?, file(root, folder, new)?);
            let diff = similar::TextDiff::from_lines(&old, &new);
            let mut unified = diff.unified_diff();
            let text = unified.context_radius(CONTEXT).to_string();
            if text.is_empty() {
                return Err(format!("Nothing differs in `{{{{#{target}}}}}`."));
            }
            Ok(text)
        }
        _ => Err(format!(
            "`{{{{#{target}}}}}` is neither `{{{{#include PATH:ANCHOR}}}}` nor `{{{{#diff OLD NEW}}}}`."
        )),
    }
}

fn file(root: &Path, folder: &Path, target: &str) -> Result<String, String> {
    let (path, anchor) = match target.split_once(':') {
        Some((path, anchor)) => (path, Some(anchor)),
        None => (target, None),
    };
    let full = folder.join(path).canonicalize().map_err(|_| {
        format!("The include of `{path}` finds no such file. The path is relative to the chapter's folder.")
    })?;
    let root = root
        .canonicalize()
        .map_err(|error| format!("The workspace cannot be read: {error}."))?;
    if !full.starts_with(&root) {
        return Err(format!(
            "The include of `{path}` leaves the workspace. Show only files that belong to it."
        ));
    }
    if full.extension().is_some_and(|extension| extension == "rs") && !is_compiled(&root, &full) {
        return Err(format!(
            "`{path}` belongs to no package, so nothing proves that it compiles. Move it into a lesson."
        ));
    }
    let text = fs::read_to_string(&full)
        .map_err(|error| format!("The include of `{path}` cannot be read as text: {error}."))?;
    let lines = match anchor {
        Some(anchor) => {
            anchored(&text, anchor).map_err(|fault| format!("The include of `{path}` {fault}"))?
        }
        None => text
            .lines()
            .filter(|line| mark(line, START).or(mark(line, END)).is_none())
            .collect(),
    };
    if lines.iter().all(|line| line.trim().is_empty()) {
        return Err(format!(
            "The include of `{target}` shows nothing: no line stands between its marks."
        ));
    }
    Ok(without_shared_indentation(&lines))
}

/// Whether a folder between the file and the root is a package.
fn is_compiled(root: &Path, file: &Path) -> bool {
    file.ancestors()
        .skip(1)
        .take_while(|folder| *folder != root)
        .any(|folder| folder.join("Cargo.toml").is_file())
}

/// The anchor's name, when the line is a comment that marks one.
fn mark<'a>(line: &'a str, kind: &str) -> Option<&'a str> {
    let (before, name) = line.split_once(kind)?;
    let comment = before.trim();
    let name = name.trim_end_matches(|end: char| !end.is_alphanumeric());
    let plain = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '-';
    (["//", "#", "<!--"].contains(&comment) && !name.is_empty() && name.chars().all(plain))
        .then_some(name)
}

fn anchored<'a>(text: &'a str, anchor: &str) -> Result<Vec<&'a str>, String> {
    if text
        .lines()
        .filter(|line| mark(line, START) == Some(anchor))
        .count()
        > 1
    {
        return Err(format!(
            "finds `{START}{anchor}` twice. Anchors are unique in a file."
        ));
    }
    let mut lines = text
        .lines()
        .skip_while(|line| mark(line, START) != Some(anchor))
        .skip(1)
        .peekable();
    if lines.peek().is_none() {
        return Err(format!(
            "finds no `{START}{anchor}` there. Mark the lines with `// {START}{anchor}` and `// {END}{anchor}`."
        ));
    }
    let mut shown = Vec::new();
    for line in lines {
        if mark(line, END) == Some(anchor) {
            return Ok(shown);
        }
        if mark(line, START).or(mark(line, END)).is_none() {
            shown.push(line);
        }
    }
    Err(format!(
        "finds `{START}{anchor}` but no `{END}{anchor}` after it."
    ))
}

fn without_shared_indentation(lines: &[&str]) -> String {
    let indentation = |line: &&str| line.len() - line.trim_start_matches(' ').len();
    let shared = lines
        .iter()
        .filter(|line| !line.trim().is_empty())
        .map(indentation)
        .min()
        .unwrap_or(0);
    let mut text = String::new();
    for line in lines {
        text.push_str(line.get(shared..).unwrap_or("").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRAM: &str = "use std;\nfn main() {\n    // ANCHOR: call\n    bind();\n    // ANCHOR: inner\n        deep();\n\
                           // ANCHOR_END: inner\n\n    // ANCHOR_END: call\n}\n// ANCHOR: empty\n// ANCHOR_END: empty\n// ANCHOR: open\nx\n";

    fn shown(anchor: &str) -> Result<String, String> {
        anchored(PROGRAM, anchor).map(|lines| without_shared_indentation(&lines))
    }

    #[test]
    fn an_anchor_shows_its_lines_without_marks_and_shared_indentation() {
        assert_eq!(shown("call").unwrap(), "bind();\n    deep();\n\n");
        assert_eq!(shown("inner").unwrap(), "deep();\n");
    }

    #[test]
    fn an_unknown_an_unclosed_and_a_repeated_anchor_are_errors() {
        assert!(
            shown("nowhere")
                .unwrap_err()
                .contains("finds no `ANCHOR: nowhere`")
        );
        assert!(shown("open").unwrap_err().contains("no `ANCHOR_END: open`"));
        assert!(
            anchored("// ANCHOR: a\n// ANCHOR: a\n", "a")
                .unwrap_err()
                .contains("twice")
        );
    }

    #[test]
    fn a_difference_is_told_by_its_changed_lines() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::write(root.join("old.txt"), "one\ntwo\nthree\n").unwrap();
        fs::write(root.join("new.txt"), "one\n2\nthree\n").unwrap();
        assert_eq!(
            read(root, root, "diff old.txt new.txt").unwrap(),
            "@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n"
        );
        let same = read(root, root, "diff old.txt old.txt").unwrap_err();
        assert!(same.contains("Nothing differs"), "{same}");
    }

    #[test]
    fn only_a_comment_marks_an_anchor() {
        assert_eq!(mark("    // ANCHOR: serve", START), Some("serve"));
        assert_eq!(mark("# ANCHOR: serve", START), Some("serve"));
        assert_eq!(mark("<!-- ANCHOR: serve -->", START), Some("serve"));
        assert_eq!(mark("let text = \"ANCHOR: serve\";", START), None);
    }
}
