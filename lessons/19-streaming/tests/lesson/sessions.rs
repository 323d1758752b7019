//! The programs, as a student runs them.

use std::io::Read;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use http::Status;
use tempfile::TempDir;

use crate::Listener;
use crate::programs::{ANY_PORT, Program, assert_help, assert_port_in_use, connect, installed};

const STREAM_SERVER: &str = env!("CARGO_BIN_EXE_stream-server");
const SSE_SERVER: &str = env!("CARGO_BIN_EXE_sse-server");
const SSE_CLIENT: &str = env!("CARGO_BIN_EXE_sse-client");
const SSE_COST: &str = env!("CARGO_BIN_EXE_sse-cost");

/// A server whose journal is in `folder`.
fn start_sse_server(folder: &Path, address: &str) -> (Program, SocketAddr) {
    let temporary = format!("TMPDIR={}", folder.display());
    let mut server = match cfg!(unix) {
        true => Program::start("env", &[&temporary, SSE_SERVER, address]),
        false => Program::start(SSE_SERVER, &[address]),
    };
    let address = server.address();
    (server, address)
}

fn sse_server() -> (Program, SocketAddr, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let (mut server, address) = start_sse_server(folder.path(), ANY_PORT);
    let line = server.line();
    assert!(line.starts_with("0 events so far, in "), "{line}");
    (server, address, folder)
}

fn say(address: SocketAddr, text: &str) {
    let mut listener = Listener::ask(address, "POST /say", "", text);
    assert_eq!(listener.head().status, Status::OK, "{text}");
}

#[test]
fn they_say_how_they_are_used() {
    for (path, name, port) in [
        (STREAM_SERVER, "stream-server", 7019),
        (SSE_SERVER, "sse-server", 7119),
        (SSE_CLIENT, "sse-client", 7119),
        (SSE_COST, "sse-cost", 7219),
    ] {
        assert_help(
            path,
            &format!("{name} [ADDRESS]"),
            &format!("127.0.0.1:{port}"),
        );
    }
    let taken = TcpListener::bind(ANY_PORT).unwrap();
    for path in [STREAM_SERVER, SSE_SERVER, SSE_COST] {
        assert_port_in_use(path, taken.local_addr().unwrap());
    }
}

/// Each number is here long before the response ends, which it never does; and none before its time.
#[test]
fn stream_server_counts() {
    let mut server = Program::start(STREAM_SERVER, &[ANY_PORT]);
    let address = server.address();
    let asked = Instant::now();
    let mut listener = Listener::get(address, "/");
    assert_eq!(listener.head().status, Status::OK);
    for number in 1..=5 {
        assert_eq!(listener.piece().unwrap(), format!("{number}\n").as_bytes());
        assert!(asked.elapsed() >= Duration::from_millis(100) * (number - 1));
    }
    drop(listener);
    assert_eq!(
        server.line().split(' ').skip(1).collect::<Vec<_>>(),
        ["has", "gone"]
    );
    #[cfg(unix)]
    {
        let mut listener = Listener::get(address, "/");
        listener.head();
        listener.piece();
        let ended = server.interrupt();
        assert!(ended.status.success(), "{}", ended.errors);
        let output = String::from_utf8(ended.output).unwrap();
        assert!(
            output.ends_with("stopped; 0 conversations were cut off\n"),
            "{output}"
        );
    }
}

