//! The page of lesson 19 in a browser: `EventSource` against our server, which ends and comes back.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread;

use book::browser::Browser;
use http::threaded::{Patience, serve};
use http::{Request, Response, Status};
use polling::{Feed, MAX_SEATS, publish};
use serde_json::json;
use streaming::{chatbot, subscribe};
use threads::{Limits, Stop};

use crate::page::{IS_OPEN, PATIENCE, assert_accessible, for_everybody, open, until};

const PAGE: &str = include_str!("../../../lessons/19-streaming/src/page.html");

/// Events that are kept.
const KEPT: usize = 1_000;

/// What `Last-Event-ID` was in each request for events.
type Resumed = Arc<Mutex<Vec<Option<String>>>>;

/// One life of the server.
struct Server {
    address: SocketAddr,
    feed: Feed,
    stop: Stop,
    resumed: Resumed,
    ended: Receiver<io::Result<usize>>,
}

impl Server {
    /// With the events that are in `journal`.
    fn start(address: SocketAddr, journal: &Path) -> Self {
        let feed = Feed::open(journal, KEPT).unwrap();
        Self::start_with(address, feed)
    }

    fn start_with(address: SocketAddr, feed: Feed) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, resumed) = (Stop::new(), Resumed::default());
        let (asked, heard, served) = (stop.clone(), Arc::clone(&resumed), feed.clone());
        let answer = move |request: &Request, body: &[u8]| match request.path() {
            "/" => Response::new(Status::OK, "text/html; charset=utf-8", PAGE),
            "/events" => {
                let id = request.field("last-event-id").map(str::to_string);
                heard.lock().unwrap().push(id);
                subscribe(&served, request)
            }
            "/say" => publish(&served, request, body),
            "/ask" => chatbot::reply(request, body, chatbot::PAUSE),
            _ => Response::plain(Status::NOT_FOUND),
        };
        let (sender, ended) = mpsc::channel();
        thread::spawn(move || {
            let (limits, patience) = (Limits::USUAL, Patience::USUAL);
            let outcome = serve(
                listener,
                limits,
                patience,
                &asked,
                drop,
                |request, body, _| answer(request, body),
            );
            drop(answer); // The journal is free when we say that we have ended.
            let _ = sender.send(outcome);
        });
        Self {
            address,
            feed,
            stop,
            resumed,
            ended,
        }
    }

    /// Ends it. `politely`, each response gets its end; otherwise they break off.
    fn end(self, politely: bool) {
        if politely {
            self.feed.close();
        }
        self.stop.stop();
        self.ended.recv_timeout(PATIENCE).unwrap().unwrap();
    }

    fn resumed(&self) -> Vec<Option<String>> {
        self.resumed.lock().unwrap().clone()
    }
}

/// The events in the page, the oldest first.
const SHOWN: &str = "[...document.querySelectorAll('#events li')].map((line) => line.innerText.replace('\\n', ' ')).reverse()";

#[track_caller]
fn assert_shows(browser: &mut Browser, events: &[String]) {
    until(browser, &format!("{SHOWN}.length >= {}", events.len()));
    assert_eq!(browser.evaluate(SHOWN).unwrap(), json!(events));
}

/// Nothing is lost and nothing comes twice, however the server ends, and nobody has to reload the page.
#[test]
fn a_browser_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut browser) = Browser::start_installed(&folder.path().join("profile")).unwrap()
    else {
        return;
    };
    let browser = &mut browser;
    let journal = folder.path().join("events");
    let mut server = Server::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), &journal);
    let address = server.address;
    let mut expected = Vec::new();
    let mut happen = |feed: &Feed, count: u64| {
        for _ in 0..count {
            let text = format!("<b>event</b> {}", feed.last() + 1);
            let id = feed.publish(&text).unwrap();
            expected.push(format!("{id} {text}"));
        }
        expected.clone()
    };

    happen(&server.feed, 3); // Before anybody listens.
    open(browser, address);
    until(browser, IS_OPEN);
    // This one hears nothing before its connection breaks.
    browser
        .evaluate("window.heard = []; window.other = new EventSource('/events'); other.onmessage = (event) => heard.push(event.data); 0")
        .unwrap();
    until(browser, "other.readyState === 1");
    assert_eq!(server.resumed(), [None, None]);

    for politely in [true, false, true] {
        let last = server.feed.last();
        assert_shows(browser, &happen(&server.feed, 0));
        server.end(politely);
        // What happens while nobody serves is in the journal.
        let feed = Feed::open(&journal, KEPT).unwrap();
        assert_eq!(feed.last(), last);
        happen(&feed, 2);
        server = Server::start_with(address, feed);
        let shown = happen(&server.feed, 2);
        assert_shows(browser, &shown);
        until(browser, &format!("heard.length >= {}", shown.len() - 3));
        let resumed = server.resumed();
        assert_eq!(resumed.len(), 2, "{resumed:?}");
        // Both say where they were, the one that had heard no event, too.
        for id in resumed.iter().flatten() {
            assert!(id.parse::<u64>().unwrap() >= last, "{resumed:?}");
        }
        assert!(resumed.iter().all(Option::is_some), "{resumed:?}");
    }
    let heard = browser.evaluate("heard").unwrap();
    let behind_the_third: Vec<String> = (4..=15).map(|id| format!("<b>event</b> {id}")).collect();
    assert_eq!(heard, json!(behind_the_third));
    server.end(true);
}

