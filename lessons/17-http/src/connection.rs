//! One end of a connection that speaks HTTP/1.1: the server's. No socket, no clock, no print.

use framing::ByteQueue;

use crate::body::{Chunks, Framing, Step, framing};
use crate::request::{BARE, MAX_HEAD, MAX_REQUEST_LINE, Request, Version, is_host};
use crate::status::{Refused, Status};

/// Bytes of a request's body, unless the server says otherwise.
pub const MAX_BODY: u64 = 1024 * 1024;

/// Bytes of a buffer that a connection may keep while nothing is in it.
const KEPT: usize = 4 * 1024;

// ANCHOR: event
/// What a connection makes of the bytes that it has received.
#[derive(Debug)]
pub enum Event {
    /// A whole head has come. What follows is its body, then [`Event::RequestEnd`].
    Request(Request),
    /// The next bytes of the body; never none.
    Body(Vec<u8>),
    /// The request is complete. The next one comes when this one is answered. When it was answered
    /// before and that ended the connection, this does not come.
    RequestEnd,
    /// The client has ended its stream, between two requests.
    End,
}
// ANCHOR_END: event

/// How long a response's body will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// So many bytes: Content-Length.
    Known(u64),
    /// Nobody knows yet: chunks, or for a client of HTTP/1.0, until the end of the connection.
    Unknown,
}

// ANCHOR: connection
/// A server's end of a connection.
///
/// As with every codec of this course: `receive_data`, then `next_event` until it says `None`, then
/// write `data_to_send`. A request is answered by [`Connection::send_head`], any number of
/// [`Connection::send_body`], and [`Connection::send_end`]. Requests that come before the answer to an
/// earlier one wait (pipelining): never more than one is being answered.
#[derive(Debug)]
pub struct Connection {
    max_body: u64,
    received: ByteQueue,
    /// More than [`KEPT`] of them were there at once.
    received_much: bool,
    ended: bool,
    /// So many of the received bytes have been searched for the end of the head, line by line.
    searched: usize,
    /// An empty line has come before the request.
    forgiven: bool,
    reading: Reading,
    writing: Writing,
    to_send: ByteQueue,
    /// What every response says: the date, in the form of HTTP.
    date: String,
    /// The connection ends after this response.
    closing: bool,
}

#[derive(Debug)]
enum Reading {
    Head,
    Body(Body),
    /// The request is complete.
    Complete,
    /// Nothing is read any more.
    Over,
}

#[derive(Debug)]
enum Body {
    Length(u64),
    Chunked(Chunks),
}

#[derive(Debug)]
enum Writing {
    /// No request, no answer.
    Idle,
    /// A request is to be answered.
    Owed(Owed),
    /// So many bytes of body are to come.
    Length(u64),
    Chunked,
    UntilTheEnd,
    /// To a HEAD, or with a status that has no body: what is sent as body is thrown away.
    Bodiless,
}

/// What must be known of a request when it is answered.
#[derive(Clone, Copy, Debug)]
struct Owed {
    version: Version,
    is_head: bool,
    /// It waits for a word before it sends its body.
    expects_continue: bool,
}
// ANCHOR_END: connection

impl Connection {
    /// A connection on which nothing has happened. A request's body may have `max_body` bytes.
    pub fn new(max_body: u64) -> Self {
        Self {
            max_body,
            received: ByteQueue::default(),
            received_much: false,
            ended: false,
            searched: 0,
            forgiven: false,
            reading: Reading::Head,
            writing: Writing::Idle,
            to_send: ByteQueue::default(),
            date: String::new(),
            closing: false,
        }
    }

    /// Takes what one read brought.
    pub fn receive_data(&mut self, bytes: &[u8]) {
        if !matches!(self.reading, Reading::Over) {
            self.received.push(bytes);
            self.received_much |= self.buffered() > KEPT;
        }
    }

    /// The stream has ended. What has been received before is still to be had.
    pub fn receive_end(&mut self) {
        self.ended = true;
    }

