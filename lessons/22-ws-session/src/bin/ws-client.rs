//! Talks to a WebSocket: sends the lines that you type, and prints what comes.

use std::env;
use std::io::{self, BufRead, ErrorKind};
use std::net::TcpStream;
use std::process::ExitCode;
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::Instant;

use timeouts::{Deadline, Heard, listen_for, write_by};
use ws_frames::Kind;
use ws_session::{Closed, Heard as Said, Pulse, Session, Target, Times, random};

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

/// Bytes that one read may bring.
const BUFFER_SIZE: usize = 64 * 1024;

/// Lines and reads that may wait until we have dealt with the ones before.
const WAITING: usize = 16;

const TIMES: Times = Times::USUAL;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    let url = match arguments.as_slice() {
        [] => "ws://127.0.0.1:7023/",
        [flag] if flag == "--help" || flag == "-h" => {
            println!("{}", HELP.trim());
            return ExitCode::SUCCESS;
        }
        [url] => url,
        _ => "", // No URL, as the next lines find out.
    };
    let Some(target) = Target::parse(url) else {
        eprintln!("Give one URL, like ws://127.0.0.1:7022/chat, or nothing. Try --help.");
        return ExitCode::from(2);
    };
    match talk(&target) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("It did not work with {target}: {error}.");
            ExitCode::FAILURE
        }
    }
}

/// What the one loop waits for.
enum Happens {
    Typed(String),
    /// Ctrl-C, or the end of the input.
    Leaves,
    Came(Vec<u8>),
    Ended(io::Result<()>),
}

// ANCHOR: talk
fn talk(target: &Target) -> io::Result<()> {
    let stream = target.dial(TIMES.pong)?;
    let deadline = Deadline::after(Instant::now(), TIMES.pong);
    let opened = ws_session::open(&stream, target.opening(), deadline)?;
    println!("(open: {target})");

    let (sender, happens) = mpsc::sync_channel(WAITING);
    let (typed, stopped) = (sender.clone(), sender.clone());
    // Nobody can wake a thread that waits for the keyboard. It ends with the process.
    thread::spawn(move || read_lines(&typed));
    ctrlc::set_handler(move || {
        let _ = stopped.send(Happens::Leaves); // It fails when the end has come: so much the better.
    })
    .map_err(io::Error::other)?;
    let reader = stream.try_clone()?;
    thread::spawn(move || read_bytes(&reader, &sender));

    // One loop has the session, so there is nothing to lock.
    let mut session = Session::client(MAX_MESSAGE, random, None);
    let (mut unread, mut out) = (opened.rest, Vec::new());
    let mut pulse = Pulse::new(Instant::now());
    loop {
        let closed = print_all(&mut session, &mut unread, &mut out);
        let deadline = Deadline::after(Instant::now(), TIMES.pong);
        write_by(&stream, &out, deadline)?;
        out.clear();
        if let Some(closed) = closed {
            // A server ends its stream first, and a client waits for that, but not for ever (section 7.1.1).
            let deadline = Deadline::after(Instant::now(), TIMES.close);
            while let Ok(news) = happens.recv_timeout(deadline.left(Instant::now()))
                && !matches!(news, Happens::Ended(_))
            {}
            return end(closed);
        }
        let now = Instant::now();
        if !session.is_open() {
            pulse.closing(now);
        }
        let wait = pulse.deadline(&TIMES).saturating_duration_since(now);
        match happens.recv_timeout(wait) {
            Ok(Happens::Typed(line)) => obey(&line, &mut session, &mut out),
            Ok(Happens::Leaves) => session.close(1000, "", &mut out),
            Ok(Happens::Came(bytes)) => {
                unread.extend(bytes);
                pulse.heard(Instant::now());
            }
            Ok(Happens::Ended(outcome)) => {
                outcome?;
                // No close frame: programs are told 1006 then (section 7.1.5).
                return Err(io::Error::other("it has ended without a goodbye (1006)"));
            }
            Err(RecvTimeoutError::Timeout) if pulse.late(now + wait, &mut session, &mut out) => {}
            Err(_) => return Err(io::Error::new(ErrorKind::TimedOut, "the server is silent")),
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
            Some(Said::Message(Kind::Text, text)) => {
                println!("{}", printable(&String::from_utf8_lossy(&text)));
            }
            Some(Said::Message(Kind::Binary, bytes)) => println!("({} bytes)", bytes.len()),
            Some(Said::Ping) => println!("(ping, answered)"),
            Some(Said::Pong(payload)) => {
                println!("(pong: {})", printable(&String::from_utf8_lossy(payload)));
            }
            Some(Said::Closed(closed)) => break Some(closed),
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

fn read_lines(happens: &SyncSender<Happens>) {
    for line in io::stdin().lock().split(b'\n') {
        let Ok(line) = line else { break };
        let line = String::from_utf8_lossy(line.trim_ascii_end()).into_owned();
        if happens.send(Happens::Typed(line)).is_err() {
            return;
        }
    }
    let _ = happens.send(Happens::Leaves); // It fails when the end has come: so much the better.
}

fn read_bytes(stream: &TcpStream, happens: &SyncSender<Happens>) {
    let mut buffer = vec![0; BUFFER_SIZE];
    loop {
        let news = match listen_for(stream, &mut buffer, TIMES.quiet) {
            Ok(Heard::Bytes(count)) => Happens::Came(buffer[..count].to_vec()),
            Ok(Heard::Silence) => continue, // What that means is the pulse's business.
            Ok(Heard::End) => Happens::Ended(Ok(())),
            Err(error) => Happens::Ended(Err(error)),
        };
        let is_end = matches!(news, Happens::Ended(_));
        if happens.send(news).is_err() || is_end {
            return;
        }
    }
}
