//! The echo server with a thread for each client (lesson 09).

use std::io::{self, ErrorKind};
use std::net::{Shutdown, TcpListener};
use std::thread;
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

/// How often to look whether something has come, or whether the server stops, where no call can tell.
const LOOK: Duration = Duration::from_millis(50);

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
    // At the end nobody is waited for longer than the drain lasts.
    let close = times.close.min(limits.drain);
    let times = Times { close, ..times };
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
        // Policy, slow reader: it has as long as for a pong to take what was written.
        let deadline = Deadline::after(Instant::now(), times.pong);
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
        // A header may promise much. There is room for twice what has come, as long as that is too little.
        let room = session.wants().min(2 * filled).max(filled + BUFFER_SIZE);
        buffer.resize(room, 0);
        let now = Instant::now();
        let wait = pulse.deadline(&times).saturating_duration_since(now);
        let heard = match session.is_open() {
            true => conversation.listen_for(&mut buffer[filled..], wait)?,
            false => hear_an_answer(conversation, &mut buffer[filled..], wait)?,
        };
        match heard {
            Heard::Bytes(count) => {
                filled += count;
                pulse.heard(Instant::now());
            }
            Heard::End if conversation.is_stopped() && session.is_open() => {
                session.close(1001, "the server stops", &mut out);
                pulse.closing(Instant::now());
            }
            Heard::End => return Ok(count),
            Heard::Silence => {
                let now = Instant::now();
                if pulse.deadline(&times) <= now && !pulse.late(now, &mut session, &mut out) {
                    return Err(io::Error::new(ErrorKind::TimedOut, "the client was silent"));
                }
            }
        }
    }
}
// ANCHOR_END: converse

/// Waits for the answer to our close frame when the server stops. Reading is shut down then (lesson 09): a
/// read does not wait any more, and brings what has come all the same. So we look.
fn hear_an_answer(
    conversation: &Conversation,
    buffer: &mut [u8],
    patience: Duration,
) -> io::Result<Heard> {
    let deadline = Deadline::after(Instant::now(), patience);
    loop {
        let left = deadline.left(Instant::now());
        match listen_for(conversation.stream(), buffer, left)? {
            Heard::End if !left.is_zero() => thread::sleep(LOOK.min(left)),
            heard => return Ok(heard),
        }
    }
}

/// Ends our side, and waits until the client has ended its own, but not for ever.
pub(crate) fn linger(conversation: &Conversation, times: Times) -> io::Result<()> {
    match conversation.stream().shutdown(Shutdown::Write) {
        // It is gone already, shutdown(2): there is nobody to wait for.
        Err(error) if error.kind() == ErrorKind::NotConnected => return Ok(()),
        ended => ended?,
    }
    let deadline = Deadline::after(Instant::now(), times.close);
    let mut scrap = [0; 4096];
    loop {
        let left = deadline.left(Instant::now());
        match listen_for(conversation.stream(), &mut scrap, left.min(LOOK))? {
            Heard::Bytes(_) if !left.is_zero() => {}
            Heard::Silence if !left.is_zero() && !conversation.is_stopped() => {}
            _ => return Ok(()),
        }
    }
}
