//! What every page is asked that a browser opens from one of our servers.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use book::browser::Browser;
use serde_json::json;

/// How long anything may take. A page waits for a second before it connects anew.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What our pages show in the element `state` while they are connected.
pub const IS_OPEN: &str = "document.querySelector('#state').className === 'open'";

/// Opens the page that a server has at `/`.
pub fn open(browser: &mut Browser, address: SocketAddr) {
    browser.open_address(&format!("http://{address}/")).unwrap();
}

/// Waits until an expression is true in the page.
#[track_caller]
pub fn until(browser: &mut Browser, expression: &str) {
    let started = Instant::now();
    while browser.evaluate(expression).unwrap() != json!(true) {
        assert!(started.elapsed() < PATIENCE, "never true: {expression}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Calls `visit` for everybody: in English, wide and light, and in Korean, narrow and dark. It opens a page, and then
/// calls [`assert_accessible`] with the language.
pub fn for_everybody(browser: &mut Browser, mut visit: impl FnMut(&mut Browser, &str)) {
    for (language, width, scheme) in [("en", 1280, "light"), ("ko", 360, "dark")] {
        let size =
            json!({ "width": width, "height": 740, "deviceScaleFactor": 1, "mobile": false });
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        let agent = json!({ "userAgent": "test", "acceptLanguage": language });
        for (method, parameters) in [
            ("Emulation.setDeviceMetricsOverride", size),
            ("Emulation.setEmulatedMedia", features),
            ("Emulation.setUserAgentOverride", agent),
        ] {
            browser.call(method, parameters).unwrap();
        }
        visit(browser, language);
    }
}

/// The page speaks the language, fits, and axe finds nothing. A picture of it goes to `target/book-screens`.
#[track_caller]
pub fn assert_accessible(browser: &mut Browser, name: &str, language: &str) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert_eq!(
        browser.evaluate("document.documentElement.lang").unwrap(),
        language,
        "{name}"
    );
    let fits = "document.documentElement.scrollWidth <= innerWidth";
    assert_eq!(
        browser.evaluate(fits).unwrap(),
        json!(true),
        "{name}, {language}"
    );
    let axe = fs::read_to_string(here.join("assets-test/axe.min.js")).unwrap();
    browser.evaluate(&axe).unwrap();
    let run = "axe.run().then((result) => result.violations.map((rule) => rule.id + ': ' + rule.nodes[0].html))";
    assert_eq!(
        browser.evaluate(run).unwrap(),
        json!([]),
        "{name}, {language}"
    );
    let pictures = here.join("../target/book-screens");
    fs::create_dir_all(&pictures).unwrap();
    let picture = pictures.join(format!("{name}-{language}.png"));
    browser.take_picture(&picture).unwrap();
}
