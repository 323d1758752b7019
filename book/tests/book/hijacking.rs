//! The pages of lesson 20 in a browser: ours is let in, and another one reads along where nobody checks.

use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc;
use std::thread;

use book::browser::Browser;
use http::Request;
use http::threaded::{Client, Patience, serve};
use serde_json::json;
use threads::{Limits, Stop};
use ws_handshake::chat::{Chat, answer_elsewhere};

use crate::page::{IS_OPEN, PATIENCE, assert_accessible, for_everybody, open, until};

/// Ends both servers, also when a test fails.
struct Stopping(Stop);

impl Drop for Stopping {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Calls `visit` with the addresses of the chat and of somebody else's page. Nobody is cut off at the end.
fn with_servers(visit: impl FnOnce(SocketAddr, SocketAddr)) {
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let [chat_address, other] = listeners.each_ref().map(|one| one.local_addr().unwrap());
    let [at_chat, elsewhere] = listeners;
    let (stop, chat) = (Stop::new(), Chat::new());
    let closed = chat.clone();
    stop.on_stop(move || closed.close());
    let (sender, ended) = mpsc::channel();
    let (limits, patience) = (Limits::USUAL, Patience::USUAL);
    let (asked, say) = (stop.clone(), sender.clone());
    thread::spawn(move || {
        let other = other.to_string();
        let answer =
            |request: &Request, body: &[u8], _: &Client| chat.answer(request, body, &other);
        let _ = say.send(serve(at_chat, limits, patience, &asked, drop, answer));
    });
    let asked = stop.clone();
    thread::spawn(move || {
        let chat = chat_address.to_string();
        let answer = |request: &Request, _: &[u8], _: &Client| answer_elsewhere(request, &chat);
        let _ = sender.send(serve(elsewhere, limits, patience, &asked, drop, answer));
    });
    let stopping = Stopping(stop);
    visit(chat_address, other);
    drop(stopping);
    for _ in 0..2 {
        assert_eq!(ended.recv_timeout(PATIENCE).unwrap().unwrap(), 0);
    }
}

fn say(browser: &mut Browser, text: &str) {
    let text = json!(text);
    let script = format!(
        "document.querySelector('input').value = {text}; document.querySelector('button').click()"
    );
    browser.evaluate(&script).unwrap();
}

/// What a list shows.
fn shows(list: &str, texts: &[&str]) -> String {
    let texts = json!(texts.join("|"));
    format!(
        "[...document.querySelectorAll('{list} li')].map((line) => line.textContent).join('|') === {texts}"
    )
}

/// The same browser, and so the same cookies: the login of the chat goes wherever a page sends it.
#[test]
fn another_page_reads_along_unless_somebody_looks() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut browser) = Browser::start_installed(&folder.path().join("profile")).unwrap()
    else {
        return;
    };
    let browser = &mut browser;
    with_servers(|chat, elsewhere| {
        // Without the cookie there is nothing to steal.
        open(browser, elsewhere);
        for way in ["unchecked", "checked"] {
            until(
                browser,
                &format!("document.querySelector('#{way} p').className === 'refused'"),
            );
        }
        open(browser, chat);
        until(browser, IS_OPEN);
        say(browser, "the door code is 4711");
        let read = ["you are ana", "ana: the door code is 4711"];
        until(browser, &shows("#texts", &read));
        let link = format!("document.querySelector('#elsewhere').href === 'http://{elsewhere}/'");
        until(browser, &link);

        open(browser, elsewhere);
        until(
            browser,
            "document.querySelector('#unchecked p').className === 'stolen'",
        );
        until(browser, &shows("#unchecked ol", &read));
        until(
            browser,
            "document.querySelector('#checked p').textContent.startsWith('Refused (1006)')",
        );
        assert_eq!(
            browser.evaluate(&shows("#checked ol", &[])).unwrap(),
            json!(true)
        );
        // Nor can it speak: the POST goes out, and is refused.
        let post = format!(
            "fetch('http://{chat}/say', {{ method: 'POST', mode: 'no-cors', credentials: 'include', body: 'x' }}).then(() => true)"
        );
        assert_eq!(browser.evaluate(&post).unwrap(), json!(true));

        open(browser, chat);
        until(browser, &shows("#texts", &read));
    });
}

/// For everybody: with a narrow screen, in the dark, in Korean.
#[test]
fn both_pages_are_accessible() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut browser) = Browser::start_installed(&folder.path().join("profile")).unwrap()
    else {
        return;
    };
    let browser = &mut browser;
    with_servers(|chat, elsewhere| {
        for_everybody(browser, |browser, language| {
            for (name, address) in [("handshake-chat", chat), ("handshake-hijacker", elsewhere)] {
                open(browser, address);
                if address == chat {
                    until(browser, IS_OPEN);
                    say(browser, &format!("long{}", "er".repeat(15)));
                }
                until(browser, "document.querySelectorAll('li').length >= 2");
                assert_accessible(browser, name, language);
            }
        });
    });
}
