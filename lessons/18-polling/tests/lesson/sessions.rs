//! The programs, together, and with an end that nobody expects.

use std::fs;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::Path;

use crate::programs::{ANY_PORT, Program, assert_help, assert_port_in_use, connect};

pub const POLL: [&str; 2] = [
    env!("CARGO_BIN_EXE_poll-server"),
    env!("CARGO_BIN_EXE_poll-client"),
];
pub const LONG_POLL: [&str; 2] = [
    env!("CARGO_BIN_EXE_longpoll-server"),
    env!("CARGO_BIN_EXE_longpoll-client"),
];
pub const COST: &str = env!("CARGO_BIN_EXE_poll-cost");

/// A server that keeps its events in `folder`.
pub fn start(path: &str, folder: &Path, address: &str) -> Program {
    let folder = format!("TMPDIR={}", folder.display());
    Program::start("env", &[&folder, path, address])
}

/// What `curl -d TEXT ADDRESS/say` says: the status.
pub fn say(address: SocketAddr, text: &str) -> u16 {
    let mut stream = connect(address);
    let length = text.len();
    let head = "POST /say HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    write!(stream, "{head}Content-Length: {length}\r\n\r\n{text}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

/// The next line that is about an event.
fn heard(client: &mut Program) -> String {
    loop {
        let line = client.line();
        if !line.starts_with("No answer: ") {
            return line;
        }
    }
}

#[test]
fn programs_say_how_they_are_used() {
    assert_help(POLL[0], "poll-server [ADDRESS]", "127.0.0.1:7018");
    assert_help(POLL[1], "poll-client [ADDRESS]", "127.0.0.1:7018");
    assert_help(LONG_POLL[0], "longpoll-server [ADDRESS]", "127.0.0.1:7118");
    assert_help(LONG_POLL[1], "longpoll-client [ADDRESS]", "127.0.0.1:7118");
    assert_help(COST, "poll-cost [ADDRESS]", ANY_PORT);
}

#[cfg(unix)]
#[test]
fn clients_go_on_when_their_server_was_started_anew() {
    for [server_path, client_path] in [POLL, LONG_POLL] {
        let folder = tempfile::tempdir().unwrap();
        let mut server = start(server_path, folder.path(), ANY_PORT);
        let address = server.address();
        assert_port_in_use(server_path, address);
        assert!(server.line().starts_with("0 events so far, in "));
        let at = address.to_string();
        let mut client = Program::start(client_path, &[&at]);
        server.type_in("하나\n".as_bytes());
        assert_eq!(heard(&mut client), "1 하나");
        // A terminal obeys what it is sent, so it is not sent.
        assert_eq!(say(address, "\x1b[2Jtwo"), 200);
        assert_eq!(heard(&mut client), "2 \u{fffd}[2Jtwo");
        drop(server); // SIGKILL: it has no time for last words.
        let mut server = start(server_path, folder.path(), &at);
        server.address();
        let so_far = server.line();
        let journal = so_far.strip_prefix("2 events so far, in ").unwrap();
        server.type_in(b"three\n");
        assert_eq!(heard(&mut client), "3 three");
        let ended = server.interrupt();
        assert!(ended.status.success(), "{}", ended.errors);
        let said = String::from_utf8(ended.output).unwrap();
        assert!(
            said.ends_with("stopped; 0 conversations were cut off\n"),
            "{said}"
        );
        // Somebody has moved the journal away.
        fs::remove_file(journal).unwrap();
        let mut server = start(server_path, folder.path(), &at);
        server.address();
        let missed = "Some events are not there any more. I go on after 0.";
        assert_eq!(heard(&mut client), missed);
        server.type_in(b"anew\n");
        assert_eq!(heard(&mut client), "1 anew");
    }
}

#[test]
fn a_line_that_is_too_long_is_no_event() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = start(POLL[0], folder.path(), ANY_PORT);
    let address = server.address();
    server.type_in("x".repeat(polling::MAX_TEXT + 1).as_bytes());
    server.type_in(b"\nshort\n");
    let mut client = Program::start(POLL[1], &[&address.to_string()]);
    assert_eq!(heard(&mut client), "1 short");
}

#[cfg(target_os = "linux")]
#[test]
fn two_servers_do_not_share_a_journal() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = start(LONG_POLL[0], folder.path(), ANY_PORT);
    let port = server.address().port();
    // The same port of another address: the same name for the journal.
    let second = start(LONG_POLL[0], folder.path(), &format!("127.0.0.2:{port}")).finish();
    assert_eq!(second.status.code(), Some(1));
    assert!(
        second.errors.contains("another server has "),
        "{}",
        second.errors
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_loses_nothing_that_anybody_has_heard_of() {
    let folder = tempfile::tempdir().unwrap();
    let variable = format!("TMPDIR={}", folder.path().display());
    // To the server, a limit for the length of files is like a disk that is full: a write takes some of
    // the bytes, and the next one fails.
    let limited = "trap '' XFSZ; ulimit -f 8; exec env \"$0\" \"$1\" \"$2\"";
    let mut server = Program::start("sh", &["-c", limited, &variable, POLL[0], ANY_PORT]);
    let address = server.address();
    let text = "x".repeat(1_000);
    let mut kept = 0;
    let refused = loop {
        match say(address, &text) {
            200 => kept += 1,
            status => break status,
        }
        assert!(kept < 100, "the limit should have been reached");
    };
    assert_eq!(refused, 500);
    assert!(kept > 0);
    // There is room for a small one: what was written of the large one is taken away.
    assert_eq!(say(address, "small"), 200);
    assert_eq!(say(address, &text), 500);
    drop(server);
    let mut server = start(POLL[0], folder.path(), &address.to_string());
    let address = server.address();
    assert!(server.line().starts_with(&format!("{} events", kept + 1)));
    assert_eq!(say(address, &text), 200);
    let mut client = Program::start(POLL[1], &[&address.to_string()]);
    for number in 1..=kept {
        assert_eq!(heard(&mut client), format!("{number} {text}"));
    }
    assert_eq!(heard(&mut client), format!("{} small", kept + 1));
    assert_eq!(heard(&mut client), format!("{} {text}", kept + 2));
}
