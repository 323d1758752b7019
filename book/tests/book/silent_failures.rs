//! What mdBook passes over in silence fails the build or the check, with the file, the line and a sentence.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

const PROGRAM: &str = "fn main() {\n    // ANCHOR: call\n    bind();\n    // ANCHOR_END: call\n}\n// ANCHOR: none\n// ANCHOR_END: none\n";

const ENGLISH: &str = "\
# TCP echo {#tcp-echo}

Read [the introduction](introduction.md#introduction) first, or [RFC 9293](https://www.rfc-editor.org/rfc/rfc9293). A socket is the end of a connection.

## The program {#echo_until_eof}

```rust
{{#include ../../lessons/02-tcp-echo/src/lib.rs:call}}
```

```ladder
title: A call
desc: The client calls the server.
actors: client, server
client -> server: hello
```

> [!NOTE]
> A note.
";

const KOREAN: &str = "\
# TCP 에코 {#tcp-echo}

[소개](introduction.md#introduction)나 [RFC 9293](https://www.rfc-editor.org/rfc/rfc9293)을 먼저 읽습니다. \"소켓\"은 연결의 끝입니다.

## 프로그램 {#echo_until_eof}

```rust
{{#include ../../lessons/02-tcp-echo/src/lib.rs:call}}
```

```ladder
title: 부르기
desc: 클라이언트가 서버를 부른다.
actors: 클라이언트, 서버
클라이언트 -> 서버: 안녕
```

> [!NOTE]
> 덧붙이는 말입니다.
";

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn write(root: &Path, file: &str, text: &str) {
    let path = root.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A workspace with one lesson and a small book that has nothing wrong with it.
fn workspace() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    copy(&package.join("assets"), &root.join("book/assets"));
    copy(&package.join("assets-test"), &root.join("book/assets-test"));
    fs::copy(package.join("book.toml"), root.join("book/book.toml")).unwrap();
    write(root, "lessons/02-tcp-echo/Cargo.toml", "[package]");
    write(root, "lessons/02-tcp-echo/src/lib.rs", PROGRAM);
    write(
        root,
        "exercises/02-tcp-echo/exercises.toml",
        "[[exercise]]\nname = \"echo_until_eof\"\n",
    );
    write(root, "stray/stray.rs", "fn stray() {}\n");
    for (code, introduction, chapter) in
        [("en", "# Introduction", ENGLISH), ("ko", "# 소개", KOREAN)]
    {
        let summary = "# Summary\n\n[I](introduction.md)\n\n- [II](02-tcp-echo.md)\n";
        write(root, &format!("book/{code}/SUMMARY.md"), summary);
        write(
            root,
            &format!("book/{code}/introduction.md"),
            &format!("{introduction} {{#introduction}}\n"),
        );
        write(root, &format!("book/{code}/02-tcp-echo.md"), chapter);
    }
    book::accept_translation(root, None).unwrap();
    folder
}

fn edit(root: &Path, file: &str, from: &str, to: &str) {
    let text = fs::read_to_string(root.join(file)).unwrap();
    assert!(text.contains(from), "{file} has no {from:?}");
    write(root, file, &text.replace(from, to));
}

/// What the check says after one piece of a chapter was replaced, in both languages.
fn said_after(from: &str, to: &str) -> String {
    let folder = workspace();
    for code in ["en", "ko"] {
        edit(
            folder.path(),
            &format!("book/{code}/02-tcp-echo.md"),
            from,
            to,
        );
    }
    book::accept_translation(folder.path(), None).unwrap();
    said(folder.path())
}

fn said(root: &Path) -> String {
    let problems = book::check(root).err().unwrap_or_default();
    problems
        .iter()
        .map(|problem| format!("{problem}\n"))
        .collect()
}

#[track_caller]
fn assert_says(said: &str, wanted: &str) {
    assert!(said.contains(wanted), "wanted: {wanted}\nsaid:\n{said}");
}

#[test]
fn includes_that_mdbook_would_pass_over() {
    let include = |target: &str| said_after("lessons/02-tcp-echo/src/lib.rs:call", target);
    assert_says(
        &include("lessons/none.rs:call"),
        "book/en/02-tcp-echo.md:8: The include of `../../lessons/none.rs` finds no such file",
    );
    assert_says(
        &include("lessons/02-tcp-echo/src/lib.rs:cal"),
        "book/en/02-tcp-echo.md:8: The include of `../../lessons/02-tcp-echo/src/lib.rs` finds no `ANCHOR: cal`",
    );
    assert_says(
        &include("lessons/02-tcp-echo/src/lib.rs:none"),
        "02-tcp-echo.md:8: The include of `../../lessons/02-tcp-echo/src/lib.rs:none` shows nothing",
    );
    assert_says(
        &include("stray/stray.rs"),
        "02-tcp-echo.md:8: `../../stray/stray.rs` belongs to no package",
    );
    assert_says(
        &include("../../../../../../etc/hostname"),
        "leaves the workspace",
    );
}

#[test]
fn rust_that_no_compiler_has_seen() {
    assert_says(
        &said_after(
            "{{#include ../../lessons/02-tcp-echo/src/lib.rs:call}}",
            "let x = 1;",
        ),
        "02-tcp-echo.md:8: Rust in the book comes from compiled crates",
    );
    assert_says(
        &said_after("## ", "A {{#include x.rs}} within.\n\n## "),
        "02-tcp-echo.md:5: Only `{{#include PATH:ANCHOR}}`",
    );
}

#[test]
fn links_that_lead_nowhere() {
    let link = |target: &str| said_after("introduction.md#introduction", target);
    assert_says(
        &link("introductoin.md"),
        "book/en/02-tcp-echo.md:3: The link `introductoin.html` leads to no page",
    );
    assert_says(
        &link("introduction.md#intro"),
        "book/ko/02-tcp-echo.md:3: The link `introduction.html#intro` leads to a page without the id",
    );
    assert_says(
        &link("../../x.html"),
        "02-tcp-echo.md:3: The link `../../x.html` leaves the book",
    );
    assert_says(
        &link("http://example.org"),
        "02-tcp-echo.md:3: The link `http://example.org` is neither",
    );
}

#[test]
fn anything_loaded_from_outside() {
    let load = |html: &str| said_after("## ", &format!("{html}\n\n## "));
    let outside = "02-tcp-echo.md:5: `https://example.org/x` is loaded from outside";
    for html in [
        "<script src=\"https://example.org/x\"></script>",
        "<img src=\"https://example.org/x\" alt=\"\">",
        "<link rel=\"stylesheet\" href=\"https://example.org/x\">",
        "<img srcset=\"https://example.org/x 2x\" alt=\"\">",
        "<style>p { background: url('https://example.org/x') }</style>",
        "<p style=\"background: url(https://example.org/x)\">p</p>",
    ] {
        assert_says(&load(html), outside);
    }
    assert_says(
        &load("![picture](none.png)"),
        "`none.png` is loaded, but there is no such file",
    );

    let folder = workspace();
    write(
        folder.path(),
        "book/assets/book.css",
        "@import \"https://example.org/x\";",
    );
    assert_says(
        &said(folder.path()),
        "target/book/en/assets/book.css: `https://example.org/x` is loaded from outside",
    );
}

#[test]
fn korean_that_fell_behind() {
    let folder = workspace();
    let root = folder.path();
    edit(root, "book/en/02-tcp-echo.md", "A note.", "Another note.");
    assert_says(
        &said(root),
        "book/en/02-tcp-echo.md:5: Section `echo_until_eof` changed since its Korean was made",
    );
    assert_says(&said(root), "run `cargo course book lock 02-tcp-echo`");
    book::accept_translation(root, Some("02-tcp-echo")).unwrap();
    edit(root, "book/ko.lock", "tcp-echo = ", "tcp-ecco = ");
    assert_says(
        &said(root),
        "Section `tcp-echo` is not known to be translated",
    );
    assert_says(
        &said(root),
        "book/ko.lock: It has a hash for `02-tcp-echo` `tcp-ecco`",
    );
    assert!(book::accept_translation(root, Some("03-framing")).is_err());
}

#[test]
fn korean_that_differs_from_the_english() {
    let differs = |from: &str, to: &str| {
        let folder = workspace();
        edit(folder.path(), "book/ko/02-tcp-echo.md", from, to);
        said(folder.path())
    };
    assert_says(
        &differs("{#echo_until_eof}", "{#echo}"),
        "book/ko/02-tcp-echo.md:5: The English has `## ... {#echo_until_eof}` here, the Korean `## ... {#echo}`",
    );
    assert_says(
        &differs("introduction.md#introduction", "introduction.md"),
        "has other links than the English",
    );
    assert_says(
        &differs("> 덧붙이는 말입니다.", "```text\n>\n```"),
        "has other code fences than the English",
    );
    assert_says(
        &differs("lib.rs:call", "lib.rs"),
        "has other includes than the English",
    );
    let untranslated =
        "This sentence was never translated into Korean, and that is easy to see from its letters.";
    assert_says(
        &differs("덧붙이는 말입니다.", untranslated),
        "% Hangul among its letters",
    );

    let folder = workspace();
    write(
        folder.path(),
        "book/ko/SUMMARY.md",
        "# Summary\n\n- [II](02-tcp-echo.md)\n\n[I](introduction.md)\n",
    );
    assert_says(
        &said(folder.path()),
        "book/ko/SUMMARY.md: The chapters differ",
    );
}

#[test]
fn marks_ids_and_ladders_that_came_out_wrong() {
    assert_says(
        &said_after("## ", "**소켓(socket)**은 끝이다.\n\n## "),
        "02-tcp-echo.md:5: A literal `*`",
    );
    assert_says(
        &said_after("## ", "<div>\n**bold**\n</div>\n\n## "),
        "02-tcp-echo.md:6: A literal `**` shows on the page",
    );
    assert_says(
        &said_after(" {#echo_until_eof}", ""),
        "02-tcp-echo.md:5: The heading has no explicit id",
    );
    assert_says(
        &said_after("{#echo_until_eof}", "{#tcp-echo}"),
        "02-tcp-echo.md:5: The id `tcp-echo` is taken",
    );
    assert_says(
        &said_after("{#echo_until_eof}", "{#mdbook-content}"),
        "02-tcp-echo.md:5: The id `mdbook-content` is twice",
    );
    assert_says(
        &said_after("title: ", "titel: "),
        "02-tcp-echo.md:12: `titel` is not among the actors",
    );
    assert_says(
        &said_after("> [!NOTE]", "```text\n> [!NOTE]"),
        "02-tcp-echo.md:18: This code fence is never closed",
    );
}

#[test]
fn chapters_and_exercises_without_each_other() {
    let folder = workspace();
    write(
        folder.path(),
        "exercises/02-tcp-echo/exercises.toml",
        "[[exercise]]\nname = \"read_exactly\"\n",
    );
    assert_says(
        &said(folder.path()),
        "book/en/02-tcp-echo.md: Exercise `read_exactly` has no place in its chapter",
    );
    fs::remove_file(folder.path().join("book/en/introduction.md")).unwrap();
    assert_says(
        &said(folder.path()),
        "book/en/SUMMARY.md: The chapters cannot be read",
    );
}

#[test]
fn a_good_book_is_built_in_two_languages_and_passes_in_a_browser() {
    let folder = workspace();
    let root = folder.path();
    let checked = match book::check(root) {
        Ok(checked) => checked,
        Err(problems) => panic!("{problems:?}"),
    };
    assert!(checked.index.is_file());
    let page = fs::read_to_string(root.join("target/book/ko/02-tcp-echo.html")).unwrap();
    assert!(page.contains("href=\"../en/02-tcp-echo.html\" hreflang=\"en\">English</a>"));
    assert!(
        page.contains("<link rel=\"alternate\" href=\"../en/02-tcp-echo.html\" hreflang=\"en\">")
    );
    assert!(page.contains(">참고</p>"), "the note's title is Korean");
    assert!(
        page.contains("\"소켓\"은"),
        "no quote opens where it should close"
    );
    assert!(page.contains("<title id=\"02-tcp-echo-ladder-1-title\">부르기</title>"));
    assert!(
        !page.contains(">Rust</button>"),
        "two themes are left of five"
    );
    assert_eq!(page.matches("</h1>").count(), 1);
    if let [reason, ..] = &checked.skipped[..] {
        eprintln!("skipped: {reason}");
        return;
    }

    for code in ["en", "ko"] {
        edit(
            root,
            &format!("book/{code}/introduction.md"),
            "n}\n",
            "n}\n\n<div style=\"width: 50rem\">wide</div>\n",
        );
        let script = "<script>console.error('lost'); fetch('http://127.0.0.1:9/x').catch(() => {})</script>\n\n> [!NOTE]";
        edit(
            root,
            &format!("book/{code}/02-tcp-echo.md"),
            "> [!NOTE]",
            script,
        );
    }
    book::accept_translation(root, None).unwrap();
    let said = said(root);
    assert_says(
        &said,
        "target/book/ko/introduction.html: Something reaches over the edge of a page 360 pixels wide",
    );
    assert_says(
        &said,
        "target/book/en/02-tcp-echo.html: A script logged an error",
    );
    assert_says(
        &said,
        "target/book/en/02-tcp-echo.html: The page asks the network for http://127.0.0.1:9/x",
    );
    assert!(
        !root
            .join("target/book-screens")
            .read_dir()
            .unwrap()
            .any(|entry| entry.unwrap().path().is_dir()),
        "the profile is gone"
    );
}

/// A process of its own, because what is asked is the environment's doing.
#[test]
fn without_a_browser_ci_fails_and_everyone_else_is_told() {
    const INNER: &str = "BOOK_TEST_WITHOUT_BROWSER";
    if std::env::var_os(INNER).is_some() {
        let folder = workspace();
        match book::check(folder.path()) {
            Ok(checked) => println!("passed, skipped {:?}", checked.skipped),
            Err(problems) => println!("failed: {problems:?}"),
        }
        return;
    }
    let said_with = |ci: &str| {
        let name = "silent_failures::without_a_browser_ci_fails_and_everyone_else_is_told";
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env(INNER, "1")
            .env("PATH", "")
            .env("CI", ci)
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert_says(
        &said_with("false"),
        "passed, skipped [\"no browser: the pages were not tried",
    );
    assert_says(&said_with("true"), "no browser: the pages were not tried");
    assert!(!said_with("true").contains("passed, skipped"));
}
