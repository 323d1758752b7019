//! What is done to the pages that mdBook rendered: a language switch, Korean interface strings, two themes instead of
//! five, and the names and roles that assistive technology needs.
//!
//! Each change replaces an exact piece of mdBook's theme. When a new version of mdBook moves that piece, the build fails
//! and names it: nothing gets lost without a word.

use std::fs;
use std::path::Path;

use crate::Problem;

/// A language of the book.
pub(crate) struct Language {
    /// Folder of its sources and of its pages, and its BCP 47 tag.
    pub(crate) code: &'static str,
    pub(crate) title: &'static str,
    pub(crate) description: &'static str,
    /// The other language: its folder, and the name that its readers know it by.
    other: (&'static str, &'static str),
    /// What the table of contents is called.
    contents: &'static str,
    /// Whether straight quotes become curly ones. mdBook takes a quote before a Korean particle for an opening one.
    pub(crate) curly_quotes: bool,
    /// A word that the book in this language surely has, for trying its search.
    pub(crate) sure_word: &'static str,
}

pub(crate) const ENGLISH: Language = Language {
    code: "en",
    title: "Sockets by Hand",
    description: "From socket() to a WebSocket that you wrote yourself, in Rust.",
    other: ("ko", "한국어"),
    contents: "Contents",
    curly_quotes: true,
    sure_word: "socket",
};

pub(crate) const KOREAN: Language = Language {
    code: "ko",
    title: "손으로 만드는 소켓",
    description: "socket()에서 시작해 직접 만든 WebSocket까지, Rust로.",
    other: ("en", "English"),
    contents: "차례",
    curly_quotes: false,
    sure_word: "소켓",
};

