//! The echo server with a thread for each client (lesson 09).

use std::io;
use std::net::{Shutdown, TcpListener};
use std::time::{Duration, Instant};

use http::{Refused, Request, Response, Status};
use threads::{Conversation, Limits, News, Stop, threaded};
use timeouts::{Deadline, Heard, listen_for, write_by};
use ws_handshake::{Handshake, Upgrade};

use crate::session::{Heard as Said, Session};

/// Bytes that one read may bring.
const BUFFER_SIZE: usize = 64 * 1024;

/// Bytes of answers that wait until they are written, with one write.
const MOST_UNSENT: usize = 64 * 1024;

/// How long the handshake, a write, and the end may take.
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
    stop: &Stop,
    report: impl Fn(News) + Send + Sync + 'static,
    welcome: impl Fn(&Request) -> Result<(Upgrade, Session), Response> + Send + Sync,
) -> io::Result<usize> {
    threaded::serve_each(listener, limits, stop, report, |conversation| {
        match open(conversation, &welcome)? {
            Some((session, rest)) => converse(conversation, session, rest, limits),
            None => Ok(0),
        }
    })
}
// ANCHOR_END: serve

/// The opening handshake. `None`: it was refused.
fn open(
    conversation: &Conversation,
    welcome: &impl Fn(&Request) -> Result<(Upgrade, Session), Response>,
) -> io::Result<Option<(Session, Vec<u8>)>> {
    let deadline = Deadline::after(Instant::now(), PATIENCE);
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
            linger(conversation)?;
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
    limits: Limits,
) -> io::Result<u64> {
    let write = |out: &mut Vec<u8>| {
        let deadline = Deadline::after(Instant::now(), PATIENCE);
        let written = write_by(conversation.stream(), out, deadline);
        out.clear();
        written
    };
    let (mut filled, mut buffer) = (rest.len(), rest);
    let (mut count, mut out) = (0, Vec::new());
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
            linger(conversation)?;
            return Ok(count);
        }
        let wants = session.wants().max(filled + BUFFER_SIZE);
        if buffer.len() < wants {
            buffer.resize(wants, 0);
        }
        match conversation.listen_for(&mut buffer[filled..], limits.idle)? {
            Heard::Bytes(count) => filled += count,
            Heard::End => return Ok(count),
            Heard::Silence if session.is_open() => {
                session.close(1001, "nothing was said", &mut out);
            }
            Heard::Silence => return Ok(count),
        }
    }
}
// ANCHOR_END: converse

/// Ends our side, and waits until the client has ended its own, but not for ever.
fn linger(conversation: &Conversation) -> io::Result<()> {
    conversation.stream().shutdown(Shutdown::Write)?;
    let deadline = Deadline::after(Instant::now(), PATIENCE);
    let mut scrap = [0; 4096];
    while let Heard::Bytes(_) = listen_for(
        conversation.stream(),
        &mut scrap,
        deadline.left(Instant::now()),
    )? {}
    Ok(())
}
