//! So many inputs for each target: a second or so. `cargo run -p fuzz` reads as many as one likes.

use fuzz::{Target, run, target};

const INPUTS: u64 = 2_000;

#[track_caller]
fn finds_nothing(name: &str) {
    let target: &Target = target(name).unwrap_or_else(|| panic!("no target {name}"));
    let report = run(target, 0, |count| count < INPUTS);
    if let Some(finding) = report.finding {
        panic!(
            "{}: cargo run -p fuzz -- {name} --seed {} --inputs 1",
            finding.what, finding.seed
        );
    }
    for word in target.usual {
        let count = report.words.get(word).copied().unwrap_or_default();
        assert!(count > 0, "no input was {word}: {:?}", report.words);
    }
}

#[test]
fn handshake_of_a_server() {
    finds_nothing("handshake");
}

#[test]
fn handshake_of_a_client() {
    finds_nothing("opening");
}

#[test]
fn offers_of_compression() {
    finds_nothing("offers");
}

#[test]
fn frames() {
    finds_nothing("frames");
}

#[test]
fn deflate() {
    finds_nothing("deflate");
}

#[test]
fn a_session_that_echoes() {
    finds_nothing("echo");
}

#[test]
fn a_session_that_decompresses() {
    finds_nothing("compressed");
}

#[test]
fn two_sessions_that_talk() {
    finds_nothing("talk");
}
