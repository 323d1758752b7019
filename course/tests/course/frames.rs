//! The frame lab, in a browser: with its program in the page, with the course's server, and without either.

use std::fs;
use std::path::Path;
use std::process::Command;

use book::browser::Browser;
use serde_json::json;
use tempfile::TempDir;
use ws_frames::{Role, explain};

use crate::lab::{
    PATIENCE, Server, book_of, browser, complaints, files, not_accessible, wait_for, workspace_root,
};

/// Whether the figure has come to a state.
fn is(state: &str) -> String {
    format!("document.querySelector('figure.bytes')?.dataset.state === '{state}'")
}

fn text(browser: &mut Browser, selector: &str) -> String {
    let said = format!("document.querySelector('{selector}').textContent");
    browser
        .evaluate(&said)
        .unwrap()
        .as_str()
        .unwrap()
        .to_owned()
}

/// A book with the lab and the words of its figures; without lesson 21, there is no program for the page.
fn workspace() -> TempDir {
    let recorded = "frame-broken.txt";
    let folder = book_of(&format!(
        "```frames\ntitle: Frames\n{{{{#include ../{recorded}}}}}\n```\n"
    ));
    let transcripts = workspace_root().join("lessons/21-ws-frames/tests/transcripts");
    let to = folder.path().join("book");
    fs::copy(transcripts.join(recorded), to.join(recorded)).unwrap();
    fs::create_dir_all(to.join("bytes")).unwrap();
    let words = workspace_root().join("book/bytes/ko.toml");
    fs::copy(words, to.join("bytes/ko.toml")).unwrap();
    folder
}

/// Adds lesson 21, when programs can be built for the page.
fn with_program(folder: &Path) -> bool {
    let target = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", "wasm32-wasip1"])
        .output()
        .unwrap();
    let library = String::from_utf8(target.stdout).unwrap();
    if !Path::new(library.trim()).is_dir() {
        println!("SKIPPED: the target wasm32-wasip1 is not installed");
        return false;
    }
    let root = workspace_root();
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let (_, rest) = manifest.split_once("[workspace.package]").unwrap();
    let members = "[workspace]\nresolver = \"3\"\nmembers = [\"lessons/21-ws-frames\"]\n";
    let manifest = format!("{members}[workspace.package]{rest}");
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    for file in files(&root.join("lessons/21-ws-frames")) {
        let to = folder.join(file.strip_prefix(&root).unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(&file, to).unwrap();
    }
    true
}

fn build(folder: &Path) {
    let built = Command::new(env!("CARGO_BIN_EXE_course"))
        .args(["book", "build"])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(built.status.success(), "{built:?}");
}

/// Types bytes into the field, and waits for what is said to them.
fn types(browser: &mut Browser, bytes: &str, state: &str) -> String {
    let type_in = format!(
        "(() => {{
            const text = document.querySelector('figure.bytes textarea');
            text.closest('figure').dataset.state = '';
            text.value = '{bytes}';
            text.dispatchEvent(new Event('input'));
        }})()"
    );
    browser.evaluate(&type_in).unwrap();
    wait_for(browser, &is(state), PATIENCE);
    text(browser, ".frames-state")
}

/// Everything that a reader can do, in a page whose figure has come up.
fn explains(browser: &mut Browser, language: &str) {
    wait_for(browser, &is("explained"), PATIENCE);
    // Each example is what it says.
    let count = browser
        .evaluate("document.querySelectorAll('.frames-examples option').length")
        .unwrap();
    for index in 0..count.as_u64().unwrap() {
        let choose = format!(
            "(() => {{
                const examples = document.querySelector('.frames-examples');
                examples.closest('figure').dataset.state = '';
                examples.selectedIndex = {index};
                examples.dispatchEvent(new Event('change'));
                return examples.selectedOptions[0].parentElement === examples.lastElementChild;
            }})()"
        );
        let is_broken = browser.evaluate(&choose).unwrap();
        wait_for(browser, &is("explained"), PATIENCE);
        let said = text(browser, ".frames-state");
        assert_eq!(said.contains('✗'), is_broken == true, "{index}: {said}");
    }
    // A bit, turned over by keyboard, and back: the keyboard keeps its place.
    let hello = types(browser, "0x81, 0x05 48:65 6c6C6f", "explained");
    assert!(hello.contains("\"Hello\""), "{hello}");
    for (bytes, last) in [
        ("01 05 48 65 6c 6c 6f", false),
        ("81 05 48 65 6c 6c 6f", true),
    ] {
        browser
            .evaluate("document.querySelector('[data-bit=\"0.7\"]').focus()")
            .unwrap();
        browser.press("Enter", 13, "\r").unwrap();
        wait_for(
            browser,
            &format!("document.querySelector('figure.bytes textarea').value === '{bytes}'"),
            PATIENCE,
        );
        let pressed = format!(
            "document.activeElement.dataset.bit === '0.7' && document.activeElement.ariaPressed === '{last}'"
        );
        wait_for(browser, &pressed, PATIENCE);
    }
    // The caret shows its field.
    let here = "(() => {
        const text = document.querySelector('figure.bytes textarea');
        text.focus();
        text.setSelectionRange(7, 7);
    })()";
    browser.evaluate(here).unwrap();
    let field = "document.querySelector('tr.here td')?.textContent === '2'";
    wait_for(browser, field, PATIENCE);

    // What is no byte stays in the field, and is said.
    for (typed, wanted) in [("81 5", "5"), ("81 xy", "xy")] {
        let said = types(browser, typed, "faulty");
        assert!(said.contains(wanted) && !said.contains('✗'), "{said}");
    }
    types(browser, "", "explained");
    assert_eq!(
        browser
            .evaluate("document.querySelectorAll('figure.bytes tbody').length")
            .unwrap(),
        0
    );
    let marks = types(browser, "88 06 03 e8 62 79 65 21", "explained");
    assert_eq!(
        marks,
        if language == "ko" {
            "8바이트"
        } else {
            "8 bytes"
        }
    );
    let meaning = text(
        browser,
        "figure.bytes tr.whole:nth-of-type(9) td:last-child",
    );
    assert!(
        meaning.contains(if language == "ko" {
            "할 일을 마침"
        } else {
            "it is done"
        }),
        "{meaning}"
    );
    for (scheme, width) in [("light", 1280), ("dark", 360)] {
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        browser.call("Emulation.setEmulatedMedia", media).unwrap();
        let size =
            json!({ "width": width, "height": 740, "deviceScaleFactor": 1, "mobile": false });
        browser
            .call("Emulation.setDeviceMetricsOverride", size)
            .unwrap();
        assert_eq!(
            not_accessible(browser, "figure.bytes"),
            json!([]),
            "{scheme}"
        );
        let fits = "document.documentElement.scrollWidth <= innerWidth";
        assert_eq!(browser.evaluate(fits).unwrap(), true, "{width}");
        if let Some(folder) = std::env::var_os("LAB_PICTURES") {
            let picture = Path::new(&folder).join(format!("frames-{language}-{scheme}.png"));
            browser.take_picture(&picture).unwrap();
        }
    }
    assert_eq!(complaints(browser), "");
}

