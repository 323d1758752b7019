//! The two servers of lesson 17, and the client that most people have: a browser.

use std::collections::HashSet;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use book::browser::Browser;
use http::threaded::{Client, Patience};
use http::{Files, Request, Response, Status};
use serde_json::{Value, json};
use tempfile::TempDir;
use threads::{Limits, News, Stop};

/// How long a server may take to stop.
const PATIENCE: Duration = Duration::from_secs(20);

/// Pictures of the page, so that there is more to load than a browser opens connections for one host.
const PICTURES: usize = 12;

/// Connections that Chromium opens to one host.
const CONNECTIONS: usize = 6;

const PAGE: &str = r#"<!DOCTYPE html><title>Loading</title><link rel="stylesheet" href="look/style.css">
<script src="script.js" defer></script><body><p>A page with many files.</p>"#;
const STYLE: &str = "p { color: rgb(1, 2, 3); }";
const SCRIPT: &str = "document.title = 'Loaded';";
const PICTURE: &str = r#"<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>"#;

fn site() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut page = PAGE.to_string();
    for number in 0..PICTURES {
        let name = format!("{number}.svg");
        page += &format!("<img src=\"{name}\" alt=\"\">");
        fs::write(folder.path().join(name), PICTURE).unwrap();
    }
    fs::create_dir(folder.path().join("look")).unwrap();
    for (name, content) in [
        ("index.html", &*page),
        ("look/style.css", STYLE),
        ("script.js", SCRIPT),
        ("digits.txt", "0123456789"),
    ] {
        fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

/// Who asked for what, and what became of it.
type Log = Arc<Mutex<Vec<(SocketAddr, String, Status)>>>;

/// Serves the site while `visit` runs, and looks how the conversations ended.
fn while_serving(on_mio: bool, visit: impl FnOnce(SocketAddr, &Log)) {
    let site = site();
    let files = Files::new(site.path()).unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, log) = (Stop::new(), Log::default());
    let (asked, logged) = (stop.clone(), Arc::clone(&log));
    let failures = Arc::new(Mutex::new(Vec::new()));
    let failed = Arc::clone(&failures);
    let report = move |news| {
        if let News::Ended(_, Err(error)) | News::AcceptFailed(error) = news {
            failed.lock().unwrap().push(error.to_string());
        }
    };
    let answer = move |request: &Request, _: &[u8], client: &Client| -> Response {
        let response = files.answer(request);
        let what = format!("{} {}", request.method(), request.path());
        let mut log = logged.lock().unwrap();
        log.push((client.address(), what, response.status));
        response
    };
    let (sender, ended) = mpsc::channel();
    thread::spawn(move || {
        let (limits, patience) = (Limits::USUAL, Patience::USUAL);
        let _ = sender.send(match on_mio {
            true => http::mio::serve(listener, limits, patience, &asked, report, answer),
            false => http::threaded::serve(listener, limits, patience, &asked, report, answer),
        });
    });
    visit(address, &log);
    stop.stop();
    let cut_off = ended.recv_timeout(PATIENCE).unwrap().unwrap();
    assert_eq!(cut_off, 0, "idle connections of the browser hold nobody up");
    let failures = failures.lock().unwrap();
    let are_good = failures.iter().all(|why| why.starts_with("413 "));
    assert!(are_good && failures.len() == 1, "{failures:?}");
}

/// Loads a page with all that belongs to it.
fn load(browser: &mut Browser, address: &str) {
    browser
        .call("Page.navigate", json!({ "url": address }))
        .unwrap();
    let loaded = "new Promise((done) => document.readyState === 'complete' ? done(0)
        : addEventListener('load', () => done(0)))";
    browser.evaluate(loaded).unwrap();
}

/// What `fetch` gives for these arguments: status, body, and what part of the file it is.
fn fetch(browser: &mut Browser, arguments: &str) -> (u64, String, Value) {
    let script = format!(
        "fetch({arguments}).then(async (response) =>
            [response.status, await response.text(), response.headers.get('content-range')])"
    );
    let mut said = browser.evaluate(&script).unwrap();
    let text = said[1].as_str().unwrap().to_string();
    (said[0].as_u64().unwrap(), text, said[2].take())
}

fn browse(browser: &mut Browser, address: SocketAddr, log: &Log) {
    let page = format!("http://{address}/");
    load(browser, &page);
    assert_eq!(browser.evaluate("document.title").unwrap(), "Loaded");
    let colour = "getComputedStyle(document.querySelector('p')).color";
    assert_eq!(browser.evaluate(colour).unwrap(), "rgb(1, 2, 3)");
    let shown = "[...document.images].filter((image) => image.naturalWidth === 8).length";
    assert_eq!(browser.evaluate(shown).unwrap(), PICTURES);

    // What it has, it asks about, and shows it again.
    load(browser, &page);
    assert_eq!(browser.evaluate(shown).unwrap(), PICTURES);
    let unchanged = |what: &str| {
        let row = (what.to_string(), Status::NOT_MODIFIED);
        let log = log.lock().unwrap();
        log.iter()
            .any(|(_, what, status)| (what, status) == (&row.0, &row.1))
    };
    assert!(unchanged("GET /") && unchanged("GET /look/style.css"));

    let part = "'digits.txt', { headers: { Range: 'bytes=2-5' } }";
    let expected = (206, "2345".to_string(), json!("bytes 2-5/10"));
    assert_eq!(fetch(browser, part), expected);
    let known = "fetch('digits.txt').then((response) => response.headers.get('etag'))";
    let tag = browser.evaluate(known).unwrap();
    let if_changed = format!("'digits.txt', {{ headers: {{ 'If-None-Match': {tag} }} }}");
    assert_eq!(fetch(browser, &if_changed).0, 304);
    assert_eq!(fetch(browser, "'nothing.txt'").0, 404);

    // A body that nobody wants: one is read and its method refused, the other is not read at all.
    let small = "'digits.txt', { method: 'POST', body: 'hello' }";
    assert_eq!(fetch(browser, small).0, 405);
    let large = "'digits.txt', { method: 'POST', body: new Uint8Array(8 << 20) }";
    let (status, why, _) = fetch(browser, large);
    assert_eq!(status, 413, "{why}");
    assert!(why.contains("the body is too long"), "{why}");
    assert_eq!(fetch(browser, "'digits.txt'").1, "0123456789");

    let log = log.lock().unwrap();
    let clients: HashSet<SocketAddr> = log.iter().map(|(client, ..)| *client).collect();
    // One more, for the connection that ended with the 413.
    assert!(
        clients.len() <= CONNECTIONS + 1 && log.len() > 2 * PICTURES,
        "{} requests on {} connections",
        log.len(),
        clients.len()
    );
}

#[test]
fn a_browser_gets_what_it_asks_for_and_hears_why_not() {
    let profile = tempfile::tempdir().unwrap();
    let Some(mut browser) = Browser::start_installed(&profile.path().join("profile")).unwrap()
    else {
        return;
    };
    for on_mio in [false, true] {
        while_serving(on_mio, |address, log| browse(&mut browser, address, log));
    }
}
