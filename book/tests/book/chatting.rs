//! The page of lesson 22 in two browsers, which talk to each other through our server.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;

use book::browser::Browser;
use http::threaded::{Patience, serve};
use http::{Request, Response, Status};
use serde_json::json;
use threads::{Limits, Stop};
use ws_handshake::{Origins, Policy, upgrade};
use ws_session::Times;
use ws_session::chat::{Chat, PAGE};

use crate::page::{IS_OPEN, PATIENCE, assert_accessible, for_everybody, open, until};

/// One life of the server.
struct Server {
    address: SocketAddr,
    stop: Stop,
    ended: Receiver<io::Result<usize>>,
}

impl Server {
    fn start(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let chat = Arc::new(Chat::new(Times::USUAL));
        let (stop, closed) = (Stop::new(), Arc::clone(&chat));
        stop.on_stop(move || closed.close());
        let asked = stop.clone();
        let (sender, ended) = mpsc::channel();
        thread::spawn(move || {
            let outcome = serve(
                listener,
                Limits::USUAL,
                Patience::USUAL,
                &asked,
                drop,
                |request, _, _| answer(&chat, request),
            );
            let _ = sender.send(outcome);
        });
        Self {
            address,
            stop,
            ended,
        }
    }

    /// Returns how many conversations were cut off.
    fn end(self) -> usize {
        self.stop.stop();
        self.ended.recv_timeout(PATIENCE).unwrap().unwrap()
    }
}

fn answer(chat: &Arc<Chat>, request: &Request) -> Response {
    if request.path() != "/chat" {
        return Response::new(Status::OK, "text/html; charset=utf-8", PAGE);
    }
    let policy = Policy {
        origins: Origins::Ours,
        subprotocols: Vec::new(),
    };
    let chat = Arc::clone(chat);
    match upgrade(request, &policy) {
        Ok(upgrade) => Response::switch(upgrade.fields, move |conversation, rest| {
            chat.talk(conversation, rest)
        }),
        Err(response) => response,
    }
}

fn submit(browser: &mut Browser, form: &str, text: &str) {
    let text = json!(text);
    let script = format!(
        "document.querySelector('#{form} input').value = {text}; document.querySelector('#{form} button').click()"
    );
    browser.evaluate(&script).unwrap();
}

/// What a page shows last: who speaks, and what.
#[track_caller]
fn shows(browser: &mut Browser, text: &str) {
    let text = json!(text);
    until(
        browser,
        &format!("document.querySelector('#messages').lastChild?.textContent === {text}"),
    );
}

/// They talk; the server goes away and comes back, and so do they, without anybody touching them.
#[test]
fn two_pages_talk() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut ana) = Browser::start_installed(&folder.path().join("ana")).unwrap() else {
        return;
    };
    let mut bob = Browser::start_installed(&folder.path().join("bob"))
        .unwrap()
        .unwrap();
    let mut server = Server::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let address = server.address;
    open(&mut ana, address);
    submit(&mut ana, "enter", "ana");
    until(&mut ana, IS_OPEN);

    // A name that is taken is refused with a reason, and another one can be given.
    open(&mut bob, address);
    submit(&mut bob, "enter", "ana");
    until(
        &mut bob,
        "document.querySelector('#state').textContent === 'that name is taken' && !document.querySelector('#enter').hidden",
    );
    submit(&mut bob, "enter", "밥");
    until(&mut bob, IS_OPEN);
    shows(&mut ana, "밥 has come");
    until(
        &mut bob,
        "document.querySelector('#members').textContent === 'Here: ana, 밥'",
    );

    for round in 0..2 {
        submit(&mut bob, "say", "안녕, <b>ana</b>");
        submit(&mut ana, "say", &format!("hello {round}"));
        for (browser, mine) in [(&mut ana, 1), (&mut bob, 0)] {
            // Both orders are right, and it is the same one for both of them.
            let said = "[...document.querySelectorAll('#messages li:not(.news)')].slice(-2).map((line) => line.textContent)";
            until(
                browser,
                &format!("{said}.sort().join('|') === 'anahello {round}|밥안녕, <b>ana</b>'"),
            );
            assert_eq!(
                browser
                    .evaluate("document.querySelectorAll('#messages li.mine').length")
                    .unwrap(),
                json!(round + 1),
                "{mine}"
            );
        }
        if round == 0 {
            assert_eq!(server.end(), 0); // Browsers answer the close frame by themselves.
            for browser in [&mut ana, &mut bob] {
                until(
                    browser,
                    "document.querySelector('#state').textContent.startsWith('The connection broke (1')",
                );
            }
            server = Server::start(address);
            for browser in [&mut ana, &mut bob] {
                until(browser, IS_OPEN);
            }
            until(
                &mut ana,
                "document.querySelector('#members').textContent.includes('밥')",
            );
        }
    }
    // A page that is left says goodbye: 1001, by the browser.
    open(&mut bob, address);
    shows(&mut ana, "밥 has gone");
    assert_eq!(server.end(), 0);
}

/// For everybody: with a narrow screen, in the dark, in Korean.
#[test]
fn the_chat_page_is_accessible() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut browser) = Browser::start_installed(&folder.path().join("profile")).unwrap()
    else {
        return;
    };
    let browser = &mut browser;
    let server = Server::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    for_everybody(browser, |browser, language| {
        open(browser, server.address);
        assert_accessible(browser, "chat-page-entrance", language);
        submit(browser, "enter", "소켓");
        until(browser, IS_OPEN);
        submit(browser, "say", &"길고 긴 말 long ".repeat(12));
        submit(browser, "say", &"longer".repeat(40));
        until(
            browser,
            "document.querySelectorAll('#messages li.mine').length === 2",
        );
        assert_accessible(browser, "chat-page", language);
    });
    assert_eq!(server.end(), 0);
}
