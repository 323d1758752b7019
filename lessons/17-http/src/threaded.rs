//! The server, with a thread for each connection (lesson 09).

use std::io::{self, ErrorKind, Write};
use std::net::{Shutdown, SocketAddr, TcpListener};
use std::time::{Duration, Instant, SystemTime};

use threads::{Conversation, Limits, News, Stop, threaded};
use timeouts::{Deadline, Heard, listen_for, write_by};

use crate::connection::{Connection, Event, MAX_BODY};
use crate::request::Request;
use crate::response::{Body, PIECE, Response};
use crate::status::{Refused, Status};

/// Bytes that one read may bring.
const BUFFER_SIZE: usize = 16 * 1024;

/// Bytes that are read and thrown away at the end of a connection.
pub(crate) const MOST_SCRAP: usize = 16 * 1024 * 1024;

/// While a connection lingers: how often to look whether the server stops.
const STOP_LOOK: Duration = Duration::from_millis(50);

// ANCHOR: patience
/// How long a server waits for what.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For all of a request, from its first byte to the last of its body. Policy, slow request: 408.
    pub request: Duration,
    /// Between two requests. Policy, idle client: the connection is closed.
    pub between: Duration,
    /// For a client to take a piece of a response. Policy, slow reader: it is given up.
    pub response: Duration,
    /// For a client to end its side when we have ended ours.
    pub linger: Duration,
}

impl Patience {
    /// What the programs use.
    pub const USUAL: Self = Self {
        request: Duration::from_secs(10),
        between: Duration::from_secs(30),
        response: Duration::from_secs(10),
        linger: Duration::from_secs(2),
    };
}
// ANCHOR_END: patience

// ANCHOR: serve
/// Answers the requests of many clients with what `answer` says, each client in a thread of its own. It
/// gets the head and the body of a request, and may take its time: then it should look now and then
/// whether the client is gone.
///
/// `News::Ended` counts requests. Otherwise as [`threads::threaded::serve`].
///
/// # Errors
///
/// When `accept` fails for good.
pub fn serve(
    listener: TcpListener,
    limits: Limits,
    patience: Patience,
    stop: &Stop,
    report: impl Fn(News) + Send + Sync + 'static,
    answer: impl Fn(&Request, &[u8], &Client) -> Response + Send + Sync,
) -> io::Result<usize> {
    threaded::serve_each(listener, limits, stop, report, |conversation| {
        converse(conversation, patience, &answer)
    })
}

/// Who has asked.
pub struct Client<'a> {
    pub(crate) address: SocketAddr,
    pub(crate) is_gone: &'a dyn Fn() -> bool,
}

impl Client<'_> {
    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether nobody waits for the response any more: the client has ended its stream or reset the
    /// connection; or the server stops. Waits for nothing.
    pub fn is_gone(&self) -> bool {
        (self.is_gone)()
    }
}

fn is_gone(conversation: &Conversation) -> bool {
    let stream = conversation.stream();
    if conversation.is_stopped() || stream.set_nonblocking(true).is_err() {
        return true;
    }
    let peeked = stream.peek(&mut [0]);
    let blocks_again = stream.set_nonblocking(false);
    blocks_again.is_err() || has_ended(peeked)
}

/// What a look at the next byte tells, on a socket that does not block.
pub(crate) fn has_ended(peeked: io::Result<usize>) -> bool {
    match peeked {
        Ok(count) => count == 0,
        Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted),
    }
}