/// Those who listen, those who speak, those who look: all on one port.
#[test]
fn sse_server_serves_all_on_one_port() {
    let (server, address, _folder) = sse_server();
    let mut listeners: Vec<Listener> = (0..3)
        .map(|_| Listener::get(address, "/events?since=0"))
        .collect();
    for (number, text) in (1..).zip(["hello", "two\nlines", "소켓"]) {
        say(address, text);
        for listener in &mut listeners {
            if number == 1 {
                listener.head();
            }
            assert_eq!(listener.event(), (number, text.to_string()));
        }
    }
    let mut page = Listener::get(address, "/");
    let head = page.head();
    assert_eq!(head.field("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.rest().contains("new EventSource("));

    let mut answer = Listener::ask(address, "POST /ask", "", "hi");
    assert_eq!(answer.head().status, Status::OK);
    assert_eq!(answer.message().unwrap().data, "Hello. ");

    for (request, status) in [
        ("GET /nowhere", Status::NOT_FOUND),
        ("POST /", Status::METHOD_NOT_ALLOWED),
        ("GET /say", Status::METHOD_NOT_ALLOWED),
        ("GET /ask", Status::METHOD_NOT_ALLOWED),
        ("POST /events", Status::METHOD_NOT_ALLOWED),
    ] {
        let mut listener = Listener::ask(address, request, "", "");
        assert_eq!(listener.head().status, status, "{request}");
    }
    #[cfg(unix)]
    {
        let ended = server.interrupt();
        assert!(ended.status.success(), "{}", ended.errors);
        let output = String::from_utf8(ended.output).unwrap();
        assert!(
            output.ends_with("stopped; 0 conversations were cut off\n"),
            "{output}"
        );
    }
}

/// However suddenly the server ends: what it has told is there again, and the client goes on behind it.
#[cfg(unix)]
#[test]
fn sse_client_goes_on_where_it_was() {
    let (server, address, folder) = sse_server();
    say(address, "one");
    let mut client = Program::start(SSE_CLIENT, &[&address.to_string()]);
    assert_eq!(client.line(), "1: one");
    say(address, "two \u{1b}[31m");
    assert_eq!(client.line(), "2: two \u{fffd}[31m");
    drop(server); // That is kill -9.

    let (mut server, _) = start_sse_server(folder.path(), &address.to_string());
    assert!(server.line().starts_with("2 events so far, in "));
    say(address, "three");
    assert_eq!(client.line(), "3: three");
    say(address, "four");
    assert_eq!(client.line(), "4: four");
    assert!(server.interrupt().status.success());

    let ended = client.interrupt();
    assert_eq!(String::from_utf8(ended.output).unwrap(), "");
    assert!(ended.errors.contains("; again in "), "{}", ended.errors);
}

#[cfg(unix)]
#[test]
fn sse_client_ends() {
    let (server, address, _folder) = sse_server();
    say(address, "one");
    let mut client = Program::start(SSE_CLIENT, &[&address.to_string()]);
    assert_eq!(client.line(), "1: one");
    use std::os::unix::process::ExitStatusExt;
    assert_eq!(client.interrupt().status.signal(), Some(2));
    assert!(server.interrupt().status.success());

    // A server of another kind: asking again would not help.
    let mut server = Program::start(STREAM_SERVER, &[ANY_PORT]);
    let address = server.address().to_string();
    let ended = Program::start(SSE_CLIENT, &[&address]).end();
    assert_eq!(ended.status.code(), Some(1));
    assert!(
        ended.errors.contains("text/event-stream"),
        "{}",
        ended.errors
    );
}

#[test]
fn curl_shows_each_event_at_once() {
    if !installed("curl") {
        return;
    }
    let (_server, address, _folder) = sse_server();
    let url = format!("{address}/events");
    let mut curl = Program::start("curl", &["-sN", "--max-time", "20", &url]);
    assert_eq!(curl.line(), "retry: 1000");
    for expected in ["", "id: 0", ""] {
        assert_eq!(curl.line(), expected);
    }
    let posted = Command::new("curl")
        .args([
            "-s",
            "--max-time",
            "20",
            "-d",
            "hello",
            &format!("{address}/say"),
        ])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(posted.stdout).unwrap(), "{\"id\":1}");
    for expected in ["id: 1", "data: hello", ""] {
        assert_eq!(curl.line(), expected);
    }
}

/// The row of the shortest text: 27 bytes for 5, and the sum is right.
#[test]
fn sse_cost_counts() {
    let mut run = Program::start(SSE_COST, &[ANY_PORT]);
    for _ in 0..3 {
        run.line();
    }
    for _ in 0..3 {
        let row = run.line();
        let figures: Vec<f64> = row
            .split_whitespace()
            .filter_map(|figure| figure.parse().ok())
            .collect();
        let [text, format, chunk, all, latency] = figures[..] else {
            panic!("{row}");
        };
        assert!((text + format + chunk - all).abs() < 0.2, "{row}");
        assert!(
            (14.0..=16.0).contains(&format) && (6.0..=7.0).contains(&chunk),
            "{row}"
        );
        assert!(latency > 0.0);
    }
    assert!(run.finish().status.success());
}

/// A client that connects and says nothing keeps nobody from ending.
#[cfg(unix)]
#[test]
fn silent_clients_do_not_hold_up_the_end() {
    let (server, address, _folder) = sse_server();
    let mut silent = connect(address);
    let mut listener = Listener::get(address, "/events");
    listener.head();
    assert!(server.interrupt().status.success());
    assert_eq!(silent.read(&mut [0]).unwrap_or(0), 0);
}

/// Nor does one that listens and reads nothing: it has a few seconds.
#[cfg(unix)]
#[test]
fn a_client_that_never_reads_does_not_hold_up_the_end() {
    let (mut server, address, _folder) = sse_server();
    let mut stuck = Listener::get(address, "/events");
    stuck.head();
    // More than the kernel keeps for it.
    let text = "x".repeat(polling::MAX_TEXT);
    for _ in 0..500 {
        say(address, &text);
        server.line(); // So the pipe of what it prints is not full, either.
    }
    let ended = server.interrupt();
    assert!(ended.status.success(), "{}", ended.errors);
    let output = String::from_utf8(ended.output).unwrap();
    assert!(output.contains("stopped; "), "{output}");
}
