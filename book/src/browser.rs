//! The built pages tried in a real browser: Chromium over its debugging protocol, pages from `file://`.
//!
//! Each page is loaded wide and light, then narrow and dark. It must log no error, ask nothing of the network, fit its
//! width and satisfy axe; the search must find a word of its language; contents and
//! ladders must obey the keyboard. Pictures go to `target/book-screens/`.

use std::env;
use std::fs;
use std::io::Read as _;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

use crate::{Checked, Problem, Sources, output, page};

/// Names under which a browser of the Chromium family is installed.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
const FLAGS: [&str; 10] = [
    "--headless",
    "--hide-scrollbars",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
];
const START_DEADLINE: Duration = Duration::from_secs(30);
/// For one answer of the browser, or one event.
const ANSWER_DEADLINE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(20);
/// Bytes of one message from the browser; a picture of a long page is the largest.
const LARGEST_MESSAGE: usize = 256 << 20;

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
    let Some(program) = installed() else {
        let sentence = format!(
            "no browser: the pages were not tried. Install one of {}.",
            BROWSERS.join(", ")
        );
        if env::var("CI").is_ok_and(|value| value == "true") {
            return Err(vec![Problem::in_file("book", sentence)]);
        }
        checked.skipped.push(sentence);
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
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    checked.checked.push(format!("{views} views in a browser"));
    Ok(())
}

fn installed() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    BROWSERS
        .iter()
        .flat_map(|name| env::split_paths(&path).map(move |folder| folder.join(name)))
        .find(|file| file.is_file())
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A running browser with one page. Dropping it ends the process and removes its profile.
struct Browser {
    process: Child,
    profile: PathBuf,
    socket: WebSocket<TcpStream>,
    session: Option<String>,
    last_id: u64,
    /// Events of the page since the last [`Browser::open`].
    events: Vec<Value>,
}