    /// Bytes that have been received and are not yet part of an event. Policy, back-pressure: while
    /// a response is under way and there are any, read no more.
    pub fn buffered(&self) -> usize {
        self.received.bytes().len()
    }

    /// Whether a part of a request has come, and not all of it.
    pub fn is_inside_request(&self) -> bool {
        match self.reading {
            Reading::Head => self.buffered() > 0,
            Reading::Body(_) => true,
            Reading::Complete | Reading::Over => false,
        }
    }

    // ANCHOR: next_event
    /// What has happened; or `None`, not yet.
    ///
    /// # Errors
    ///
    /// The request cannot be understood, or must not be; or the stream ended inside of it. The
    /// connection is over then: [`Connection::refuse`] tells the client.
    pub fn next_event(&mut self) -> Result<Option<Event>, Refused> {
        let event = match &mut self.reading {
            Reading::Head => self.next_head(),
            Reading::Body(_) => self.next_body(),
            Reading::Complete | Reading::Over => return Ok(None),
        };
        if event.is_err() {
            self.reading = Reading::Over;
        }
        event
    }
    // ANCHOR_END: next_event

    fn next_head(&mut self) -> Result<Option<Event>, Refused> {
        // One empty line before a request is forgiven: RFC 9112, section 2.2. Whoever sends them for
        // ever would never be late with a request.
        if !self.forgiven && self.searched == 0 && self.received.bytes().starts_with(b"\r\n") {
            self.forgiven = true;
            self.received.remove(2);
        }
        let bytes = self.received.bytes();
        let Some(length) = head_length(bytes, &mut self.searched)? else {
            return match (self.ended, bytes.is_empty()) {
                (false, _) => Ok(None),
                (true, true) => {
                    self.reading = Reading::Over;
                    self.closing = true;
                    Ok(Some(Event::End))
                }
                (true, false) => Err(Refused::bad("the stream ended inside a request")),
            };
        };
        let request = Request::parse(&bytes[..length])?;
        one_host(&request)?;
        let framing = framing(&request, self.max_body)?;
        if request.method() == "CONNECT" {
            let why = "this server is no tunnel";
            return Err(Refused::new(Status::NOT_IMPLEMENTED, why));
        }
        let expects_continue = expects_continue(&request)?;
        self.received.remove(length);
        self.searched = 0;
        self.forgiven = false;
        let persists = match request.version() {
            Version::Http11 => true,
            Version::Http10 => request.has_token("connection", "keep-alive"),
        };
        self.closing = !persists || request.has_token("connection", "close");
        self.writing = Writing::Owed(Owed {
            version: request.version(),
            is_head: request.method() == "HEAD",
            expects_continue,
        });
        self.reading = Reading::Body(match framing {
            Framing::Length(length) => Body::Length(length),
            Framing::Chunked => Body::Chunked(Chunks::new()),
        });
        Ok(Some(Event::Request(request)))
    }

    // ANCHOR: next_body
    fn next_body(&mut self) -> Result<Option<Event>, Refused> {
        let Reading::Body(body) = &mut self.reading else {
            return Ok(None);
        };
        let bytes = self.received.bytes();
        let step = match body {
            Body::Length(0) => Step::End { skip: 0 },
            Body::Length(left) => {
                let take = usize::try_from(*left)
                    .unwrap_or(usize::MAX)
                    .min(bytes.len());
                *left -= take as u64;
                Step::of(take)
            }
            Body::Chunked(chunks) => chunks.step(bytes, self.max_body)?,
        };
        match step {
            Step::Data { skip, take } => {
                let data = bytes[skip..skip + take].to_vec();
                self.received.remove(skip + take);
                self.hears_the_body();
                Ok(Some(Event::Body(data)))
            }
            Step::End { skip } => {
                self.received.remove(skip);
                self.reading = Reading::Complete;
                // It may be answered already.
                if matches!(self.writing, Writing::Idle) {
                    self.begin_anew();
                }
                Ok(Some(Event::RequestEnd))
            }
            Step::More { skip } => {
                self.received.remove(skip);
                if self.ended {
                    return Err(Refused::bad("the stream ended inside a body"));
                }
                // Whoever asks for the body wants it: time to say so.
                if let Writing::Owed(owed) = &mut self.writing
                    && owed.expects_continue
                {
                    owed.expects_continue = false;
                    self.to_send.push(b"HTTP/1.1 100 Continue\r\n\r\n");
                }
                Ok(None)
            }
        }
    }
    // ANCHOR_END: next_body