/// One connection, from its first request to its end.
fn converse(
    conversation: &Conversation,
    patience: Patience,
    answer: &impl Fn(&Request, &[u8], &Client) -> Response,
) -> io::Result<u64> {
    let mut connection = Connection::new(MAX_BODY);
    let mut buffer = vec![0; BUFFER_SIZE];
    let client = Client {
        address: conversation.address,
        is_gone: &|| is_gone(conversation),
    };
    let mut answered = 0;
    let mut request: Option<(Request, Vec<u8>)> = None;
    let mut deadline: Option<Deadline> = None; // Of the request that has begun.
    loop {
        match connection.next_event() {
            Ok(Some(Event::Request(head))) => request = Some((head, Vec::new())),
            // It is bounded: `connection` takes MAX_BODY bytes at most.
            Ok(Some(Event::Body(bytes))) => {
                if let Some((_, body)) = &mut request {
                    body.extend(bytes);
                }
            }
            Ok(Some(Event::RequestEnd)) => {
                if let Some((head, body)) = request.take() {
                    connection.set_date(&httpdate::fmt_http_date(SystemTime::now()));
                    if conversation.is_stopped() {
                        connection.close_after_response();
                    }
                    let response = answer(&head, &body, &client);
                    if let Body::Switch(talk) = response.body {
                        let rest = connection.switch(&response.fields);
                        flush(&mut connection, conversation, patience)?;
                        return Ok(answered + talk(conversation, rest)?);
                    }
                    let mut body = response.begin(&mut connection);
                    let is_stream = matches!(body, Body::Stream(_));
                    if is_stream {
                        // Its first bytes may take their time. That there will be some is known now.
                        flush(&mut connection, conversation, patience)?;
                    }
                    while body.send_more(&mut connection)? {
                        let is_silent = connection.data_to_send().is_empty();
                        flush(&mut connection, conversation, patience)?;
                        // A server that stops lets a stream that has something to say come to its end.
                        let is_over = match conversation.is_stopped() {
                            true => is_silent,
                            false => client.is_gone(),
                        };
                        if is_stream && is_over {
                            return Ok(answered);
                        }
                    }
                    answered += 1;
                }
                deadline = None;
                // Answers to requests that came together leave together, but not any number of them.
                if connection.data_to_send().len() >= PIECE {
                    flush(&mut connection, conversation, patience)?;
                }
            }
            Ok(Some(Event::End)) => return Ok(answered),
            Ok(None) => {
                flush(&mut connection, conversation, patience)?;
                if connection.is_over() {
                    linger(conversation, patience)?;
                    return Ok(answered);
                }
                let now = Instant::now();
                if connection.is_inside_request() && deadline.is_none() {
                    deadline = Some(Deadline::after(now, patience.request));
                }
                let wait = deadline.map_or(patience.between, |deadline| deadline.left(now));
                // Reads say that the stream has ended when the server stops; the client did not say so.
                let heard = match conversation.is_stopped() {
                    true => Heard::End,
                    false => conversation.listen_for(&mut buffer, wait)?,
                };
                match heard {
                    Heard::Bytes(count) => connection.receive_data(&buffer[..count]),
                    Heard::End if conversation.is_stopped() && connection.is_inside_request() => {
                        return refuse(connection, STOPPED, conversation, patience);
                    }
                    Heard::End => connection.receive_end(),
                    Heard::Silence if deadline.is_none() => return Ok(answered),
                    Heard::Silence
                        if deadline
                            .is_some_and(|deadline| deadline.left(Instant::now()).is_zero()) =>
                    {
                        return refuse(connection, TOO_SLOW, conversation, patience);
                    }
                    Heard::Silence => {}
                }
            }
            Err(refused) => return refuse(connection, refused, conversation, patience),
        }
    }
}
// ANCHOR_END: serve

/// Tells the client why, and lets the connection end. Whether the client hears it or not: that it was
/// refused is the news.
fn refuse(
    mut connection: Connection,
    refused: Refused,
    conversation: &Conversation,
    patience: Patience,
) -> io::Result<u64> {
    connection.set_date(&httpdate::fmt_http_date(SystemTime::now()));
    connection.refuse(refused);
    let _ = flush(&mut connection, conversation, patience)
        .and_then(|()| linger(conversation, patience));
    Err(io::Error::new(ErrorKind::InvalidData, refused))
}

pub(crate) const TOO_SLOW: Refused = Refused {
    status: Status::REQUEST_TIMEOUT,
    why: "the request did not come in time",
};

pub(crate) const STOPPED: Refused = Refused {
    status: Status::SERVICE_UNAVAILABLE,
    why: "the server stops",
};

/// Writes all that is to be sent.
fn flush(
    connection: &mut Connection,
    conversation: &Conversation,
    patience: Patience,
) -> io::Result<()> {
    let deadline = Deadline::after(Instant::now(), patience.response);
    write_by(conversation.stream(), connection.data_to_send(), deadline)?;
    connection.data_sent(connection.data_to_send().len());
    Ok(())
}

// ANCHOR: linger
/// Ends our side and reads on until the client has ended its own: closing with unread input would be a
/// reset, and it would overtake our last response (lesson 04).
fn linger(conversation: &Conversation, patience: Patience) -> io::Result<()> {
    let mut stream = conversation.stream();
    stream.flush()?;
    stream.shutdown(Shutdown::Write)?;
    let deadline = Deadline::after(Instant::now(), patience.linger);
    let mut scrap = [0; BUFFER_SIZE];
    let mut scrapped = 0;
    while scrapped < MOST_SCRAP {
        let left = deadline.left(Instant::now());
        // A stop that woke us would shut down reading, and that is a reset, too (lesson 09). So we look.
        match listen_for(stream, &mut scrap, left.min(STOP_LOOK))? {
            Heard::Bytes(count) => scrapped += count,
            Heard::Silence if !left.is_zero() && !conversation.is_stopped() => {}
            Heard::End | Heard::Silence => break,
        }
    }
    Ok(())
}
// ANCHOR_END: linger
