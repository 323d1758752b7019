//! The live lab, in a browser: against the course's server, and as a file.

use std::fs;
use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use book::browser::Browser;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::tab::Tab;

/// All ways, as the page calls them.
const WAYS: [&str; 5] = ["poll-1s", "poll-100ms", "long-poll", "sse", "websocket"];
/// The paces among which a reader chooses: milliseconds between two events, on average.
const PACES: [u64; 3] = [4000, 1000, 100];
/// Where the recording is, in the workspace.
const RECORDING: &str = "book/labs/latency.json";
/// Milliseconds that a run of the test lasts. A recorded one takes as long as the reader's.
const SHORT: u64 = 3000;
/// Of the random moments; with it, events happen in each run.
const SEED: u64 = 8;
/// For a run to be over, behind its own time.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A workspace with a book of one page, with the lab on it and the recorded runs.
fn workspace(recorded: &str) -> TempDir {
    let ways = WAYS.join(", ");
    let folder = book_of(&format!(
        "```lab\nlab: latency\ntitle: Ways\nways: {ways}\n```\n"
    ));
    let file = folder.path().join(RECORDING);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, recorded).unwrap();
    folder
}

/// A workspace with a book of one page, `lab.html`, that shows `text`.
pub fn book_of(text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let here = workspace_root().join("book");
    let write = |file: &str, text: &str| {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    for file in files(&here.join("assets")) {
        let to = folder
            .path()
            .join("book")
            .join(file.strip_prefix(&here).unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(&file, to).unwrap();
    }
    write("Cargo.toml", "[workspace]\nmembers = []\n");
    write(
        "book/book.toml",
        &fs::read_to_string(here.join("book.toml")).unwrap(),
    );
    for (code, heading) in [("en", "# Lab {#lab}"), ("ko", "# 실험 {#lab}")] {
        write(
            &format!("book/{code}/SUMMARY.md"),
            "# Summary\n\n[Lab](lab.md)\n",
        );
        write(
            &format!("book/{code}/lab.md"),
            &format!("{heading}\n\n{text}"),
        );
    }
    for room in ["exercises", "solutions"] {
        fs::create_dir_all(folder.path().join(room)).unwrap();
    }
    folder
}

pub fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found
}

/// A recording in which nothing happened.
fn nothing() -> Value {
    let way = json!({ "requests": [], "delays": [], "counts": [[0, 0, 0, 0]] });
    let ways: Value = WAYS
        .iter()
        .map(|key| (key.to_string(), way.clone()))
        .collect();
    let run =
        |pace| json!({ "pace": pace, "lasts": 20_000, "clock": 0, "events": [], "ways": ways });
    PACES.map(run).to_vec().into()
}

/// `cargo course serve`; dropping it ends it.
pub struct Server {
    process: Child,
    pub address: String,
    /// Where the server goes on to speak: it would fail if nobody could hear it.
    _said: Lines<BufReader<ChildStdout>>,
}

impl Server {
    pub fn start(workspace: &Path) -> Server {
        let mut process = Command::new(env!("CARGO_BIN_EXE_course"))
            .args(["serve", "--port", "0", "--no-open"])
            .current_dir(workspace)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = said
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                Some(
                    line.split_once("http://")?
                        .1
                        .trim_end_matches('/')
                        .to_string(),
                )
            })
            .unwrap();
        Server {
            process,
            address,
            _said: said,
        }
    }

    /// Asks as no browser would, and returns what really goes over the wire.
    pub fn ask(&self, head: &str) -> String {
        let mut stream = self.begin(head);
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn begin(&self, head: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        stream
    }

    fn head(&self, method: &str, target: &str) -> String {
        let host = &self.address;
        format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
    }

    fn json(&self, method: &str, target: &str) -> Value {
        let answer = self.ask(&self.head(method, target));
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A browser, if one is installed.
pub fn browser(folder: &Path) -> Option<Browser> {
    Browser::start_installed(&folder.join("profile")).unwrap()
}

/// Whether the figure on the page has come to a state.
fn is(state: &str) -> String {
    format!("document.querySelector('figure.lab')?.dataset.state === '{state}'")
}

pub fn wait_for(browser: &mut Browser, expression: &str, patience: Duration) {
    let deadline = Instant::now() + patience;
    while browser.evaluate(expression).unwrap() != true {
        assert!(Instant::now() < deadline, "never true: {expression}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Measures with the page that is open, and returns the run.
fn measure(browser: &mut Browser, pace: u64, lasts: u64) -> Value {
    let begin = format!(
        "(() => {{
            const figure = document.querySelector('figure.lab');
            figure.dataset.lasts = {lasts};
            figure.dataset.seed = {SEED};
            figure.querySelector('select').value = '{pace}';
            figure.querySelector('.lab-start').focus();
        }})()"
    );
    browser.evaluate(&begin).unwrap();
    browser.press("Enter", 13, "\r").unwrap();
    wait_for(browser, &is("running"), PATIENCE);
    wait_for(
        browser,
        &is("over"),
        Duration::from_millis(lasts) + PATIENCE,
    );
    let run = browser
        .evaluate("JSON.stringify(document.querySelector('figure.lab').run)")
        .unwrap();
    let said = browser
        .evaluate("document.querySelector('.lab-state').textContent")
        .unwrap();
    assert_eq!(said, "");
    serde_json::from_str(run.as_str().unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|number| number.as_f64().unwrap())
        .collect()
}

fn median(value: &Value) -> f64 {
    let mut numbers = numbers(value);
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// With `SNAPSHOTS=overwrite cargo test -p course lab_measures`, this makes the recording that the book shows.
#[test]
fn the_lab_measures_in_a_browser() {
    let records = std::env::var_os("SNAPSHOTS").is_some_and(|value| value == "overwrite");
    let folder = workspace(&nothing().to_string());
    let server = Server::start(folder.path());
    let Some(mut browser) = browser(folder.path()) else {
        return;
    };
    browser
        .open_address(&format!("http://{}/en/lab.html", server.address))
        .unwrap();
    wait_for(&mut browser, &is("ready"), PATIENCE);
    let mut runs = Vec::new();
    for pace in PACES {
        if !records && pace > 1000 {
            continue;
        }
        let run = measure(&mut browser, pace, if records { 20_000 } else { SHORT });
        let events = numbers(&run["events"]).len();
        assert!(events > 0, "nothing happened at the pace {pace}");
        for way in WAYS {
            let measured = &run["ways"][way];
            assert_eq!(
                numbers(&measured["delays"]).len(),
                events,
                "{way} at the pace {pace}"
            );
            let requests = measured["requests"].as_array().unwrap();
            let brought: f64 = requests.iter().map(|request| numbers(request)[2]).sum();
            assert_eq!(brought, events as f64, "{way} brought each event once");
            let [_, counted, up, down] =
                numbers(measured["counts"].as_array().unwrap().last().unwrap())[..]
            else {
                panic!("{way} has no counts");
            };
            assert_eq!(
                counted,
                requests.len() as f64,
                "page and server count the requests of {way}"
            );
            assert!(up > 0.0 && down > 0.0);
        }
        let asked = |way: &str| run["ways"][way]["requests"].as_array().unwrap().len();
        assert!(
            asked("long-poll") <= events + 1,
            "each answer but the last brings news"
        );
        assert_eq!([asked("sse"), asked("websocket")], [1, 1]);
        if records {
            // On a busy machine this need not be so; then it is no run to show.
            let [slow, quick, held, streamed, pushed] =
                WAYS.map(|way| median(&run["ways"][way]["delays"]));
            assert!(streamed.max(pushed) < held && held < quick && quick < slow);
        }
        runs.push(run);
    }
    let cells = browser
        .evaluate("document.querySelectorAll('figure.lab td').length")
        .unwrap();
    assert_eq!(cells, 7 * WAYS.len());
    let dashes = browser.evaluate("Array.from(document.querySelectorAll('figure.lab td')).filter((cell) => cell.textContent === '–').length");
    assert_eq!(dashes.unwrap(), 0);
    let reading = browser
        .evaluate("document.querySelector('.lab-reading').textContent")
        .unwrap();
    assert!(
        reading.as_str().unwrap().starts_with("Half of the "),
        "{reading}"
    );
    assert_eq!(complaints(&browser), "");
    for scheme in ["light", "dark"] {
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        browser.call("Emulation.setEmulatedMedia", media).unwrap();
        assert_eq!(
            not_accessible(&mut browser, "figure.lab"),
            json!([]),
            "{scheme}"
        );
    }
    if let Some(picture) = std::env::var_os("LAB_PICTURE") {
        browser.take_picture(Path::new(&picture)).unwrap();
    }
    if records {
        let file = workspace_root().join(RECORDING);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        let runs: Vec<String> = runs.iter().map(Value::to_string).collect();
        fs::write(file, format!("[\n{}\n]\n", runs.join(",\n"))).unwrap();
    }
}

#[test]
fn the_lab_obeys_its_buttons_and_survives_its_server() {
    let folder = workspace(&nothing().to_string());
    let server = Server::start(folder.path());
    let Some(mut browser) = browser(folder.path()) else {
        return;
    };
    browser
        .open_address(&format!("http://{}/en/lab.html", server.address))
        .unwrap();
    wait_for(&mut browser, &is("ready"), PATIENCE);
    let button = |name: &str| {
        format!(
            "Array.from(document.querySelectorAll('figure.lab button'))
                .find((button) => button.textContent === '{name}')"
        )
    };
    let dots = "Math.min(...Array.from(document.querySelectorAll('.lab-picture'))
        .map((lane) => lane.querySelectorAll('.dot').length))";
    for name in ["Start", "An event now", "Stop"] {
        wait_for(
            &mut browser,
            &format!("!{}.disabled", button(name)),
            PATIENCE,
        );
        let before = browser.evaluate(dots).unwrap().as_u64().unwrap();
        let press = format!("{}.click()", button(name));
        browser.evaluate(&press).unwrap();
        if name == "An event now" {
            wait_for(&mut browser, &format!("{dots} > {before}"), PATIENCE);
        }
    }
    wait_for(&mut browser, &is("over"), PATIENCE);
    let reading = "document.querySelector('.lab-reading').textContent.startsWith('Half of the ')";
    assert_eq!(browser.evaluate(reading).unwrap(), true);
    assert_eq!(complaints(&browser), "");

    browser
        .evaluate(&format!("{}.click()", button("Start")))
        .unwrap();
    wait_for(
        &mut browser,
        &format!("!{}.disabled", button("An event now")),
        PATIENCE,
    );
    drop(server);
    wait_for(&mut browser, &is("over"), PATIENCE);
    let said = browser
        .evaluate("document.querySelector('.lab-state').textContent")
        .unwrap();
    assert!(
        said.as_str()
            .unwrap()
            .starts_with("The server answers no more."),
        "{said}"
    );
    // That nobody answers is logged by the browser; the page's script takes it as it comes.
    assert!(!complaints(&browser).contains("exceptionThrown"));
}

/// What axe finds in a figure.
pub fn not_accessible(browser: &mut Browser, figure: &str) -> Value {
    let axe = workspace_root().join("book/assets-test/axe.min.js");
    let axe = fs::read_to_string(axe).unwrap();
    browser.evaluate(&format!("{axe};0")).unwrap();
    let run = format!(
        "axe.run('{figure}', {{ preload: false, resultTypes: ['violations'] }})
            .then((result) => result.violations.map((rule) => rule.id + ': ' + rule.nodes[0].html))"
    );
    browser.evaluate(&run).unwrap()
}

/// What the page's scripts and the browser complained of.
pub fn complaints(browser: &Browser) -> String {
    let is_complaint = |event: &&Value| {
        event["method"] == "Runtime.exceptionThrown"
            || (event["method"] == "Log.entryAdded" && event["params"]["entry"]["level"] == "error")
    };
    browser
        .events
        .iter()
        .filter(is_complaint)
        .map(|event| format!("{event}\n"))
        .collect()
}

/// Opened as a file, the page shows the recording that is in the book.
#[test]
fn the_lab_shows_a_recorded_run_without_a_server() {
    let recorded = fs::read_to_string(workspace_root().join(RECORDING)).unwrap();
    let folder = workspace(&recorded);
    let runs: Value = serde_json::from_str(&recorded).unwrap();
    assert_eq!(runs.as_array().unwrap().len(), PACES.len());
    let built = Command::new(env!("CARGO_BIN_EXE_course"))
        .args(["book", "build"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(built.status.success(), "{built:?}");
    let Some(mut browser) = browser(folder.path()) else {
        return;
    };
    for (language, reading) in [("en", "Half of the "), ("ko", "이벤트 ")] {
        let page = folder
            .path()
            .join(format!("target/book/{language}/lab.html"));
        browser.open(&page).unwrap();
        wait_for(&mut browser, &is("ready"), PATIENCE);
        let said = browser
            .evaluate("document.querySelector('.lab-reading').textContent")
            .unwrap();
        assert!(said.as_str().unwrap().starts_with(reading), "{said}");
        for (pace, run) in PACES.iter().zip(runs.as_array().unwrap()) {
            let choose = format!(
                "(() => {{
                    const select = document.querySelector('figure.lab select');
                    select.value = '{pace}';
                    select.dispatchEvent(new Event('change'));
                    return document.querySelectorAll('figure.lab .dot').length;
                }})()"
            );
            let events = run["events"].as_array().unwrap().len();
            assert_eq!(browser.evaluate(&choose).unwrap(), events * WAYS.len());
        }
        // Nothing can be measured, and the recording can be replayed and the replay stopped, by keyboard.
        let visible = "Array.from(document.querySelectorAll('figure.lab button:not([hidden])'))";
        assert_eq!(browser.evaluate(&format!("{visible}.length")).unwrap(), 1);
        browser.evaluate(&format!("{visible}[0].focus()")).unwrap();
        browser.press("Enter", 13, "\r").unwrap();
        wait_for(&mut browser, &is("running"), PATIENCE);
        browser.evaluate(&format!("{visible}[0].focus()")).unwrap();
        browser.press("Enter", 13, "\r").unwrap();
        wait_for(&mut browser, &is("over"), PATIENCE);
        assert_eq!(complaints(&browser), "");
    }
}

/// Runs are bounded, and nobody can ask for one that is not there.
#[test]
fn the_lab_bears_some_runs_at_a_time() {
    let folder = workspace(&nothing().to_string());
    let server = Server::start(folder.path());
    let status = |method: &str, target: &str| {
        let answer = server.ask(&server.head(method, target));
        answer.split(' ').nth(1).unwrap().to_string()
    };
    let foreign = "Origin: http://example.org\r\nConnection";
    let answer = server.ask(
        &server
            .head("POST", "/lab/latency")
            .replace("Connection", foreign),
    );
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    let runs: Vec<u64> = (0..8)
        .map(|_| {
            server.json("POST", "/lab/latency?lasts=99999999999")["run"]
                .as_u64()
                .unwrap()
        })
        .collect();
    assert_eq!(status("POST", "/lab/latency"), "503");
    let first = format!("/lab/latency/{}", runs[0]);
    assert_eq!(status("POST", &format!("{first}/say")), "204");
    assert_eq!(status("POST", &format!("{first}/stop")), "204");
    assert_eq!(status("POST", &format!("{first}/say")), "404", "it is over");
    assert_eq!(
        status("POST", "/lab/latency"),
        "200",
        "one is over, and makes room"
    );
    assert_eq!(status("GET", &first), "404");
    let second = format!("/lab/latency/{}", runs[1]);
    for (method, path, wanted) in [
        ("GET", "/lab/latency", "200"),
        ("GET", "/lab", "404"),
        ("GET", "/lab/", "404"),
        ("GET", "/lab/latency/x", "404"),
        ("GET", "/lab/latency/99999999999999999999", "404"),
        ("DELETE", "/lab/latency", "404"),
        ("DELETE", &second, "405"),
        ("GET", &format!("{second}/pigeon"), "404"),
        ("GET", &format!("{second}/poll-1s?since=x"), "400"),
        ("GET", &format!("{second}/poll-1s?since=9"), "410"),
        ("GET", &format!("{second}/poll-1s/more"), "404"),
        ("GET", &format!("{second}/websocket?since=0"), "426"),
        ("GET", &format!("{second}/websocket?since=x"), "400"),
        ("HEAD", &format!("{second}/websocket?since=0"), "405"),
    ] {
        assert_eq!(status(method, path), wanted, "{method} {path}");
    }
}

/// What the server counts is what goes over the wire.
#[test]
fn the_lab_counts_bytes() {
    let folder = workspace(&nothing().to_string());
    let server = Server::start(folder.path());
    let started = server.json("POST", "/lab/latency?pace=50&lasts=1000&seed=1");
    let address = format!("/lab/latency/{}", started["run"]);
    for way in WAYS.into_iter().filter(|way| *way != "websocket") {
        let (mut up, mut down) = (0, 0);
        for since in [0, 1] {
            let head = server.head("GET", &format!("{address}/{way}?since={since}"));
            let mut stream = server.begin(&head);
            if way == "sse" {
                // It brings events until the run is over.
                let stop = server.ask(&server.head("POST", &format!("{address}/stop")));
                assert!(stop.starts_with("HTTP/1.1 204 "), "{stop}");
            }
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            up += head.len();
            // That the connection ends was our wish, and is not counted.
            down += answer.replacen("Connection: close\r\n", "", 1).len();
        }
        let state = server.json("GET", &address);
        assert_eq!(state["ways"][way], json!([2, up, down]), "{way}");
    }
}

/// Also when they are no HTTP any more: frames, both ways, down to the close frames.
#[test]
fn the_lab_counts_the_bytes_of_a_websocket() {
    let folder = workspace(&nothing().to_string());
    let server = Server::start(folder.path());
    let started = server.json("POST", "/lab/latency?pace=50&lasts=1000&seed=1");
    let address = format!("/lab/latency/{}", started["run"]);
    let mut tab = Tab::open(&format!("{}{address}/websocket?since=0", server.address));
    let wait_for = |number: u64, tab: &mut Tab| {
        let event = tab.hears().unwrap();
        let (id, moment) = event.split_once(' ').unwrap();
        assert_eq!(id, number.to_string());
        assert!(moment.parse::<f64>().unwrap() > 0.0);
    };
    wait_for(1, &mut tab);
    wait_for(2, &mut tab);
    // Who comes later, or anew, goes on where it was.
    let mut late = Tab::open(&format!("{}{address}/websocket?since=1", server.address));
    wait_for(2, &mut late);
    let stop = server.ask(&server.head("POST", &format!("{address}/stop")));
    assert!(stop.starts_with("HTTP/1.1 204 "), "{stop}");
    let (mut up, mut down) = (0, 0);
    for mut tab in [tab, late] {
        while tab.hears().is_some() {}
        assert_eq!(tab.closed, Some(1001));
        up += tab.sent;
        down += tab.received;
    }
    let state = server.json("GET", &address);
    assert_eq!(state["ways"]["websocket"], json!([2, up, down]));
}
