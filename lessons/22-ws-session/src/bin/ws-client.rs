//! Talks to a WebSocket: sends the lines that you type, and prints what comes.

use std::io::{self, BufReader, ErrorKind};
use std::mem;
use std::process::ExitCode;
use std::time::Instant;

use timeouts::Deadline;
use ws_frames::Kind;
use ws_session::{Closed, Heard, News, Pulse, Session, Target, Times, Wire, random};

const HELP: &str = "
Usage: ws-client [URL]

Sends each line that you type as a message, and prints what comes.

    /ping TEXT           asks whether the server is there
    /close CODE REASON   says goodbye, as Ctrl-C and the end of the input do

URL is like ws://127.0.0.1:7022/chat, or just an address. It is
ws://127.0.0.1:7023/ unless given.
";

/// Bytes of a message that we take.
const MAX_MESSAGE: usize = 64 * 1024 * 1024;

const TIMES: Times = Times::USUAL;

fn main() -> ExitCode {
    program::run_to(HELP, target, talk)
}

fn target(url: Option<&str>) -> Result<Target, String> {
    let url = url.unwrap_or("ws://127.0.0.1:7023/");
    if url.starts_with("wss://") {
        return Err(
            "wss:// is ws:// inside of TLS, which is lesson 24. Give a URL with ws://.".into(),
        );
    }
    let sentence = || format!("\"{url}\" is not a URL like ws://127.0.0.1:7022/chat.");
    Target::parse(url).ok_or_else(sentence)
}

// ANCHOR: talk
fn talk(target: &Target) -> io::Result<()> {
    let stream = target.dial(TIMES.pong)?;
    let deadline = Deadline::after(Instant::now(), TIMES.pong);
    let opened = ws_session::open(&stream, target.opening(), deadline)?;
    let mut wire = Wire::new(stream, BufReader::new(io::stdin()), TIMES)?;
    ctrlc::set_handler(wire.leave()).map_err(io::Error::other)?;
    println!("(open: {target})");

    // One loop has the session, so there is nothing to lock.
    let mut session = Session::client(MAX_MESSAGE, random, None);
    let (mut unread, mut out) = (opened.rest, Vec::new());
    let mut pulse = Pulse::new(Instant::now());
    loop {
        let closed = print_all(&mut session, &mut unread, &mut out);
        wire.write(mem::take(&mut out))?;
        if let Some(closed) = closed {
            // A server ends its stream first, and a client waits for that, but not for ever (section 7.1.1).
            wire.wait_for_end(TIMES.close);
            return end(closed);
        }
        let now = Instant::now();
        if !session.is_open() {
            pulse.closing(now);
        }
        let wait = pulse.deadline(&TIMES).saturating_duration_since(now);
        match wire.next(wait) {
            Some(News::Typed(line)) => obey(&line, &mut session, &mut out),
            Some(News::Leaves) => session.close(1000, "", &mut out),
            Some(News::Came(bytes)) => {
                unread.extend(bytes);
                pulse.heard(Instant::now());
            }
            Some(News::Written) => {}
            Some(News::Ended(outcome)) => {
                outcome?;
                // No close frame: programs are told 1006 then (section 7.1.5).
                return Err(io::Error::other("it has ended without a goodbye: 1006"));
            }
            None if pulse.late(now + wait, &mut session, &mut out) => {}
            None => return Err(io::Error::new(ErrorKind::TimedOut, "the server is silent")),
        }
    }
}
// ANCHOR_END: talk

fn end(closed: Closed) -> io::Result<()> {
    match closed {
        Closed::Clean(code, reason) => {
            println!(
                "(closed: {})",
                printable(&format!("{code} {reason}")).trim()
            );
            Ok(())
        }
        Closed::Failed(violation) => Err(io::Error::new(ErrorKind::InvalidData, violation)),
    }
}

fn obey(line: &str, session: &mut Session, out: &mut Vec<u8>) {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
    match (word, code.parse()) {
        ("/ping", _) => session.ping(rest.as_bytes(), out),
        ("/close", Ok(code)) => session.close(code, reason, out),
        ("/close", Err(_)) => session.close(1000, rest, out),
        _ => session.send(Kind::Text, line.as_bytes(), out),
    }
}

// ANCHOR: print
/// Prints what has come. `Some` when that was the end.
fn print_all(session: &mut Session, unread: &mut Vec<u8>, out: &mut Vec<u8>) -> Option<Closed> {
    let all = unread.len();
    let mut bytes = &mut unread[..];
    let closed = loop {
        let (said, rest) = session.next_event(bytes, out);
        bytes = rest;
        match said {
            Some(Heard::Message(Kind::Text, text)) => {
                println!("{}", printable(&String::from_utf8_lossy(&text)));
            }
            Some(Heard::Message(Kind::Binary, bytes)) => println!("({} bytes)", bytes.len()),
            Some(Heard::Ping) => println!("(ping, answered)"),
            Some(Heard::Pong(payload)) => {
                println!("(pong: {})", printable(&String::from_utf8_lossy(payload)));
            }
            Some(Heard::Closed(closed)) => break Some(closed),
            None => break None,
        }
    };
    let left = bytes.len();
    unread.drain(..all - left);
    closed
}
// ANCHOR_END: print

/// A terminal obeys control characters, and these come from somebody else.
fn printable(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}