    /// The client sends its body without being told to.
    fn hears_the_body(&mut self) {
        if let Writing::Owed(owed) = &mut self.writing {
            owed.expects_continue = false;
        }
    }
}

// ANCHOR: head_length
/// The length of the head, when all of it is there. Each byte is looked at once, however many reads
/// it takes; `searched` is where the last line begins that is not complete.
pub(crate) fn head_length(bytes: &[u8], searched: &mut usize) -> Result<Option<usize>, Refused> {
    while let Some(end) = bytes[*searched..].iter().position(|byte| *byte == b'\n') {
        let end = *searched + end;
        if end == 0 || bytes[end - 1] != b'\r' {
            return Err(BARE);
        }
        let is_blank = end - 1 == *searched;
        let is_first = *searched == 0;
        *searched = end + 1;
        fits(*searched, is_first)?;
        if is_blank {
            return Ok(Some(*searched));
        }
    }
    fits(bytes.len(), *searched == 0)?;
    Ok(None)
}
// ANCHOR_END: head_length

fn fits(length: usize, in_request_line: bool) -> Result<(), Refused> {
    if in_request_line && length > MAX_REQUEST_LINE {
        let why = "the first line is too long";
        Err(Refused::new(Status::URI_TOO_LONG, why))
    } else if length > MAX_HEAD {
        let why = "the head is too long";
        Err(Refused::new(Status::HEADER_FIELDS_TOO_LARGE, why))
    } else {
        Ok(())
    }
}

/// RFC 9112, section 3.2: exactly one, except from clients of HTTP/1.0.
fn one_host(request: &Request) -> Result<(), Refused> {
    let mut hosts = request.all("host");
    match (hosts.next(), hosts.next(), request.version()) {
        (Some(_), Some(_), _) => Err(Refused::bad("the request names two hosts")),
        (Some(host), None, _) if !is_host(host) => Err(Refused::bad("that is no host")),
        (None, _, Version::Http11) => Err(Refused::bad("the request names no host")),
        _ => Ok(()),
    }
}

/// RFC 9110, section 10.1.1.
fn expects_continue(request: &Request) -> Result<bool, Refused> {
    match request.field("expect") {
        None => Ok(false),
        // A client of HTTP/1.0 would not understand the answer.
        Some(_) if request.version() == Version::Http10 => Ok(false),
        Some(value) if value.eq_ignore_ascii_case("100-continue") => Ok(true),
        Some(_) => {
            let why = "the request expects something that nobody knows";
            Err(Refused::new(Status::EXPECTATION_FAILED, why))
        }
    }
}

/// What goes out.
impl Connection {
    /// What every response says from now on: the date, in the form of RFC 9110, section 5.6.7. The
    /// connection has no clock.
    pub fn set_date(&mut self, date: &str) {
        date.clone_into(&mut self.date);
    }

    /// The connection ends after the response that is next, or under way.
    pub fn close_after_response(&mut self) {
        self.closing = true;
    }

    // ANCHOR: send_head
    /// Begins the response to the request. `fields` are names and values; those about length, date and
    /// connection are added. Line ends in a value would make a field of its rest: they become spaces.
    /// When the request's body has not been read to its end by now, the connection ends after this
    /// response.
    ///
    /// Without a request to be answered it does nothing.
    pub fn send_head(&mut self, status: Status, fields: &[(&str, &str)], length: Length) {
        self.send_head_with(status, fields.iter().copied(), length);
    }

