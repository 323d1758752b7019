//! What the book shows of this lesson: bytes as they travelled, and what the programs print.

use std::io::{Read, Write};

use crate::programs::{ANY_PORT, Program, assert_transcript, connect, without_ports};
use crate::sessions::{COST, LONG_POLL, say, start};
use crate::wire::lines;

/// Without ports, without what day it is, and without how often and how long a client waited for a server that
/// was not there.
fn masked(text: &str) -> String {
    let mut masked: Vec<String> = Vec::new();
    for line in without_ports(text).lines() {
        let begin = ["  Date: ", "No answer: "]
            .into_iter()
            .find(|begin| line.starts_with(begin));
        masked.push(begin.unwrap_or(line).to_string());
    }
    masked.dedup();
    masked.join("\n")
}

#[test]
fn one_long_poll() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = start(LONG_POLL[0], folder.path(), ANY_PORT);
    let address = server.address();
    let mut stream = connect(address);
    let request =
        "GET /events?since=0 HTTP/1.1\r\nHost: 127.0.0.1:7118\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    let posted = say(address, "The kettle is on.");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let transcript = format!(
        "one client sent:\n{}\nanother one said something, and its answer was {posted}.\n\nthe first got:\n{}",
        lines(request.as_bytes()),
        lines(answer.as_bytes()),
    );
    assert_transcript("one-long-poll.txt", &transcript, masked);
}

#[cfg(unix)]
#[test]
fn a_server_that_is_started_anew() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = start(LONG_POLL[0], folder.path(), ANY_PORT);
    let mut servers = "$ cargo run -q --bin longpoll-server\n".to_string();
    let address = server.address();
    servers += &format!("listening on {address}\n{}\n", server.line());
    let mut client = Program::start(LONG_POLL[1], &[&address.to_string()]);
    let mut clients = "$ cargo run -q --bin longpoll-client\n".to_string();
    for said in ["The kettle is on.", "Tea is ready."] {
        server.type_in(format!("{said}\n").as_bytes());
        servers += &format!("{said}\n");
        clients += &format!("{}\n", client.line());
    }
    let ended = server.interrupt();
    assert!(ended.status.success(), "{}", ended.errors);
    servers += &format!("^C{}", String::from_utf8(ended.output).unwrap());
    clients += &format!("{}\n", client.line()); // It has noticed.
    let mut server = start(LONG_POLL[0], folder.path(), &address.to_string());
    server.address();
    servers += "$ cargo run -q --bin longpoll-server\n";
    servers += &format!("listening on {address}\n{}\n", server.line());
    servers += "Here I am again.\n";
    server.type_in(b"Here I am again.\n");
    loop {
        let line = client.line();
        clients += &format!("{line}\n");
        if line.starts_with("3 ") {
            break;
        }
    }
    // What a reader sees: the usual port, and whatever the folder for temporary files is called there.
    let servers = servers
        .replace(&folder.path().display().to_string(), "$TMPDIR")
        .replace(&address.port().to_string(), "7118");
    assert_transcript("restart-server.txt", &servers, masked);
    assert_transcript("restart-client.txt", &clients, masked);
}

#[test]
fn what_polling_costs() {
    let run = Program::start(COST, &[]).finish();
    assert!(run.status.success(), "{}", run.errors);
    let output = String::from_utf8(run.output).unwrap();
    let figures: Vec<Vec<f64>> = output
        .lines()
        .skip(3)
        .map(|line| {
            let (_, figures) = line.split_at(18);
            let words = figures.split_whitespace();
            words.filter_map(|word| word.parse().ok()).collect()
        })
        .collect();
    let [each_second, ten_a_second, long] = figures.as_slice() else {
        panic!("{output}");
    };
    // Latency is paid in requests, except when the server waits.
    assert!(each_second[0] > ten_a_second[0] && ten_a_second[0] > long[0]);
    assert!(ten_a_second[1] > 2.0 * each_second[1] && ten_a_second[2] > 2.0 * long[2]);
    let transcript = format!("$ cargo run -q --bin poll-cost\n{output}");
    assert_transcript("poll-cost.txt", &transcript, |text| {
        let mut lines = text.lines();
        let head: Vec<&str> = lines.by_ref().take(4).collect();
        let names = lines.map(|line| line.split_at(18).0.trim_end());
        head.into_iter().chain(names).collect::<Vec<_>>().join("\n")
    });
}
