//! Plays the client in the Autobahn test suite: asks its fuzzing server for one case after the other.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use timeouts::{Deadline, Heard, listen_for, write_by};
use ws_frames::Kind;
use ws_handshake::Opening;
use ws_session::{Heard as Said, Session, open, random};

const HELP: &str = "
Usage: ws-conformance [ADDRESS]

Lets the fuzzing server of the Autobahn test suite test our client: sends back
every message, case after case, and has the server write its reports.
`conformance/autobahn client` starts both, and reads the reports.
ADDRESS is where the fuzzing server listens: 127.0.0.1:9001 unless given.
";

/// Under which name the reports are written.
const AGENT: &str = "client";

/// How long a connect may take, a silence, and a write.
const PATIENCE: Duration = Duration::from_secs(60);

/// Bytes that one read may bring.
const BUFFER_SIZE: usize = 64 * 1024;

/// Bytes of a message. The suite's largest has as many.
const MAX_MESSAGE: usize = 16 * 1024 * 1024;

fn main() -> ExitCode {
    program::run(HELP, 9001, |address| {
        let mut count = None;
        converse(address, "/getCaseCount", |_, message| {
            count = str::from_utf8(message)
                .ok()
                .and_then(|text| text.parse().ok());
            false
        })?;
        let no_count = || io::Error::new(ErrorKind::InvalidData, "it has not said how many cases");
        let count: u32 = count.ok_or_else(no_count)?;
        for case in 1..=count {
            let target = format!("/runCase?case={case}&agent={AGENT}");
            // How a case ends is for the server to judge.
            if let Err(error) = converse(address, &target, |_, _| true) {
                println!("case {case} of {count}: {error}");
            }
        }
        println!("{count} cases");
        converse(address, &format!("/updateReports?agent={AGENT}"), |_, _| {
            false
        })
    })
}

// ANCHOR: converse
/// One conversation. `is_echoed` says of each message whether it is sent back.
fn converse(
    address: SocketAddr,
    target: &str,
    mut is_echoed: impl FnMut(Kind, &[u8]) -> bool,
) -> io::Result<()> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_nodelay(true)?;
    let opening = Opening::new(&address.to_string(), target, random(), None);
    let opening = opening.extension(ws_deflate::OFFER);
    let opened = open(&stream, opening, Deadline::after(Instant::now(), PATIENCE))?;
    let compression = ws_deflate::confirm(&opened).map_err(io::Error::other)?;
    let mut session = Session::client(MAX_MESSAGE, random, compression);
    let mut buffer = opened.rest;
    let (mut filled, mut out) = (buffer.len(), Vec::new());
    loop {
        let mut bytes = &mut buffer[..filled];
        loop {
            let (said, rest) = session.next_event(bytes, &mut out);
            bytes = rest;
            match said {
                Some(Said::Message(kind, message)) if is_echoed(kind, &message) => {
                    session.send(kind, &message, &mut out);
                }
                Some(Said::Message(..) | Said::Ping | Said::Pong(_)) => {}
                Some(Said::Closed(_)) | None => break,
            }
        }
        let left = bytes.len();
        buffer.copy_within(filled - left..filled, 0);
        filled = left;
        let written = write_by(&stream, &out, Deadline::after(Instant::now(), PATIENCE));
        out.clear();
        if session.is_over() {
            // All is said. If the server has gone already, there is nobody left to tell.
            wait_for_end(&stream);
            return Ok(());
        }
        written?;
        let room = session.wants().max(filled + BUFFER_SIZE);
        buffer.resize(room.max(buffer.len()), 0);
        match listen_for(&stream, &mut buffer[filled..], PATIENCE)? {
            Heard::Bytes(count) => filled += count,
            Heard::End => return Ok(()),
            Heard::Silence => return Err(silent()),
        }
    }
}
// ANCHOR_END: converse

/// The server ends the stream first (section 7.1.1).
fn wait_for_end(stream: &TcpStream) {
    let deadline = Deadline::after(Instant::now(), PATIENCE);
    let mut scrap = [0; 4096];
    while let Ok(Heard::Bytes(_)) = listen_for(stream, &mut scrap, deadline.left(Instant::now())) {}
}

fn silent() -> io::Error {
    io::Error::new(ErrorKind::TimedOut, "the server was silent")
}