    pub(crate) fn send_head_with<'a>(
        &mut self,
        status: Status,
        fields: impl Iterator<Item = (&'a str, &'a str)>,
        length: Length,
    ) {
        let Writing::Owed(owed) = self.writing else {
            return;
        };
        // Answered before the body was read: nobody may want the rest of it, and it must not be taken for
        // the next request. So this is the last one.
        let is_read = matches!(
            self.reading,
            Reading::Complete | Reading::Body(Body::Length(0))
        );
        // And who has ended its stream, and has no more requests here, will have none.
        if !is_read || (self.ended && self.buffered() == 0) {
            self.closing = true;
        }
        let bodiless = status.is_bodiless();
        let out = &mut self.to_send;
        out.push(b"HTTP/1.1 ");
        push_number(out, u64::from(status.0));
        out.push(b" ");
        out.push(status.phrase().as_bytes());
        out.push(b"\r\n");
        for (name, value) in fields {
            push_field(out, name, value);
        }
        if !self.date.is_empty() {
            push_field(out, "Date", &self.date);
        }
        self.writing = match length {
            Length::Known(length) => {
                // A 304 may say how long it would be; a 204 must not: RFC 9110, section 8.6.
                if !bodiless {
                    out.push(b"Content-Length: ");
                    push_number(out, length);
                    out.push(b"\r\n");
                }
                Writing::Length(length)
            }
            Length::Unknown if owed.version == Version::Http11 => {
                if !bodiless {
                    push_field(out, "Transfer-Encoding", "chunked");
                }
                Writing::Chunked
            }
            Length::Unknown => {
                self.closing = true;
                Writing::UntilTheEnd
            }
        };
        if owed.is_head || bodiless {
            self.writing = Writing::Bodiless;
        }
        match (self.closing, owed.version) {
            // What comes behind it is no HTTP: whether that would go on, nobody asks any more.
            _ if status == Status::SWITCHING_PROTOCOLS => {}
            (true, _) => push_field(out, "Connection", "close"),
            (false, Version::Http10) => push_field(out, "Connection", "keep-alive"),
            (false, Version::Http11) => {}
        }
        out.push(b"\r\n");
    }
    // ANCHOR_END: send_head

    // ANCHOR: send_body
    /// The next bytes of the response's body. More than the length that was said are not sent.
    pub fn send_body(&mut self, bytes: &[u8]) {
        match &mut self.writing {
            // A chunk of length 0 would be the last one.
            Writing::Chunked if !bytes.is_empty() => {
                self.to_send
                    .push(format!("{:x}\r\n", bytes.len()).as_bytes());
                self.to_send.push(bytes);
                self.to_send.push(b"\r\n");
            }
            Writing::Length(left) => {
                let fits = usize::try_from(*left)
                    .unwrap_or(usize::MAX)
                    .min(bytes.len());
                *left -= fits as u64;
                self.to_send.push(&bytes[..fits]);
            }
            Writing::UntilTheEnd => self.to_send.push(bytes),
            Writing::Chunked | Writing::Bodiless | Writing::Idle | Writing::Owed(_) => {}
        }
    }

    /// The response is complete. When less came than its length said, the connection ends: that is
    /// how the client sees that something is missing.
    pub fn send_end(&mut self) {
        match self.writing {
            Writing::Idle | Writing::Owed(_) => return,
            Writing::Chunked => self.to_send.push(b"0\r\n\r\n"),
            Writing::Length(left) if left > 0 => self.closing = true,
            Writing::Length(_) | Writing::UntilTheEnd | Writing::Bodiless => {}
        }
        self.writing = Writing::Idle;
        self.begin_anew();
    }
    // ANCHOR_END: send_body

    /// A whole response at once.
    pub fn respond(&mut self, status: Status, fields: &[(&str, &str)], body: &[u8]) {
        self.send_head(status, fields, Length::Known(body.len() as u64));
        self.send_body(body);
        self.send_end();
    }

    // ANCHOR: switch
    /// Answers the request, which must have no body, with 101: this connection speaks another protocol from
    /// now on (RFC 9110, section 7.8). Returns what has come behind the request: it is of that protocol.
    /// When [`Connection::data_to_send`] is written, the connection is no use any more.
    pub fn switch(&mut self, fields: &[(&str, String)]) -> Vec<u8> {
        let fields = fields.iter().map(|(name, value)| (*name, value.as_str()));
        self.send_head_with(Status::SWITCHING_PROTOCOLS, fields, Length::Known(0));
        self.writing = Writing::Idle;
        self.reading = Reading::Over;
        self.closing = false;
        std::mem::take(&mut self.received).bytes().to_vec()
    }
    // ANCHOR_END: switch

    // ANCHOR: refuse
    /// Tells the client why its request is refused, unless a response is under way already; and the
    /// connection ends.
    pub fn refuse(&mut self, refused: Refused) {
        self.reading = Reading::Over;
        self.closing = true;
        if matches!(self.writing, Writing::Idle) {
            // The head that is refused is still there.
            let is_head = self.received.bytes().starts_with(b"HEAD ");
            self.writing = Writing::Owed(Owed {
                version: Version::Http11,
                is_head,
                expects_continue: false,
            });
        }
        if matches!(self.writing, Writing::Owed(_)) {
            let fields = [("Content-Type", "text/plain; charset=utf-8")];
            self.respond(refused.status, &fields, format!("{refused}\n").as_bytes());
        } else {
            // What the client has of a body is not the whole, and it will see that.
            self.writing = Writing::Idle;
        }
    }
    // ANCHOR_END: refuse

    /// This request is answered. The next one may come.
    fn begin_anew(&mut self) {
        if self.received_much && self.buffered() == 0 {
            self.received = ByteQueue::default();
            self.received_much = false;
        }
        if self.closing {
            // Closing with unread input would reset the connection: the driver lets it linger (lesson
            // 04).
            self.reading = Reading::Over;
        } else if matches!(self.reading, Reading::Complete) {
            self.reading = Reading::Head;
        }
    }

    /// Whether what is sent as body of the response under way goes to the client. It does not when the
    /// request was a HEAD, or the status has no body: then nobody needs to fetch it.
    pub fn sends_body(&self) -> bool {
        !matches!(self.writing, Writing::Bodiless)
    }

    /// All bytes that are to be written, until [`Connection::data_sent`] says that they were.
    pub fn data_to_send(&self) -> &[u8] {
        self.to_send.bytes()
    }

    /// The first `count` bytes of [`Connection::data_to_send`] were written.
    pub fn data_sent(&mut self, count: usize) {
        self.to_send.remove(count);
        // An idle connection keeps no large buffer.
        if count > KEPT && self.to_send.bytes().is_empty() {
            self.to_send = ByteQueue::default();
        }
    }

    /// Whether a request waits for its response, or for the rest of it.
    pub fn owes_response(&self) -> bool {
        !matches!(self.writing, Writing::Idle)
    }

    /// Whether nothing will be read or said any more, once [`Connection::data_to_send`] is written:
    /// then end the stream and linger.
    pub fn is_over(&self) -> bool {
        self.closing
            && matches!(self.writing, Writing::Idle)
            && matches!(self.reading, Reading::Over)
    }
}

/// `name: value`, in one line.
fn push_field(out: &mut ByteQueue, name: &str, value: &str) {
    out.push(name.as_bytes());
    out.push(b": ");
    for (number, part) in value.split(['\r', '\n', '\0']).enumerate() {
        if number > 0 {
            out.push(b" ");
        }
        out.push(part.as_bytes());
    }
    out.push(b"\r\n");
}

/// In decimal. Without `format!`, which would ask for memory with each response.
fn push_number(out: &mut ByteQueue, mut number: u64) {
    let mut digits = [b'0'; 20]; // As many as the largest has.
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] += (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return out.push(&digits[first..]);
        }
    }
}
