//! The server, with all connections in one thread (lessons 12 and 13).
//!
//! The same core as on threads, and the same promises. What differs is who waits: nobody does, so what is
//! due is remembered for each connection.

use std::io::{self, ErrorKind, Write};
use std::net::{self, Shutdown, SocketAddr};
use std::time::{Duration, Instant, SystemTime};

use threads::{Limits, News, Stop};

use crate::connection::{Connection, Event, MAX_BODY};
use crate::request::Request;
use crate::response::{Body, PIECE, Response};
use crate::status::{Refused, Status};
use crate::threaded::{Client, MOST_SCRAP, Patience, STOPPED, TOO_SLOW, has_ended};
use crate::turns::{self, FOREVER, Got, Moment, Next, Peer, Protocol};

/// Bytes that one read may bring.
const BUFFER_SIZE: usize = 64 * 1024;

/// Policy, fairness: reads, or pieces written, of one connection before the others get their turn.
const STEPS_PER_TURN: usize = 4;

// ANCHOR: serve
/// Like [`crate::threaded::serve`], with all clients in the thread that calls.
///
/// While `answer` thinks, everybody waits: it must not wait for anything. So a [`Body::Stream`] or a [`Body::Switch`] cannot be
/// sent; instead of it, the client gets a 500. Files are read between the turns of other clients.
///
/// # Errors
///
/// Those of [`turns::serve`].
pub fn serve(
    listener: net::TcpListener,
    limits: Limits,
    patience: Patience,
    stop: &Stop,
    report: impl Fn(News),
    answer: impl Fn(&Request, &[u8], &Client) -> Response,
) -> io::Result<usize> {
    let http = Http {
        patience,
        answer,
        scratch: vec![0; BUFFER_SIZE].into_boxed_slice(),
        clock: Clock::default(),
    };
    turns::serve(listener, limits, stop, report, http)
}
// ANCHOR_END: serve

struct Http<A> {
    patience: Patience,
    answer: A,
    /// Where reads put their bytes. One for all: nothing stays in it.
    scratch: Box<[u8]>,
    clock: Clock,
}

// ANCHOR: clock
/// The date, in the form of HTTP. It is made once in a second, and not for each response.
#[derive(Default)]
struct Clock {
    made: Option<Instant>,
    date: String,
}

impl Clock {
    fn date(&mut self, now: Instant) -> &str {
        const SECOND: Duration = Duration::from_secs(1);
        if self
            .made
            .is_none_or(|made| now.duration_since(made) >= SECOND)
        {
            self.made = Some(now);
            self.date = httpdate::fmt_http_date(SystemTime::now());
        }
        &self.date
    }
}
// ANCHOR_END: clock

impl<A: Fn(&Request, &[u8], &Client) -> Response> Protocol for Http<A> {
    type Talk = Talk;

    fn begin(&mut self, client: SocketAddr, now: Instant) -> Talk {
        Talk::new(client, now)
    }

    fn turn(&mut self, talk: &mut Talk, peer: &mut Peer, moment: Moment) -> io::Result<Next> {
        let date = self.clock.date(moment.now);
        talk.turn(peer, &mut self.scratch, moment, date, &self.answer)
    }

    fn deadline(&self, talk: &Talk) -> Instant {
        talk.deadline(self.patience)
    }

    fn late(&mut self, talk: &mut Talk, now: Instant) -> io::Result<Next> {
        match talk.waits {
            // Policy, idle client: nobody owes anybody anything.
            Waits::Between | Waits::Linger => Ok(Next::End),
            // Policy, slow request.
            Waits::Request => {
                talk.refuse(TOO_SLOW, self.clock.date(now));
                Ok(Next::Turn)
            }
            // Policy, slow reader: what it has is not the whole, and it can see that.
            Waits::Response => {
                let sentence = "the client did not take our bytes in time";
                Err(io::Error::new(ErrorKind::TimedOut, sentence))
            }
        }
    }

    fn end(&mut self, talk: Talk) -> io::Result<u64> {
        talk.refused.map_or(Ok(talk.answered), Err)
    }
}

/// What a connection waits for, and so how long it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waits {
    Between,
    Request,
    Response,
    Linger,
}

// ANCHOR: talk
/// What is remembered of one client.
struct Talk {
    client: SocketAddr,
    connection: Connection,
    /// Its head has come, and so much of its body.
    request: Option<(Request, Vec<u8>)>,
    /// What is still to be sent of a response.
    body: Option<Body>,
    answered: u64,
    /// Why it was refused.
    refused: Option<io::Error>,
    waits: Waits,
    since: Instant,
    /// Bytes thrown away, at the end.
    scrap: usize,
}
// ANCHOR_END: talk

impl Talk {
    fn new(client: SocketAddr, now: Instant) -> Self {
        Self {
            client,
            connection: Connection::new(MAX_BODY),
            request: None,
            body: None,
            answered: 0,
            refused: None,
            waits: Waits::Between,
            since: now,
            scrap: 0,
        }
    }

    fn deadline(&self, patience: Patience) -> Instant {
        let wait = match self.waits {
            Waits::Between => patience.between,
            Waits::Request => patience.request,
            Waits::Response => patience.response,
            Waits::Linger => patience.linger,
        };
        self.since + wait.min(FOREVER)
    }

