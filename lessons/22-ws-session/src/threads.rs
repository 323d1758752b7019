//! The echo server with a thread for each client (lesson 09).

use std::io;
use std::net::{Shutdown, TcpListener};
use std::time::{Duration, Instant};

use http::{Connection, Event, Status};
use threads::{Conversation, Limits, News, Stop, threaded};
use timeouts::{Deadline, Heard, write_by};
use ws_handshake::{Policy, Upgrade, upgrade};

use crate::session::{Compression, Heard as Said, Session};

/// Bytes that one read may bring.
const BUFFER_SIZE: usize = 64 * 1024;

/// Bytes of answers that wait until they are written, with one write.
const MOST_UNSENT: usize = 64 * 1024;

/// How long the handshake, and a write, may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Echoes messages.
///
/// # Errors
///
/// When `accept` fails for good.
pub fn serve(
    listener: TcpListener,
    limits: Limits,
    policy: &Policy,
    max_message: usize,
    agree: impl Fn(&mut Upgrade) -> Option<Box<dyn Compression>> + Send + Sync,
    stop: &Stop,
    report: impl Fn(News) + Send + Sync + 'static,
) -> io::Result<usize> {
    threaded::serve_each(listener, limits, stop, report, |conversation| {
        let Some((rest, compression)) = open(conversation, policy, &agree)? else {
            return Ok(0);
        };
        converse(
            conversation,
            Session::server(max_message, compression),
            rest,
            limits,
        )
    })
}

/// The opening handshake. `None`: it was refused.
fn open(
    conversation: &Conversation,
    policy: &Policy,
    agree: &impl Fn(&mut Upgrade) -> Option<Box<dyn Compression>>,
) -> io::Result<Option<(Vec<u8>, Option<Box<dyn Compression>>)>> {
    let deadline = Deadline::after(Instant::now(), PATIENCE);
    let mut connection = Connection::new(0);
    let mut buffer = vec![0; BUFFER_SIZE];
    let mut request = None;
    let mut rest = None;
    loop {
        match connection.next_event() {
            Ok(Some(Event::Request(head))) => request = Some(head),
            Ok(Some(Event::RequestEnd)) => {
                if let Some(request) = request.take() {
                    match upgrade(&request, policy) {
                        Ok(mut upgrade) => {
                            let compression = agree(&mut upgrade);
                            let fields = upgrade.fields.iter();
                            let fields: Vec<_> = fields
                                .map(|(name, value)| (*name, value.as_str()))
                                .collect();
                            rest = Some((connection.switch(&fields), compression));
                        }
                        Err(response) => {
                            connection.close_after_response();
                            let mut body = response.begin(&mut connection);
                            while body.send_more(&mut connection)? {}
                        }
                    }
                }
            }
            Ok(Some(Event::Body(_))) => {}
            Ok(Some(Event::End)) => return Ok(None),
            Ok(None) => {
                write_by(conversation.stream(), connection.data_to_send(), deadline)?;
                connection.data_sent(connection.data_to_send().len());
                if rest.is_some() || connection.is_over() {
                    return Ok(rest);
                }
                let left = deadline.left(Instant::now());
                match conversation.listen_for(&mut buffer, left)? {
                    Heard::Bytes(count) => connection.receive_data(&buffer[..count]),
                    Heard::End => connection.receive_end(),
                    Heard::Silence => connection.refuse(http::Refused {
                        status: Status::REQUEST_TIMEOUT,
                        why: "too slow",
                    }),
                }
            }
            Err(refused) => connection.refuse(refused),
        }
    }
}

fn converse(
    conversation: &Conversation,
    mut session: Session,
    rest: Vec<u8>,
    limits: Limits,
) -> io::Result<u64> {
    let mut stream = conversation.stream();
    let mut buffer = rest;
    let mut filled = buffer.len();
    let mut out = Vec::new();
    let mut count = 0;
    loop {
        let mut at = 0;
        let mut over = false;
        loop {
            let (used, said) = session.next_event(&mut buffer[at..filled], &mut out);
            at += used;
            match said {
                None => break,
                Some(Said::Message(kind, message)) => {
                    count += 1;
                    session.send(kind, &message, &mut out);
                }
                Some(Said::Pong(_)) => {}
                Some(Said::Closed(_)) => {
                    over = true;
                    break;
                }
            }
            if out.len() >= MOST_UNSENT {
                write_by(stream, &out, Deadline::after(Instant::now(), PATIENCE))?;
                out.clear();
            }
        }
        buffer.copy_within(at..filled, 0);
        filled -= at;
        write_by(stream, &out, Deadline::after(Instant::now(), PATIENCE))?;
        out.clear();
        if over {
            stream.shutdown(Shutdown::Write)?;
            let _ = io::copy(&mut stream, &mut io::sink());
            return Ok(count);
        }
        let wants = session.wants().max(filled + BUFFER_SIZE);
        if buffer.len() < wants {
            buffer.resize(wants, 0);
        }
        match conversation.listen_for(&mut buffer[filled..], limits.idle)? {
            Heard::Bytes(count) => filled += count,
            Heard::End => return Ok(count),
            Heard::Silence => session.close(1001, "idle", &mut out),
        }
    }
}