/// `target/book/index.html`: sends the reader on to their language, and lets them choose without script.
pub(crate) const DOOR: &str = "<!DOCTYPE html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<meta name=\"color-scheme\" content=\"light dark\">
<title>Sockets by Hand · 손으로 만드는 소켓</title>
<link rel=\"stylesheet\" href=\"en/assets/book.css\">
<script>
location.replace((navigator.language.startsWith(\"ko\") ? \"ko\" : \"en\") + \"/index.html\");
</script>
<body class=\"door\">
<main>
<h1>Sockets by Hand</h1>
<p><a href=\"en/index.html\" hreflang=\"en\">Read in English</a></p>
<p lang=\"ko\"><a href=\"ko/index.html\" hreflang=\"ko\">한국어로 읽기</a></p>
</main>
</body>
</html>
";

/// A piece of mdBook's theme and what stands there instead. The Korean is the same as the English where it is `None`.
struct Change {
    find: &'static str,
    english: &'static str,
    korean: Option<&'static str>,
    /// Whether every page has the piece, or only some (the first page has no link to a previous one).
    everywhere: bool,
}

/// For both languages.
const fn both(find: &'static str, put: &'static str) -> Change {
    Change {
        find,
        english: put,
        korean: None,
        everywhere: true,
    }
}

/// An interface string.
const fn string(find: &'static str, korean: &'static str) -> Change {
    Change {
        find,
        english: find,
        korean: Some(korean),
        everywhere: true,
    }
}

/// An interface string that only some pages have.
const fn rare(find: &'static str, korean: &'static str) -> Change {
    Change {
        find,
        english: find,
        korean: Some(korean),
        everywhere: false,
    }
}

const CHANGES_TO_PAGES: &[Change] = &[
    // Two themes. mdBook's scripts know the dark one as navy.
    both(
        "<li role=\"none\"><button role=\"menuitem\" class=\"theme\" id=\"mdbook-theme-rust\">Rust</button></li>",
        "",
    ),
    both(
        "<li role=\"none\"><button role=\"menuitem\" class=\"theme\" id=\"mdbook-theme-coal\">Coal</button></li>",
        "",
    ),
    both(
        "<li role=\"none\"><button role=\"menuitem\" class=\"theme\" id=\"mdbook-theme-ayu\">Ayu</button></li>",
        "",
    ),
    Change {
        find: ">Navy</button>",
        english: ">Dark</button>",
        korean: Some(">어두움</button>"),
        everywhere: true,
    },
    string(">Auto</button>", ">자동</button>"),
    string(">Light</button>", ">밝음</button>"),
    // The contents toggle is a label, out of a keyboard's reach. As a button it needs a line of reader.js.
    both(
        "<label id=\"mdbook-sidebar-toggle\" class=\"icon-button\" for=\"mdbook-sidebar-toggle-anchor\"",
        "<button id=\"mdbook-sidebar-toggle\" class=\"icon-button\" type=\"button\"",
    ),
    both(
        "</label>\n                        <button id=\"mdbook-theme-toggle\"",
        "</button>\n                        <button id=\"mdbook-theme-toggle\"",
    ),
    // One first heading for a page: the chapter's own.
    both("<h1 class=\"menu-title\">", "<div class=\"menu-title\">"),
    both(
        "</h1>\n\n                    <div class=\"right-buttons\">",
        "</div>\n\n                    <div class=\"right-buttons\">",
    ),
    both(
        "<div id=\"mdbook-menu-bar\"",
        "<div id=\"mdbook-menu-bar\" role=\"banner\"",
    ),
    both(
        "<div id=\"mdbook-search-wrapper\"",
        "<div id=\"mdbook-search-wrapper\" role=\"search\"",
    ),
    both(
        "aria-describedby=\"searchresults-header\"",
        "aria-describedby=\"mdbook-searchresults-header\"",
    ),
    both(
        "<h2 class=\"mdbook-help-title\">Keyboard shortcuts</h2>",
        "<p class=\"mdbook-help-title\">Keyboard shortcuts</p>",
    ),
    Change {
        find: "<iframe class=\"sidebar-iframe-outer\"",
        english: "<iframe title=\"Table of contents\" class=\"sidebar-iframe-outer\"",
        korean: Some("<iframe title=\"차례\" class=\"sidebar-iframe-outer\""),
        everywhere: true,
    },
    // Our search must replace mdBook's before its index arrives, so it cannot wait for the end of the page.
    both("        <script src=\"assets/search.js\"></script>\n", ""),
    both(
        "<script src=\"elasticlunr.min.js\"></script>",
        "<script src=\"elasticlunr.min.js\"></script>\n        <script src=\"assets/search.js\"></script>",
    ),
    string(
        "<p class=\"mdbook-help-title\">Keyboard shortcuts</p>",
        "<p class=\"mdbook-help-title\">단축키</p>",
    ),
    string(
        "Press <kbd>←</kbd> or <kbd>→</kbd> to navigate between chapters",
        "<kbd>←</kbd> <kbd>→</kbd> 앞뒤 장으로 가기",
    ),
    string(
        "Press <kbd>S</kbd> or <kbd>/</kbd> to search in the book",
        "<kbd>S</kbd> <kbd>/</kbd> 책에서 찾기",
    ),
    string(
        "Press <kbd>?</kbd> to show this help",
        "<kbd>?</kbd> 이 도움말 보기",
    ),
    string(
        "Press <kbd>Esc</kbd> to hide this help",
        "<kbd>Esc</kbd> 이 도움말 닫기",
    ),
    string("aria-label=\"Table of contents\"", "aria-label=\"차례\""),
    string(
        "title=\"Toggle Table of Contents\" aria-label=\"Toggle Table of Contents\"",
        "title=\"차례 열고 닫기\" aria-label=\"차례 열고 닫기\"",
    ),
    string(
        "title=\"Change theme\" aria-label=\"Change theme\"",
        "title=\"화면 색 바꾸기\" aria-label=\"화면 색 바꾸기\"",
    ),
    string("aria-label=\"Themes\"", "aria-label=\"화면 색\""),
    string(
        "title=\"Search (`/`)\" aria-label=\"Toggle Searchbar\"",
        "title=\"찾기 (/)\" aria-label=\"찾기 칸 열고 닫기\"",
    ),
    Change {
        find: "placeholder=\"Search this book ...\"",
        english: "placeholder=\"Search this book\" aria-label=\"Search this book\"",
        korean: Some("placeholder=\"이 책에서 찾기\" aria-label=\"이 책에서 찾기\""),
        everywhere: true,
    },
    string(
        "title=\"Print this book\" aria-label=\"Print this book\"",
        "title=\"책 전체를 한 쪽으로 (인쇄)\" aria-label=\"책 전체를 한 쪽으로 (인쇄)\"",
    ),
    string("aria-label=\"Page navigation\"", "aria-label=\"앞뒤 장\""),
    rare(
        "title=\"Previous chapter\" aria-label=\"Previous chapter\"",
        "title=\"이전 장\" aria-label=\"이전 장\"",
    ),
    rare(
        "title=\"Next chapter\" aria-label=\"Next chapter\"",
        "title=\"다음 장\" aria-label=\"다음 장\"",
    ),
    rare("</svg>Note</p>", "</svg>참고</p>"),
    rare("</svg>Tip</p>", "</svg>요령</p>"),
    rare("</svg>Important</p>", "</svg>중요</p>"),
    rare("</svg>Warning</p>", "</svg>주의</p>"),
    rare("</svg>Caution</p>", "</svg>위험</p>"),
];

const CHANGES_TO_BOOK_JS: &[Change] = &[
    string(
        "clipButton.title = 'Copy to clipboard'",
        "clipButton.title = '복사'",
    ),
    string("'Copied!'", "'복사했습니다'"),
];

const CHANGES_TO_SEARCHER_JS: &[Change] = &[
    string(
        "count + ' search result for \\'' + searchterm + '\\':'",
        "'\\'' + searchterm + '\\' 결과 ' + count + '건'",
    ),
    string(
        "'No search results for \\'' + searchterm + '\\'.'",
        "'\\'' + searchterm + '\\' 결과가 없습니다.'",
    ),
    string(
        "count + ' search results for \\'' + searchterm + '\\':'",
        "'\\'' + searchterm + '\\' 결과 ' + count + '건'",
    ),
    string(
        "aria-label=\"Search Result Teaser\"",
        "aria-label=\"찾은 곳의 글\"",
    ),
];

impl Change {
    /// Makes the change; false when the piece is not there.
    fn make(&self, text: &mut String, language: &Language) -> bool {
        if !text.contains(self.find) {
            return !self.everywhere;
        }
        let put = match self.korean {
            Some(korean) if language.code == KOREAN.code => korean,
            _ => self.english,
        };
        if put != self.find {
            *text = text.replace(self.find, put);
        }
        true
    }
}

/// Finishes the pages of one language, which mdBook rendered into `folder`.
pub(crate) fn finish(folder: &Path, language: &Language) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut finish_file = |path: &Path, changes: &[Change], is_page: bool| {
        if let Err(fault) = finish_file(path, changes, is_page.then_some(folder), language) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            problems.push(Problem::in_file(
                "book/src/page.rs",
                format!("{}/{name}: {fault}", language.code),
            ));
        }
    };
    for path in pages(folder) {
        finish_file(&path, CHANGES_TO_PAGES, true);
    }
    finish_file(&folder.join("book.js"), CHANGES_TO_BOOK_JS, false);
    finish_file(&folder.join("searcher.js"), CHANGES_TO_SEARCHER_JS, false);
    problems
}

/// The rendered chapters, and the whole book on one page; without `toc.html`, a frame that has no theme around it.
pub(crate) fn pages(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut pages: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "html")
                && !path.ends_with("toc.html")
        })
        .collect();
    pages.sort();
    pages
}