    /// From `now` on it waits for something else.
    fn wait_for(&mut self, what: Waits, now: Instant) {
        if self.waits != what {
            self.waits = what;
            self.since = now;
        }
    }

    // ANCHOR: turn
    /// Does what can be done without waiting: answer what was asked, write, and only when all of that is
    /// written, read.
    fn turn(
        &mut self,
        peer: &mut Peer,
        scratch: &mut [u8],
        moment: Moment,
        date: &str,
        answer: &impl Fn(&Request, &[u8], &Client) -> Response,
    ) -> io::Result<Next> {
        let Moment { now, stops } = moment;
        for _ in 0..STEPS_PER_TURN {
            if self.waits == Waits::Linger {
                match self.discard(peer, scratch)? {
                    Next::Turn => continue,
                    Next::Readable if stops => return Ok(Next::End),
                    next => return Ok(next),
                }
            }
            // The next piece only when this one is taken: each has its own time.
            if !self.flush(peer, now)? {
                return Ok(Next::Writable);
            }
            let is_exhausted = self.answer_what_has_come(peer, moment, date, answer)?;
            if !self.flush(peer, now)? {
                return Ok(Next::Writable);
            }
            if !is_exhausted {
                continue;
            }
            if self.connection.is_over() {
                if peer.has_ended && peer.is_drained {
                    return Ok(Next::End);
                }
                // To close with unread input would be a reset, and overtake our response (lesson 04).
                peer.socket.shutdown(Shutdown::Write)?;
                self.wait_for(Waits::Linger, now);
                continue;
            }
            self.wait_for(
                match self.connection.is_inside_request() {
                    true => Waits::Request,
                    false => Waits::Between,
                },
                now,
            );
            if stops {
                match self.connection.is_inside_request() {
                    true => self.refuse(STOPPED, date),
                    false => self.connection.receive_end(),
                }
                continue;
            }
            match peer.read(scratch)? {
                Got::Bytes(count) => self.connection.receive_data(&scratch[..count]),
                Got::End => self.connection.receive_end(),
                Got::Nothing => return Ok(Next::Readable),
            }
        }
        Ok(Next::Turn)
    }
    // ANCHOR_END: turn

    // ANCHOR: answer
    /// Answers the requests that are complete, until a piece is to be written; and says whether that was
    /// all that can be done about them.
    fn answer_what_has_come(
        &mut self,
        peer: &Peer,
        moment: Moment,
        date: &str,
        answer: &impl Fn(&Request, &[u8], &Client) -> Response,
    ) -> io::Result<bool> {
        let Moment { now, stops } = moment;
        // Policy, back-pressure: what has been answered waits in memory, so not any number is.
        while self.connection.data_to_send().len() < PIECE {
            if let Some(body) = &mut self.body {
                if !body.send_more(&mut self.connection)? {
                    self.body = None;
                    self.answered += 1;
                }
                continue;
            }
            match self.connection.next_event() {
                Ok(None | Some(Event::End)) => return Ok(true),
                Ok(Some(Event::Request(head))) => {
                    self.request = Some((head, Vec::new()));
                }
                // It is bounded: `connection` takes MAX_BODY bytes at most.
                Ok(Some(Event::Body(bytes))) => {
                    if let Some((_, body)) = &mut self.request {
                        body.extend(bytes);
                    }
                }
                Ok(Some(Event::RequestEnd)) => {
                    let Some((head, body)) = self.request.take() else {
                        continue;
                    };
                    self.since = now;
                    self.waits = Waits::Between;
                    self.connection.set_date(date);
                    if stops {
                        self.connection.close_after_response();
                    }
                    let client = Client {
                        address: self.client,
                        is_gone: &|| stops || has_ended(peer.socket.peek(&mut [0])),
                    };
                    let response = match answer(&head, &body, &client) {
                        Response {
                            body: Body::Stream(_) | Body::Switch(_),
                            ..
                        } => Response::plain(Status::INTERNAL_SERVER_ERROR),
                        response => response,
                    };
                    self.body = Some(response.begin(&mut self.connection));
                }
                Err(refused) => {
                    self.refuse(refused, date);
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
    // ANCHOR_END: answer

    fn refuse(&mut self, refused: Refused, date: &str) {
        self.connection.set_date(date);
        self.connection.refuse(refused);
        self.refused = Some(io::Error::new(ErrorKind::InvalidData, refused));
    }

    /// Writes what fits, and says whether that was all.
    fn flush(&mut self, peer: &mut Peer, now: Instant) -> io::Result<bool> {
        while !self.connection.data_to_send().is_empty() {
            match peer.socket.write(self.connection.data_to_send()) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => self.connection.data_sent(count),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.wait_for(Waits::Response, now);
                    return Ok(false);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if self.waits == Waits::Response {
            self.wait_for(Waits::Between, now);
        }
        Ok(true)
    }

    /// Reads what nobody wants, until the client has ended its side.
    fn discard(&mut self, peer: &mut Peer, scratch: &mut [u8]) -> io::Result<Next> {
        match peer.read(scratch)? {
            Got::Bytes(count) => {
                self.scrap += count;
                match self.scrap < MOST_SCRAP {
                    true => Ok(Next::Turn),
                    false => Ok(Next::End),
                }
            }
            Got::End => Ok(Next::End),
            Got::Nothing => Ok(Next::Readable),
        }
    }
}