impl Browser {
    fn start(program: &Path, profile: &Path) -> Result<Browser, Failure> {
        fs::create_dir_all(profile)?;
        let user_data = format!("--user-data-dir={}", profile.display());
        let mut process = Command::new(program)
            .args(FLAGS)
            .args([user_data.as_str(), "about:blank"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let socket = match connect(profile) {
            Ok(socket) => socket,
            Err(error) => {
                end(&mut process, profile);
                return Err(error);
            }
        };
        let profile = profile.to_path_buf();
        let mut browser = Browser {
            process,
            profile,
            socket,
            session: None,
            last_id: 0,
            events: Vec::new(),
        };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }))?;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = browser.call("Target.attachToTarget", attach)?;
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Network", "Log"] {
            browser.call(&format!("{domain}.enable"), json!({}))?;
        }
        browser.call("Page.setLifecycleEventsEnabled", json!({ "enabled": true }))?;
        Ok(browser)
    }

    /// Sends a command and waits for its answer; events that come meanwhile are kept.
    fn call(&mut self, method: &str, params: Value) -> Result<Value, Failure> {
        self.last_id += 1;
        let mut message = json!({ "id": self.last_id, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.socket.send(Message::text(message.to_string()))?;
        let deadline = Instant::now() + ANSWER_DEADLINE;
        loop {
            let mut answer = self
                .receive(deadline)
                .map_err(|error| format!("{method}: {error}"))?;
            if answer["id"] != json!(self.last_id) {
                self.events.push(answer);
            } else if answer["error"].is_object() {
                return Err(format!("{method}: {}", answer["error"]["message"]).into());
            } else {
                return Ok(answer["result"].take());
            }
        }
    }

    fn receive(&mut self, deadline: Instant) -> Result<Value, Failure> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err("no answer in time".into());
            }
            self.socket.get_ref().set_read_timeout(Some(left))?;
            if let Message::Text(text) = self.socket.read()? {
                return Ok(serde_json::from_str(&text)?);
            }
        }
    }

    /// Opens an address and waits until it has loaded with all that belongs to it.
    fn open(&mut self, address: &str) -> Result<(), Failure> {
        self.events.clear();
        let answer = self.call("Page.navigate", json!({ "url": address }))?;
        let has_loaded = |event: &Value| {
            let params = &event["params"];
            event["method"] == "Page.lifecycleEvent"
                && params["name"] == "load"
                && params["loaderId"] == answer["loaderId"]
        };
        let deadline = Instant::now() + ANSWER_DEADLINE;
        while !self.events.iter().any(has_loaded) {
            let event = self
                .receive(deadline)
                .map_err(|error| format!("{address}: {error}"))?;
            self.events.push(event);
        }
        Ok(())
    }

    /// The value of a JavaScript expression, or of the promise that it gives.
    fn evaluate(&mut self, expression: &str) -> Result<Value, Failure> {
        let params =
            json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut answer = self.call("Runtime.evaluate", params)?;
        match &answer["exceptionDetails"] {
            Value::Null => Ok(answer["result"]["value"].take()),
            details => Err(format!("the page's script failed: {details}").into()),
        }
    }

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
        self.open(&format!("file://{}", path.display()))?;
        let theme = self.evaluate("getComputedStyle(document.documentElement).colorScheme")?;
        let overflow = self.evaluate(OVERFLOW)?;
        self.evaluate(&format!("{axe};0"))?;
        let violations = self.evaluate(AXE_RUN)?;
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

    fn take_picture(&mut self, file: &Path) -> Result<(), Failure> {
        let picture = self.call(
            "Page.captureScreenshot",
            json!({ "captureBeyondViewport": true, "format": "png" }),
        )?;
        let data = picture["data"]
            .as_str()
            .and_then(decode_base64)
            .ok_or("a picture that cannot be read")?;
        Ok(fs::write(file, data)?)
    }

    /// Types a word into the search of a book and returns how many results show.
    fn search(&mut self, folder: &Path, word: &str) -> Result<u64, Failure> {
        self.open(&format!("file://{}/index.html", folder.display()))?;
        self.evaluate("document.getElementById('mdbook-search-toggle').click()")?;
        self.evaluate("document.getElementById('mdbook-searchbar').focus()")?;
        self.call("Input.insertText", json!({ "text": word }))?;
        self.call(
            "Input.dispatchKeyEvent",
            json!({ "type": "keyUp", "key": "Shift" }),
        )?;
        let deadline = Instant::now() + ANSWER_DEADLINE / 4;
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
        self.open(&format!("file://{}/index.html", folder.display()))?;
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
        self.open(&format!("file://{}", path.display()))?;
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

    fn press(&mut self, key: &str, code: u32, text: &str) -> Result<(), Failure> {
        let mut event = json!({ "type": "keyDown", "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text });
        self.call("Input.dispatchKeyEvent", event.clone())?;
        event["type"] = json!("keyUp");
        self.call("Input.dispatchKeyEvent", event)?;
        Ok(())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.session = None;
        let _ = self.call("Browser.close", json!({}));
        end(&mut self.process, &self.profile);
    }
}

/// Waits a moment for the process to end by itself, kills it otherwise, and removes its profile.
fn end(process: &mut Child, profile: &Path) {
    let deadline = Instant::now() + ANSWER_DEADLINE / 4;
    while matches!(process.try_wait(), Ok(None)) {
        if Instant::now() > deadline {
            let _ = process.kill();
            let _ = process.wait();
            break;
        }
        thread::sleep(POLL);
    }
    // Its helpers may still write while they end.
    while profile.exists() && fs::remove_dir_all(profile).is_err() && Instant::now() < deadline {
        thread::sleep(POLL);
    }
}

/// The browser writes its port and the path of its WebSocket into its profile once it listens.
fn connect(profile: &Path) -> Result<WebSocket<TcpStream>, Failure> {
    let deadline = Instant::now() + START_DEADLINE;
    loop {
        let mut text = String::new();
        if let Ok(mut file) = fs::File::open(profile.join("DevToolsActivePort")) {
            file.read_to_string(&mut text)?;
        }
        if let Some((port, path)) = text.split_once('\n') {
            let stream = TcpStream::connect(("127.0.0.1", port.parse::<u16>()?))?;
            stream.set_read_timeout(Some(ANSWER_DEADLINE))?;
            stream.set_write_timeout(Some(ANSWER_DEADLINE))?;
            let config = tungstenite::protocol::WebSocketConfig::default()
                .max_message_size(Some(LARGEST_MESSAGE))
                .max_frame_size(Some(LARGEST_MESSAGE));
            let address = format!("ws://127.0.0.1:{port}{}", path.trim());
            return Ok(tungstenite::client::client_with_config(address, stream, Some(config))?.0);
        }
        if Instant::now() > deadline {
            return Err("it did not start in time".into());
        }
        thread::sleep(POLL);
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

fn decode_base64(text: &str) -> Option<Vec<u8>> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut count) = (0_u32, 0);
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for letter in text.bytes().filter(|letter| *letter != b'=') {
        let value = ALPHABET.iter().position(|known| *known == letter)?;
        bits = bits << 6 | u32::try_from(value).ok()?;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_any_length_is_decoded() {
        assert_eq!(
            decode_base64("aGVsbG8gd29ybGQ=").as_deref(),
            Some(&b"hello world"[..])
        );
        assert_eq!(decode_base64("AP8=").as_deref(), Some(&[0, 255][..]));
        assert_eq!(decode_base64("a?"), None);
    }

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