fn finish_file(
    path: &Path,
    changes: &[Change],
    page_of: Option<&Path>,
    language: &Language,
) -> Result<(), String> {
    let mut text =
        fs::read_to_string(path).map_err(|error| format!("It cannot be read: {error}."))?;
    for change in changes {
        if !change.make(&mut text, language) {
            return Err(moved(change.find));
        }
    }
    if let Some(folder) = page_of {
        let page = path.strip_prefix(folder).unwrap_or(path).to_string_lossy();
        add_language_switch(&mut text, &page, language)?;
    }
    fs::write(path, text).map_err(|error| format!("It cannot be written: {error}."))
}

/// A plain link in the menu bar (beside one to the contents, for readers without script) and `rel=alternate` in the head: the other language's page has the same name.
fn add_language_switch(text: &mut String, page: &str, language: &Language) -> Result<(), String> {
    let (code, name) = language.other;
    let link = format!("href=\"../{code}/{page}\" hreflang=\"{code}\"");
    let places = [
        (
            "</head>",
            format!("<link rel=\"alternate\" {link}>\n    </head>"),
        ),
        (
            "<div class=\"right-buttons\">",
            format!(
                "<div class=\"right-buttons\">\n                        \
                 <noscript><a class=\"language\" href=\"toc.html\">{}</a></noscript>\n                        \
                 <a class=\"language\" lang=\"{code}\" {link}>{name}</a>",
                language.contents
            ),
        ),
    ];
    for (find, put) in places {
        if text.matches(find).count() != 1 {
            return Err(moved(find));
        }
        *text = text.replace(find, &put);
    }
    Ok(())
}

fn moved(find: &str) -> String {
    format!(
        "mdBook's theme has no longer exactly one `{}` here. Adapt the change.",
        find.trim()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_of_the_theme_that_moved_is_noticed() {
        let mut page = "<head></head><div class=\"right-buttons\"></div>".to_owned();
        assert!(!string(">Auto</button>", ">자동</button>").make(&mut page, &KOREAN));
        assert!(rare(">Auto</button>", ">자동</button>").make(&mut page, &KOREAN));
        assert_eq!(add_language_switch(&mut page, "a.html", &KOREAN), Ok(()));
        let twice = add_language_switch(&mut page.repeat(2), "a.html", &KOREAN);
        assert!(twice.is_err_and(|fault| fault.contains("exactly one `</head>`")));
        let renamed = add_language_switch(
            &mut page.replace("right-buttons", "buttons"),
            "a.html",
            &KOREAN,
        );
        assert!(renamed.is_err_and(|fault| fault.contains("right-buttons")));
    }
}
