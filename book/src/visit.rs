//! The built pages visited in a real browser, from `file://`.
//!
//! Each page is loaded wide and light, then narrow and dark. It must log no error, ask nothing of the network, fit its
//! width and satisfy axe; the search must find a word of its language; contents, ladders and labs must obey the
//! keyboard. Pictures go to `target/book-screens/`.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::browser::{self, Browser, Failure, POLL};
use crate::{Checked, Problem, Sources, output, page};

/// For search results to show.
const SEARCH_DEADLINE: Duration = Duration::from_secs(5);
/// After this many presses of Tab a reader has given up.
const MOST_TABS: usize = 20;

/// How each page is looked at: name of the picture, width and height in CSS pixels, colour scheme.
const VIEWS: [(&str, u32, u32, &str); 2] = [
    ("wide-light", 1280, 900, "light"),
    ("narrow-dark", 360, 740, "dark"),
];

/// What in the content reaches over the right edge, outside of boxes that scroll by themselves.
const OVERFLOW: &str = "(() => {
    const scrolls = (element) => element && element !== document.body
        && (['auto', 'scroll'].includes(getComputedStyle(element).overflowX) && element.id !== 'mdbook-content'
            || scrolls(element.parentElement));
    return Array.from(document.querySelectorAll('#mdbook-menu-bar *, main *'))
        .filter((element) => element.getBoundingClientRect().right > document.documentElement.clientWidth + 1 && !scrolls(element))
        .map((element) => element.outerHTML.slice(0, 80)).slice(0, 1).join('');
})()";

const AXE_RUN: &str = "axe.run(document, { preload: false, resultTypes: ['violations'] }).then((result) =>
    result.violations.map((rule) => rule.id + ': ' + rule.help + ' (' + rule.nodes[0].html.slice(0, 120) + ')'))";

const SEARCH_RESULTS: &str = "document.querySelectorAll('#mdbook-searchresults li').length";

