//! Lesson 11 from the outside: its programs as a student runs them, its connection with streams
//! that answer exactly as told, and its server with the clients that networks have.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the verdict")]

#[allow(dead_code, reason = "made for all lessons")]
#[path = "../../../01-first-socket/tests/lesson/programs.rs"]
mod programs;

mod one;
mod server;

use programs::{
    ANY_PORT, Program, assert_help, assert_port_in_use, assert_transcript, without_ports,
};

const SERVER: &str = env!("CARGO_BIN_EXE_nonblocking-echo");
const WOULD_BLOCK: &str = env!("CARGO_BIN_EXE_would-block");
const SPINNING: &str = env!("CARGO_BIN_EXE_spinning");
const THREE_CONNECTS: &str = env!("CARGO_BIN_EXE_three-connects");

/// Runs a program that needs no input, and records it.
fn recorded(path: &str, name: &str, masked: fn(&str) -> String) -> String {
    let run = Program::start(path, &[]).finish();
    assert!(run.status.success(), "{}", run.errors);
    let text = String::from_utf8(run.output).unwrap();
    let session = format!("$ cargo run -q --bin {name}\n{text}");
    assert_transcript(&format!("{name}.txt"), &session, masked);
    text
}

/// `text` with its numbers hidden, and with one space where columns are aligned.
fn without_numbers(text: &str) -> String {
    let mut masked = String::new();
    for line in text.lines() {
        for word in line.split_whitespace() {
            for letter in word.chars() {
                if !letter.is_ascii_digit() {
                    masked.push(letter);
                } else if !masked.ends_with('#') {
                    masked.push('#');
                }
            }
            masked.push(' ');
        }
        masked.push('\n');
    }
    masked
}

#[test]
fn the_answers_of_nonblocking_sockets_are_those_in_the_book() {
    let text = recorded(WOULD_BLOCK, "would-block", without_numbers);
    // Of the 64 MiB some were taken, and not all.
    let all = text
        .lines()
        .find_map(|line| {
            line.strip_prefix("  and more, until ")?
                .strip_suffix(" are taken")
        })
        .unwrap();
    let all: usize = all.parse().unwrap();
    assert!((1..64 * 1024 * 1024).contains(&all), "{text}");
}

#[test]
#[cfg(target_os = "linux")]
fn three_connects_have_the_answers_in_the_book() {
    recorded(THREE_CONNECTS, "three-connects", without_ports);
}

#[test]
#[cfg(target_os = "linux")]
fn spinning_costs_what_the_book_says() {
    let text = recorded(SPINNING, "spinning", without_numbers);
    let row = |name: &str| -> Vec<f64> {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        let columns = line.strip_prefix(name).unwrap().split_whitespace();
        columns.filter_map(|word| word.parse().ok()).collect()
    };
    let (spin, nap, poll) = (row("spin"), row("nap for 1 ms"), row("poll"));
    // 100 clients and the listener were asked in each round, and had nothing to say.
    assert!(spin[1] > 101.0 * 10.0, "{text}");
    assert!(nap[1] > 101.0, "{text}");
    assert_eq!(poll[..2], [0.0, 0.0], "{text}");
    assert!(spin[2] > poll[2], "{text}");
}

#[test]
fn a_port_in_use_is_a_sentence() {
    let mut first = Program::start(SERVER, &[ANY_PORT]);
    assert_port_in_use(SERVER, first.address());
}

#[test]
fn help_names_the_program_and_its_address() {
    assert_help(SERVER, "nonblocking-echo [ADDRESS]", "127.0.0.1:7011");
    assert_help(WOULD_BLOCK, "would-block [ADDRESS]", ANY_PORT);
    assert_help(SPINNING, "spinning [ADDRESS]", ANY_PORT);
    assert_help(THREE_CONNECTS, "three-connects [ADDRESS]", ANY_PORT);
}
