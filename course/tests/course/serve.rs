//! The book as browsers meet it, and what others than the reader's browser meet.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use book::browser::Browser;

use crate::fixture::Fixture;
use crate::lab;
use crate::running::{PATIENCE, Running};
use crate::tab::Tab;

/// Bytes of a page that the buffers of one connection do not hold.
const LARGE: usize = 16 * 1024 * 1024;

struct Served {
    running: Running,
    port: u16,
    fixture: Fixture,
}

impl Served {
    fn start(fixture: Fixture, arguments: &[&str]) -> Served {
        Served::in_language(fixture, arguments, "en")
    }

    fn in_language(fixture: Fixture, arguments: &[&str], language: &str) -> Served {
        let mut arguments = [&["serve", "--no-open"], arguments].concat();
        if !arguments.contains(&"--port") {
            arguments.extend(["--port", "0"]);
        }
        let mut command = fixture.command(&arguments);
        // What is wrong with the book here is so on purpose.
        command.env("COURSE_LANG", language).stderr(Stdio::null());
        let running = Running::of(command);
        let said = running.until("Ctrl-C ends it.");
        let (_, rest) = said.split_once("http://127.0.0.1:").unwrap();
        let port = rest.split('/').next().unwrap().parse().unwrap();
        Served {
            running,
            port,
            fixture,
        }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// A page that shows a build, and waits for the next one.
    fn tab(&self, build: u64) -> Tab {
        Tab::open(&format!("127.0.0.1:{}/reload?since={build}", self.port))
    }

    /// An author changes the page.
    fn save(&self, old: &str, new: &str) {
        let file = "book/en/introduction.md";
        let source = self.fixture.read(file);
        self.fixture.write(file, &source.replace(old, new));
    }

    /// What comes back for this head, whose `PORT` is ours, until the server ends the connection.
    fn says(&self, head: &str) -> String {
        let mut stream = self.connect();
        let head = head.replace("PORT", &self.port.to_string());
        write!(stream, "{head}\r\nConnection: close\r\n\r\n").unwrap();
        let mut said = Vec::new();
        stream.read_to_end(&mut said).unwrap();
        String::from_utf8_lossy(&said).into_owned()
    }

    fn page(&self, path: &str) -> String {
        self.says(&format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:PORT"))
    }

    #[track_caller]
    fn assert_status(&self, head: &str, status: &str) {
        let said = self.says(head);
        assert!(
            said.starts_with(&format!("HTTP/1.1 {status} ")),
            "{head:?}: {said}"
        );
    }
}

/// Pages of an earlier build. The book that they come from is not there, so they are all that can be served.
fn with_pages() -> Fixture {
    let fixture = Fixture::new();
    for code in ["en", "ko"] {
        fixture.write(
            &format!("target/book/{code}/index.html"),
            &format!("<p>The book, {code}.\n"),
        );
    }
    fixture.write("target/secret.txt", "A secret.\n");
    fixture
}

#[test]
fn pages_are_served_and_asked_for_again_only_when_they_changed() {
    let served = Served::start(with_pages(), &[]);
    let page = served.page("/en/");
    assert!(
        page.starts_with("HTTP/1.1 200 OK\r\n") && page.contains("The book, en."),
        "{page}"
    );
    for field in [
        "Content-Type: text/html; charset=utf-8\r\n",
        "X-Content-Type-Options: nosniff\r\n",
        "Content-Security-Policy: default-src 'self'",
        "Cache-Control: no-cache\r\n",
    ] {
        assert_eq!(page.matches(field).count(), 1, "{field}: {page}");
    }
    let (_, rest) = page.split_once("ETag: ").unwrap();
    let tag = rest.split("\r\n").next().unwrap();
    let again = format!("GET /en/ HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nIf-None-Match: {tag}");
    served.assert_status(&again, "304");
    served.assert_status("GET /en/none.html HTTP/1.1\r\nHost: 127.0.0.1:PORT", "404");
    served.assert_status("POST /en/ HTTP/1.1\r\nHost: 127.0.0.1:PORT", "405");
    served.assert_status("GET /reload HTTP/1.1\r\nHost: 127.0.0.1:PORT", "404");
    assert_eq!(served.running.interrupt(), Some(0));
}

#[test]
fn the_door_leads_to_the_language_of_the_reader() {
    let door = |served: &Served, accepted: &str| {
        served.says(&format!(
            "GET / HTTP/1.1\r\nHost: localhost:PORT\r\nAccept-Language: {accepted}"
        ))
    };
    let served = Served::in_language(with_pages(), &[], "");
    for (accepted, leads_to) in [("ko-KR,ko;q=0.9,en;q=0.8", "ko"), ("en-US,en;q=0.9", "en")] {
        let said = door(&served, accepted);
        assert!(said.starts_with("HTTP/1.1 302 "), "{said}");
        let location = format!("\r\nLocation: /{leads_to}/\r\n");
        assert!(said.contains(&location), "{accepted}: {said}");
    }
    assert_eq!(served.running.interrupt(), Some(0));
    // Who has chosen is not asked again.
    let served = Served::in_language(with_pages(), &[], "ko");
    assert!(door(&served, "en").contains("\r\nLocation: /ko/\r\n"));
    assert_eq!(served.running.interrupt(), Some(0));
}

#[test]
fn nothing_but_the_book_is_served() {
    let served = Served::start(with_pages(), &[]);
    let inside = served.page("/en/../en/");
    assert!(
        !inside.contains("The book"),
        "not even from within: {inside}"
    );
    for path in [
        "/../secret.txt",
        "/en/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/en/%2e%2e%2f%2e%2e%2fsecret.txt",
        "/..\\secret.txt",
        "/..%5csecret.txt",
        "//etc/hostname",
        "/%00",
    ] {
        let said = served.page(path);
        assert!(
            said.starts_with("HTTP/1.1 404 ") && !said.contains("A secret."),
            "{path}: {said}"
        );
    }
    assert_eq!(served.running.interrupt(), Some(0));
}

#[test]
fn other_names_and_other_pages_are_refused() {
    let served = Served::start(with_pages(), &[]);
    for (head, status) in [
        ("GET /en/ HTTP/1.1\r\nHost: localhost:PORT", "200"),
        ("GET /en/ HTTP/1.1\r\nHost: LOCALHOST:PORT", "200"),
        ("GET /en/ HTTP/1.1\r\nHost: [::1]:PORT", "200"),
        ("GET /en/ HTTP/1.1\r\nHost: example.org", "421"),
        ("GET /en/ HTTP/1.1\r\nHost: example.org:PORT", "421"),
        ("GET /en/ HTTP/1.1\r\nHost: 127.0.0.1", "421"),
        ("GET /en/ HTTP/1.1\r\nHost: 127.0.0.1:1", "421"),
        (
            "GET /en/ HTTP/1.1\r\nHost: 127.0.0.1.example.org:PORT",
            "421",
        ),
        ("GET /en/ HTTP/1.0", "421"),
        ("GET / HTTP/1.1\r\nHost: example.org", "421"),
        // The target counts more than the field.
        (
            "GET http://example.org/en/ HTTP/1.1\r\nHost: 127.0.0.1:PORT",
            "421",
        ),
        (
            "GET /en/ HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nHost: example.org",
            "400",
        ),
        (
            "GET /en/ HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nOrigin: http://127.0.0.1:PORT",
            "200",
        ),
        (
            "GET /en/ HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nOrigin: http://example.org",
            "403",
        ),
        (
            "POST /en/ HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nOrigin: http://127.0.0.1:1",
            "403",
        ),
        (
            "GET /en/ HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nOrigin: null",
            "403",
        ),
        (
            "GET /en/ HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nOrigin: https://127.0.0.1:PORT",
            "403",
        ),
        (
            "GET /en/ HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nOrigin: http://127.0.0.1:PORT\r\nOrigin: null",
            "403",
        ),
    ] {
        served.assert_status(head, status);
    }
    assert_eq!(served.running.interrupt(), Some(0));
}

/// Silent connections, as browsers open in advance; connections that wait for the next page; and pages that wait for a
/// build. They cost nothing while nothing happens. Then one more page is loaded, all pages hear of a build, and at the end
/// all of them are ended.
#[test]
fn a_thousand_tabs_hurt_nobody() {
    const TABS: usize = 1_000;
    let limit = threads::raise_descriptor_limit();
    assert!(
        limit.is_none_or(|limit| limit >= 4_096),
        "this test needs more descriptors than {limit:?}: raise the hard limit, ulimit -Hn"
    );
    let fixture = Fixture::new();
    fixture.write_book();
    let served = Served::start(fixture, &["--author"]);
    let mut tabs: Vec<TcpStream> = Vec::new();
    let mut waiting: Vec<Tab> = Vec::new();
    for number in 0..TABS {
        match number % 3 {
            0 => tabs.push(served.connect()),
            1 => {
                let mut tab = served.connect();
                let host = format!("127.0.0.1:{}", served.port);
                write!(tab, "GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
                let mut head = [0; 12];
                tab.read_exact(&mut head).unwrap();
                assert_eq!(&head, b"HTTP/1.1 302");
                tabs.push(tab);
            }
            _ => waiting.push(served.tab(0)),
        }
    }
    #[cfg(target_os = "linux")]
    {
        // Their threads sleep: they do not even look now and then whether something has happened.
        let before = served.running.wake_ups();
        thread::sleep(Duration::from_secs(2));
        let woken = served.running.wake_ups() - before;
        assert!(woken < TABS as u64 / 2, "{woken} times somebody woke up");
    }
    let page = served.page("/en/introduction.html");
    assert!(page.contains("The book, en."), "{page}");
    served.save("book", "new book");
    for tab in &mut waiting {
        assert_eq!(tab.hears().unwrap(), "1 built");
    }
    for tab in tabs.iter().step_by(2) {
        tab.set_nonblocking(true).unwrap();
        let peeked = tab.peek(&mut [0]).map_err(|error| error.kind());
        assert_eq!(peeked, Err(ErrorKind::WouldBlock), "the silent ones wait");
        tab.set_nonblocking(false).unwrap();
    }
    let ends = thread::spawn(move || {
        for mut tab in waiting {
            assert_eq!(tab.hears(), None);
            assert_eq!(tab.closed, Some(1001));
        }
    });
    assert_eq!(served.running.interrupt(), Some(0));
    ends.join().unwrap();
    for mut tab in tabs {
        // Each was ended, and none was reset before it had its answer.
        let mut rest = Vec::new();
        tab.read_to_end(&mut rest).unwrap();
    }
}

#[test]
fn slow_clients_delay_nobody() {
    let fixture = with_pages();
    fixture.write(
        "target/book/en/large.txt",
        &"0123456789abcdef".repeat(LARGE / 16),
    );
    let served = Served::start(fixture, &[]);
    let clients: Vec<TcpStream> = (0..50)
        .map(|number| {
            let mut stream = served.connect();
            let head = format!("Host: 127.0.0.1:{}\r\n\r\n", served.port);
            match number % 2 {
                // Asks for much, and reads nothing.
                0 => write!(stream, "GET /en/large.txt HTTP/1.1\r\n{head}").unwrap(),
                // Begins to ask.
                _ => write!(stream, "GET /en/lar").unwrap(),
            }
            stream
        })
        .collect();
    assert!(served.page("/en/").contains("The book, en."));
    assert!(served.page("/en/large.txt").len() > LARGE);
    assert_eq!(served.running.interrupt(), Some(0));
    drop(clients);
}

#[test]
fn a_taken_port_is_a_sentence() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (code, said) = with_pages().says(&["serve", "--no-open", "--port", &port]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains(&format!("Port {port} is taken")), "{said}");
}

#[test]
fn without_pages_it_says_what_to_mend() {
    let (code, said) = Fixture::new().says(&["serve", "--no-open", "--port", "0"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("book/book.toml"), "{said}");
}

#[test]
fn where_nobody_is_there_nothing_is_served() {
    let fixture = Fixture::new();
    fixture.write_book();
    let (code, said) = fixture.says(&[]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("Book   file://") && said.contains("Next: add") && !said.contains("http://"),
        "{said}"
    );
}

#[test]
fn open_pages_follow_an_author() {
    let fixture = Fixture::new();
    fixture.write_book();
    let served = Served::start(fixture, &["--author"]);
    let page = served.page("/en/introduction.html");
    assert!(
        page.contains("The book, en.") && page.contains("/reload?since=0"),
        "{page}"
    );
    assert!(!page.contains("ETag"), "{page}");

    // Nothing that a page waits for comes from a build that failed.
    let source = served.fixture.read("book/en/introduction.md");
    served.fixture.write(
        "book/en/introduction.md",
        &format!("{source}\n```rust\nlet x = 1;\n```\n"),
    );
    served.running.until("Save to build again.");
    assert!(
        served
            .page("/en/introduction.html")
            .contains("The book, en.")
    );

    let mut tab = served.tab(0);
    served.fixture.write(
        "book/en/introduction.md",
        &source.replace("book", "new book"),
    );
    assert_eq!(tab.hears().unwrap(), "1 built");
    // Who comes too late hears of it all the same; also who has another server's number.
    for missed in [0, 7] {
        assert_eq!(served.tab(missed).hears().unwrap(), "1 built");
    }
    let page = served.page("/en/introduction.html");
    assert!(
        page.contains("The new book, en.") && page.contains("/reload?since=1"),
        "{page}"
    );
    assert_eq!(served.running.interrupt(), Some(0));
}

#[test]
fn a_browser_loads_the_page_anew() {
    let fixture = Fixture::new();
    fixture.write_book();
    let Some(mut browser) = lab::browser(&fixture.path("")) else {
        return;
    };
    let served = Served::start(fixture, &["--author"]);
    let page = format!("http://127.0.0.1:{}/en/introduction.html", served.port);
    browser.open_address(&page).unwrap();
    let until = |browser: &mut Browser, text: &str| {
        let deadline = Instant::now() + PATIENCE;
        let is_there = format!("document.body.innerText.includes('{text}')");
        // Between two pages, there is nothing to look at.
        while !browser.evaluate(&is_there).is_ok_and(|found| found == true) {
            assert!(Instant::now() < deadline, "never there: {text}");
            thread::sleep(Duration::from_millis(50));
        }
    };
    until(&mut browser, "The book");
    served.save("book", "new book");
    until(&mut browser, "The new book");
    // The browser has connections open, and the page waits for the next build; then it waits for the server.
    let (port, fixture) = (served.port.to_string(), served.fixture);
    assert_eq!(served.running.interrupt(), Some(0));
    let source = fixture.read("book/en/introduction.md");
    let newest = source.replace("new book", "newest book");
    fixture.write("book/en/introduction.md", &newest);
    let served = Served::start(fixture, &["--author", "--port", &port]);
    until(&mut browser, "The newest book");
    assert_eq!(served.running.interrupt(), Some(0));
}