/// Tries all pages, or says in `checked` that no browser is there.
pub(crate) fn check_pages(
    root: &Path,
    sources: &Sources,
    checked: &mut Checked,
) -> Result<(), Vec<Problem>> {
    let Some(program) = browser::installed() else {
        let skipped = browser::missing();
        let skipped = skipped.map_err(|sentence| vec![Problem::in_file("book", sentence)])?;
        checked.skipped.push(skipped);
        return Ok(());
    };
    let failed = |error: Failure| {
        vec![Problem::in_file(
            "book",
            format!("The browser could not be used: {error}."),
        )]
    };
    let pictures = root.join("target/book-screens");
    let axe = fs::read_to_string(root.join("book/assets-test/axe.min.js")).map_err(|error| {
        vec![Problem::in_file(
            "book/assets-test/axe.min.js",
            format!("It cannot be read: {error}."),
        )]
    })?;
    fs::create_dir_all(&pictures).map_err(|error| failed(error.into()))?;
    let mut browser = Browser::start(
        &program,
        &pictures.join(format!("profile-{}", std::process::id())),
    )
    .map_err(failed)?;
    let mut problems = Vec::new();
    let mut views = 0;
    for (language, chapters) in sources.languages() {
        // index.html is the first chapter once more.
        for path in page::pages(&output(root).join(language.code))
            .iter()
            .filter(|path| !path.ends_with("index.html"))
        {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            for view in VIEWS {
                let picture = pictures.join(format!("{}-{name}-{}.png", language.code, view.0));
                let found = browser
                    .try_page(path, view, &axe, &picture)
                    .map_err(failed)?;
                let file = Path::new("target/book")
                    .join(language.code)
                    .join(format!("{name}.html"));
                problems.extend(
                    found
                        .into_iter()
                        .map(|found| Problem::in_file(&file, format!("{} ({}).", found, view.0))),
                );
                views += 1;
            }
        }
        let folder = output(root).join(language.code);
        if browser
            .search(&folder, language.sure_word)
            .map_err(failed)?
            == 0
        {
            let sentence = format!(
                "The search of the {} book finds nothing for `{}`.",
                language.code, language.sure_word
            );
            problems.push(Problem::in_file("book/assets/search.js", sentence));
        }
        if !browser.contents_open_by_keyboard(&folder).map_err(failed)? {
            let sentence = "Tab and Enter do not open the table of contents.";
            problems.push(Problem::in_file("book/assets/reader.js", sentence));
        }
        for chapter in chapters {
            if chapter
                .sections
                .iter()
                .any(|section| section.fences.iter().any(|kind| kind == "ladder"))
                && !browser
                    .ladder_steps_by_keyboard(&folder.join(&chapter.name).with_extension("html"))
                    .map_err(failed)?
            {
                let sentence = "Enter on a ladder's button does not show its first step.";
                problems.push(Problem::in_file(&chapter.file, sentence));
            }
            if chapter
                .sections
                .iter()
                .any(|section| section.fences.iter().any(|kind| kind == "lab"))
                && !browser
                    .lab_replays_by_keyboard(&folder.join(&chapter.name).with_extension("html"))
                    .map_err(failed)?
            {
                let sentence = "Enter on a lab's button does not replay the recorded run.";
                problems.push(Problem::in_file(&chapter.file, sentence));
            }
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    checked.checked.push(format!("{views} views in a browser"));
    Ok(())
}

impl Browser {
    /// Looks at a page in one way; returns what is wrong with it.
    fn try_page(
        &mut self,
        path: &Path,
        (_, width, height, scheme): (&str, u32, u32, &str),
        axe: &str,
        picture: &Path,
    ) -> Result<Vec<String>, Failure> {
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", size)?;
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.call("Emulation.setEmulatedMedia", media)?;
        self.open(path)?;
        let theme = self.evaluate("getComputedStyle(document.documentElement).colorScheme")?;
        let overflow = self.evaluate(OVERFLOW)?;
        // The whole book on one page has nothing that the chapters have not, and would take as long as they.
        let violations = if path.ends_with("print.html") {
            Value::Null
        } else {
            self.evaluate(&format!("{axe};0"))?;
            self.evaluate(AXE_RUN)?
        };
        self.take_picture(picture)?;

        let mut problems: Vec<String> = self.events.iter().filter_map(complaint).collect();
        if theme != scheme {
            problems.push(format!(
                "The page shows the colour scheme {theme} where the reader prefers {scheme}"
            ));
        }
        if overflow != "" {
            problems.push(format!(
                "Something reaches over the edge of a page {width} pixels wide: {overflow}"
            ));
        }
        let violations = violations
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str);
        problems.extend(violations.map(|violation| format!("Not accessible: {violation}")));
        Ok(problems)
    }

    /// Types a word into the search of a book and returns how many results show.
    fn search(&mut self, folder: &Path, word: &str) -> Result<u64, Failure> {
        self.open(&folder.join("index.html"))?;
        self.evaluate("document.getElementById('mdbook-search-toggle').click()")?;
        self.evaluate("document.getElementById('mdbook-searchbar').focus()")?;
        self.call("Input.insertText", json!({ "text": word }))?;
        self.call(
            "Input.dispatchKeyEvent",
            json!({ "type": "keyUp", "key": "Shift" }),
        )?;
        let deadline = Instant::now() + SEARCH_DEADLINE;
        loop {
            let results = self.evaluate(SEARCH_RESULTS)?.as_u64().unwrap_or(0);
            if results > 0 || Instant::now() > deadline {
                return Ok(results);
            }
            thread::sleep(POLL);
        }
    }

    /// Walks with Tab to the button for the contents (the window is narrow, so they are closed) and presses Enter.
    fn contents_open_by_keyboard(&mut self, folder: &Path) -> Result<bool, Failure> {
        self.open(&folder.join("index.html"))?;
        for _ in 0..MOST_TABS {
            self.press("Tab", 9, "")?;
            if self.evaluate("document.activeElement.id")? == "mdbook-sidebar-toggle" {
                self.press("Enter", 13, "\r")?;
                return Ok(self
                    .evaluate("document.documentElement.classList.contains('sidebar-visible')")?
                    == true);
            }
        }
        Ok(false)
    }

    /// Presses Enter on the Next button of each ladder of a page: the later steps must fade.
    fn ladder_steps_by_keyboard(&mut self, path: &Path) -> Result<bool, Failure> {
        self.open(path)?;
        let ladders = self
            .evaluate("document.querySelectorAll('figure.ladder').length")?
            .as_u64()
            .unwrap_or(0);
        for index in 0..ladders {
            let ladder = format!("document.querySelectorAll('figure.ladder')[{index}]");
            self.evaluate(&format!("{ladder}.querySelector('button:enabled').focus()"))?;
            self.press("Enter", 13, "\r")?;
            let steps = format!("{ladder}.querySelectorAll('g.step:not(.later)').length");
            if self.evaluate(&steps)? != 1 {
                return Ok(false);
            }
        }
        Ok(ladders > 0)
    }

    /// Presses Enter on the one button that each lab has without a server.
    fn lab_replays_by_keyboard(&mut self, path: &Path) -> Result<bool, Failure> {
        self.open(path)?;
        self.evaluate("document.querySelector('figure.lab button:enabled:not([hidden])').focus()")?;
        self.press("Enter", 13, "\r")?;
        let state = self.evaluate("document.querySelector('figure.lab').dataset.state")?;
        Ok(state == "running")
    }
}

/// What an event of the page says against it.
fn complaint(event: &Value) -> Option<String> {
    let params = &event["params"];
    match event["method"].as_str()? {
        "Runtime.exceptionThrown" => Some(format!(
            "A script failed: {}",
            params["exceptionDetails"]["exception"]["description"]
        )),
        "Runtime.consoleAPICalled" if params["type"] == "error" => {
            Some(format!("A script logged an error: {}", params["args"][0]))
        }
        "Log.entryAdded" if params["entry"]["level"] == "error" => Some(format!(
            "The browser logged an error: {} {}",
            params["entry"]["text"], params["entry"]["url"]
        )),
        "Network.requestWillBeSent" => {
            let url = params["request"]["url"].as_str()?;
            let inside = ["file:", "data:", "about:"]
                .iter()
                .any(|scheme| url.starts_with(scheme));
            (!inside).then(|| format!("The page asks the network for {url}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_that_speak_against_a_page() {
        let request = |url: &str| json!({ "method": "Network.requestWillBeSent", "params": { "request": { "url": url } } });
        assert!(
            complaint(&request("https://example.org/x.js"))
                .is_some_and(|text| text.contains("example.org"))
        );
        assert_eq!(complaint(&request("file:///book/x.js")), None);
        assert_eq!(
            complaint(&json!({ "method": "Page.loadEventFired", "params": {} })),
            None
        );
    }
}
