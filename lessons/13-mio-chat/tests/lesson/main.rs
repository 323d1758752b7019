//! Lesson 13 from the outside: its parts with invented times and invented sockets, its server with
//! the clients that a chat has, and its programs as a student runs them.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the verdict")]

#[allow(dead_code, reason = "this lesson needs less than others")]
#[path = "../../../01-first-socket/tests/lesson/programs.rs"]
mod programs;

mod parts;
mod room;

use programs::{ANY_PORT, Program, assert_help, assert_port_in_use, assert_transcript, connect};
use std::io::Read;

const SERVER: &str = env!("CARGO_BIN_EXE_mio-chat");
const BUFFER_DEPTH: &str = env!("CARGO_BIN_EXE_buffer-depth");

/// Text without its numbers: how long something took differs from run to run.
fn without_numbers(text: &str) -> String {
    let words = text.lines().map(|line| {
        let masked = line.split_whitespace().map(|word| {
            if word.chars().all(|letter| letter.is_ascii_digit()) {
                "#"
            } else {
                word
            }
        });
        masked.collect::<Vec<_>>().join(" ") + "\n"
    });
    words.collect()
}

#[test]
fn the_depth_of_a_buffer_has_a_bound() {
    let run = Program::start(BUFFER_DEPTH, &[]).finish();
    assert!(run.status.success(), "{}", run.errors);
    let text = String::from_utf8(run.output).unwrap();
    let rows: Vec<Vec<usize>> = text
        .lines()
        .filter(|line| line.contains(" ms "))
        .map(|line| {
            let numbers = line.split_whitespace().flat_map(str::parse);
            numbers.collect()
        })
        .collect();
    assert_eq!(rows.len(), 6, "{text}");
    // The mark, and one read more. How much waits without a mark depends on who runs when.
    let most = rows.iter().map(|row| row[2]).max().unwrap();
    assert!(most <= mio_chat::HIGH_WATER_MARK + 16 * 1024, "{text}");
    let session = format!("$ cargo run -q --bin buffer-depth\n{text}");
    assert_transcript("buffer-depth.txt", &session, without_numbers);
}

#[cfg(unix)]
#[test]
fn ctrl_c_drains_the_server_though_one_does_not_read() {
    let mut server = Program::start(SERVER, &[ANY_PORT]);
    let address = server.address();
    // Whoever was not accepted yet when the server stops is reset: so this one comes first.
    let mut nameless = connect(address);
    let mut stuck = room::Member::joins(address, "stuck");
    stuck.talks_until_it_cannot_go_on();
    let idle = room::Member::joins(address, "ana");
    let ended = server.interrupt();
    assert!(ended.status.success(), "{}", ended.errors);
    let said = String::from_utf8(ended.output).unwrap();
    assert!(
        said.ends_with("stopped; 1 conversations were cut off\n"),
        "{said}"
    );
    // Who reads gets the rest, and the end.
    assert_eq!(idle.rest(), ["closing"]);
    assert_eq!(nameless.read(&mut [0; 1]).unwrap(), 0);
    drop(stuck);
}

#[test]
fn a_port_in_use_is_a_sentence() {
    let mut first = Program::start(SERVER, &[ANY_PORT]);
    assert_port_in_use(SERVER, first.address());
}

#[test]
fn help_names_the_programs_and_their_addresses() {
    assert_help(SERVER, "mio-chat [ADDRESS]", "127.0.0.1:7013");
    assert_help(BUFFER_DEPTH, "buffer-depth [ADDRESS]", ANY_PORT);
}