#[test]
fn the_frame_lab_needs_no_server() {
    let folder = workspace();
    if !with_program(folder.path()) {
        return;
    }
    build(folder.path());
    let Some(mut browser) = browser(folder.path()) else {
        return;
    };
    for (language, how) in [("en", "here in the page"), ("ko", "이 페이지 안에서")] {
        let page = format!("target/book/{language}/lab.html");
        browser.open(&folder.path().join(page)).unwrap();
        explains(&mut browser, language);
        let said = text(&mut browser, ".frames-how");
        assert!(said.contains(how), "{said}");
    }
    // Also where a server guards its pages.
    let server = Server::start(folder.path());
    let page = format!("http://{}/en/lab.html", server.address);
    browser.open_address(&page).unwrap();
    wait_for(&mut browser, &is("explained"), PATIENCE);
    let said = text(&mut browser, ".frames-how");
    assert!(said.contains("here in the page"), "{said}");
    assert_eq!(complaints(&browser), "");
}

#[test]
fn the_frame_lab_needs_no_program() {
    let folder = workspace();
    let server = Server::start(folder.path());
    let Some(mut browser) = browser(folder.path()) else {
        return;
    };
    let page = format!("http://{}/ko/lab.html", server.address);
    browser.open_address(&page).unwrap();
    explains(&mut browser, "ko");
    let said = text(&mut browser, ".frames-how");
    assert!(said.contains("과정의 서버에서"), "{said}");
    drop(server);
    let said = types(&mut browser, "81", "faulty");
    assert!(said.contains("서버가 더는 답하지 않습니다"), "{said}");

    // And without a server, there is the recording.
    let page = folder.path().join("target/book/en/lab.html");
    browser.open(&page).unwrap();
    wait_for(&mut browser, &is("recorded"), PATIENCE);
    let said = text(&mut browser, "figure.bytes table");
    assert!(said.contains("✗ a client's frame is not masked"), "{said}");
    let shown = "document.querySelector('.frames-bar').hidden";
    assert_eq!(browser.evaluate(shown).unwrap(), true);
}

#[test]
fn the_server_explains_frames() {
    let folder = workspace();
    let server = Server::start(folder.path());
    let ask = |method: &str, query: &str, body: &[u8]| {
        let host = &server.address;
        let length = body.len();
        let head = format!(
            "{method} /lab/frames{query} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n"
        );
        let body: String = body.iter().map(|byte| char::from(*byte)).collect();
        assert!(body.is_ascii());
        server.ask(&(head + &body))
    };
    for (query, from, deflate) in [
        ("", None, false),
        ("?from=&deflate=0", None, false),
        ("?from=client", Some(Role::Client), false),
        ("?from=server&deflate=1", Some(Role::Server), true),
    ] {
        let bytes = b"A\x05Hello\x09";
        let answer = ask("POST", query, bytes);
        let (head, said) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        assert_eq!(said, explain(bytes, from, deflate).to_string());
    }
    for (method, query, length, status) in [
        ("GET", "", 0, 200),
        ("PUT", "", 0, 405),
        ("POST", "?from=nobody", 2, 400),
        ("POST", "", 4096, 200),
        ("POST", "", 4097, 413),
    ] {
        let answer = ask(method, query, &vec![b' '; length]);
        let wanted = format!("HTTP/1.1 {status} ");
        assert!(answer.starts_with(&wanted), "{method} {query}: {answer}");
    }
}
