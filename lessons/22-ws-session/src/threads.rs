//! The echo server with a thread for each client (lesson 09).

use std::io::{self, ErrorKind};
use std::net::{Shutdown, TcpListener};
use std::time::{Duration, Instant};

use http::{Refused, Request, Response, Status};
use threads::{Conversation, Limits, News, Stop, threaded};
use timeouts::{Deadline, Heard, listen_for, write_by};
use ws_handshake::{Handshake, Upgrade};

use crate::pulse::{Pulse, Times};
use crate::session::{Heard as Said, Session};

/// Bytes that one read may bring.
const BUFFER_SIZE: usize = 64 * 1024;

/// Bytes of answers that wait until they are written, with one write.
const MOST_UNSENT: usize = 64 * 1024;

/// How long a client may take to read what was written. Policy, slow reader: it is given up.
const PATIENCE: Duration = Duration::from_secs(10);

// ANCHOR: serve
/// Sends back every message. `welcome` says who may come, and with which session.
///
/// # Errors
///
/// When `accept` fails for good.
pub fn serve(
    listener: TcpListener,
    limits: Limits,
    times: Times,
    stop: &Stop,
    report: impl Fn(News) + Send + Sync + 'static,
    welcome: impl Fn(&Request) -> Result<(Upgrade, Session), Response> + Send + Sync,
) -> io::Result<usize> {
    threaded::serve_each(listener, limits, stop, report, |conversation| {
        match open(conversation, times, &welcome)? {
            Some((session, rest)) => converse(conversation, session, rest, times),
            None => Ok(0),
        }
    })
}
// ANCHOR_END: serve

/// The opening handshake. `None`: it was refused.
fn open(
    conversation: &Conversation,
    times: Times,
    welcome: &impl Fn(&Request) -> Result<(Upgrade, Session), Response>,
) -> io::Result<Option<(Session, Vec<u8>)>> {
    let deadline = Deadline::after(Instant::now(), times.pong);
    let mut handshake = Handshake::new();
    let mut buffer = vec![0; BUFFER_SIZE];
    loop {
        let opened = handshake.answer(welcome);
        write_by(conversation.stream(), handshake.data_to_send(), deadline)?;
        handshake.data_sent(handshake.data_to_send().len());
        if opened.is_some() {
            return Ok(opened);
        }
        if handshake.is_over() {
            linger(conversation, times)?;
            return Ok(None);
        }
        match conversation.listen_for(&mut buffer, deadline.left(Instant::now()))? {
            Heard::Bytes(count) => handshake.receive_data(&buffer[..count]),
            Heard::End => handshake.receive_end(),
            Heard::Silence => handshake.refuse(Refused {
                status: Status::REQUEST_TIMEOUT,
                why: "the request did not come in time",
            }),
        }
    }
}

// ANCHOR: converse
fn converse(
    conversation: &Conversation,
    mut session: Session,
    rest: Vec<u8>,
    times: Times,
) -> io::Result<u64> {
    let write = |out: &mut Vec<u8>| {
        let deadline = Deadline::after(Instant::now(), PATIENCE);
        let written = write_by(conversation.stream(), out, deadline);
        out.clear();
        written
    };
    let (mut filled, mut buffer) = (rest.len(), rest);
    let (mut count, mut out) = (0, Vec::new());
    let mut pulse = Pulse::new(Instant::now());
    loop {
        let mut bytes = &mut buffer[..filled];
        loop {
            let (said, rest) = session.next_event(bytes, &mut out);
            bytes = rest;
            match said {
                Some(Said::Message(kind, message)) => {
                    count += 1;
                    session.send(kind, &message, &mut out);
                }
                Some(Said::Ping | Said::Pong(_)) => {}
                Some(Said::Closed(_)) | None => break,
            }
            if out.len() >= MOST_UNSENT {
                write(&mut out)?;
            }
        }
        let left = bytes.len();
        buffer.copy_within(filled - left..filled, 0);
        filled = left;
        write(&mut out)?;
        if session.is_over() {
            linger(conversation, times)?;
            return Ok(count);
        }
        let wants = session.wants().max(filled + BUFFER_SIZE);
        if buffer.len() < wants {
            buffer.resize(wants, 0);
        }
        let now = Instant::now();
        let wait = pulse.deadline(&times).saturating_duration_since(now);
        match conversation.listen_for(&mut buffer[filled..], wait)? {
            Heard::Bytes(count) => {
                filled += count;
                pulse.heard(Instant::now());
            }
            Heard::End if conversation.is_stopped() && session.is_open() => {
                session.close(1001, "the server stops", &mut out);
                write(&mut out)?;
                linger(conversation, times)?;
                return Ok(count);
            }
            Heard::End => return Ok(count),
            Heard::Silence => {
                if !pulse.late(Instant::now(), &mut session, &mut out) {
                    return Err(io::Error::new(ErrorKind::TimedOut, "the client was silent"));
                }
            }
        }
    }
}
// ANCHOR_END: converse

/// Ends our side, and waits until the client has ended its own, but not for ever.
fn linger(conversation: &Conversation, times: Times) -> io::Result<()> {
    conversation.stream().shutdown(Shutdown::Write)?;
    let deadline = Deadline::after(Instant::now(), times.close);
    let mut scrap = [0; 4096];
    while let Heard::Bytes(_) = listen_for(
        conversation.stream(),
        &mut scrap,
        deadline.left(Instant::now()),
    )? {}
    Ok(())
}