/// While it listens, the page speaks: to the same port, on another connection.
#[test]
fn the_page_speaks_and_asks_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut browser) = Browser::start_installed(&folder.path().join("profile")).unwrap()
    else {
        return;
    };
    let browser = &mut browser;
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = Server::start(any, &folder.path().join("events"));
    open(browser, server.address);
    until(browser, IS_OPEN);

    for (id, word) in [(1, "hello"), (2, "소켓")] {
        let script = format!(
            "document.querySelector('#say input').value = '{word}'; document.querySelector('#say button').click()"
        );
        browser.evaluate(&script).unwrap();
        until(browser, &format!("{SHOWN}.length === {id}"));
    }
    assert_shows(browser, &["1 hello".to_string(), "2 소켓".to_string()]);

    // Everything that the page shows of an answer, from nothing to all of it.
    let script = "window.seen = [];
        const answer = document.querySelector('#answer');
        new MutationObserver(() => seen.push(answer.textContent)).observe(answer, { childList: true });
        document.querySelector('#ask button').click()";
    browser.evaluate(script).unwrap();
    until(
        browser,
        "seen.length > 0 && !document.querySelector('#ask button').disabled",
    );
    let seen = browser.evaluate("seen").unwrap();
    let seen: Vec<&str> = seen
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|text| text.as_str())
        .collect();
    let whole = chatbot::answer("What is a socket?");
    assert_eq!(*seen.last().unwrap(), whole);
    assert!(seen.iter().all(|text| whole.starts_with(text)), "{seen:?}");
    // A token each 60 ms. Had it come in one piece, there would be one or two.
    assert!(seen.len() > 4, "the answer came all at once: {seen:?}");

    // It was the only request for events: nothing above has disturbed it.
    assert_eq!(server.resumed(), [None]);
    server.end(true);
}

/// An `EventSource` that is refused gives up. So the page makes a new one.
#[test]
fn a_page_that_was_refused_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut browser) = Browser::start_installed(&folder.path().join("profile")).unwrap()
    else {
        return;
    };
    let browser = &mut browser;
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = Server::start(any, &folder.path().join("events"));
    let seats: Vec<_> = (0..MAX_SEATS).map(|_| server.feed.take_seat()).collect();
    open(browser, server.address);
    until(
        browser,
        "document.querySelector('#state').textContent.includes('refused')",
    );
    server.feed.publish("meanwhile").unwrap();
    drop(seats);
    assert_shows(browser, &["1 meanwhile".to_string()]);
    assert_eq!(
        browser
            .evaluate("document.querySelector('#state').className")
            .unwrap(),
        "open"
    );
    server.end(true);
}

/// For everybody: with a narrow screen, in the dark, in Korean.
#[test]
fn the_page_is_accessible() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut browser) = Browser::start_installed(&folder.path().join("profile")).unwrap()
    else {
        return;
    };
    let browser = &mut browser;
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = Server::start(any, &folder.path().join("events"));
    server.feed.publish(&"long ".repeat(60)).unwrap();
    server.feed.publish(&"longer".repeat(60)).unwrap();
    for_everybody(browser, |browser, language| {
        open(browser, server.address);
        until(browser, IS_OPEN);
        until(
            browser,
            "document.querySelectorAll('#events li').length === 2",
        );
        assert_accessible(browser, "sse-page", language);
    });
    server.end(true);
}
