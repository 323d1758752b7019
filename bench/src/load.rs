//! Many clients in one thread.

use std::io::{self, Error, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream as BlockingStream};
use std::time::{Duration, Instant};

use framing::{Event, Frames, MAX_FRAME};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

/// How long a client waits for anything. Longer, and the server has stopped serving.
const PATIENCE: Duration = Duration::from_secs(20);

/// Bytes that one read may bring.
const BUFFER_SIZE: usize = 64 * 1024;

/// Events that one wait may bring.
const EVENTS_PER_WAIT: usize = 1024;

/// Clients that connect before the first of them is answered.
const AT_ONCE: usize = 50;

/// What clients have seen.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Messages that came back to whoever sent them.
    pub answered: u64,
    /// Messages that came to anybody.
    pub delivered: u64,
    /// From the first to the last.
    pub time: Duration,
    /// From sending a message until it came back: sorted, one for each that was answered.
    latencies: Vec<Duration>,
}

impl Outcome {
    fn new(mut latencies: Vec<Duration>, delivered: u64, time: Duration) -> Self {
        latencies.sort_unstable();
        Self {
            answered: latencies.len() as u64,
            delivered,
            time,
            latencies,
        }
    }

    /// The latency that so many percent of the messages did not exceed; zero when there were none.
    pub fn percentile(&self, percent: f64) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        let at = (last as f64 * percent / 100.0).round() as usize;
        self.latencies.get(at).copied().unwrap_or_default()
    }

    /// Messages that came back, each second.
    pub fn answered_per_second(&self) -> f64 {
        self.answered as f64 / self.time.as_secs_f64()
    }
}

/// Connects `clients` clients and lets each exchange one byte with an echo server, so that the server
/// has really taken it. Then they are silent.
///
/// # Errors
///
/// When one of them cannot connect, or gets no answer: too few descriptors, or a server that holds
/// fewer clients.
pub fn hold(address: SocketAddr, clients: usize) -> io::Result<Vec<BlockingStream>> {
    let mut streams = Vec::with_capacity(clients);
    while streams.len() < clients {
        let first = streams.len();
        // Not all at once: for whom the backlog has no room, has to ask again after a second.
        for _ in first..clients.min(first + AT_ONCE) {
            let mut stream = connect(address)?;
            stream.write_all(b"x")?;
            streams.push(stream);
        }
        for mut stream in &streams[first..] {
            stream.read_exact(&mut [0])?;
        }
    }
    Ok(streams)
}

fn connect(address: SocketAddr) -> io::Result<BlockingStream> {
    let stream = BlockingStream::connect_timeout(&address, PATIENCE)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// One of the clients of [`echo`].
struct Asker {
    stream: TcpStream,
    asked: Instant,
    got: usize,
}

/// `clients` clients send `length` bytes each to an echo server, wait until they are back, and send
/// again, for `time`.
///
/// # Errors
///
/// When a client is not served: its connection ends, or nothing comes for 20 seconds.
pub fn echo(
    address: SocketAddr,
    clients: usize,
    length: usize,
    time: Duration,
) -> io::Result<Outcome> {
    let mut poll = Poll::new()?;
    let question = vec![b'x'; length];
    let mut askers = Vec::with_capacity(clients);
    for stream in hold(address, clients)? {
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        let token = Token(askers.len());
        poll.registry()
            .register(&mut stream, token, Interest::READABLE)?;
        askers.push(Asker {
            stream,
            asked: Instant::now(),
            got: 0,
        });
    }
    let started = Instant::now();
    for asker in &mut askers {
        asker.ask(&question)?;
    }
    let mut events = Events::with_capacity(EVENTS_PER_WAIT);
    let mut buffer = vec![0; BUFFER_SIZE];
    let mut latencies = Vec::new();
    while started.elapsed() < time {
        wait(&mut poll, &mut events, PATIENCE)?;
        for event in &events {
            let asker = &mut askers[event.token().0];
            while let Some(count) = read(&mut asker.stream, &mut buffer)? {
                asker.got += count;
                if asker.got == length {
                    latencies.push(asker.asked.elapsed());
                    asker.ask(&question)?;
                }
            }
        }
    }
    let delivered = latencies.len() as u64;
    Ok(Outcome::new(latencies, delivered, started.elapsed()))
}

impl Asker {
    fn ask(&mut self, question: &[u8]) -> io::Result<()> {
        self.got = 0;
        self.asked = Instant::now();
        // One question is under way for each client, and the kernel's buffers have room for that.
        self.stream.write_all(question)
    }
}

/// `clients` clients send a GET for `/` and wait for the response, over and over, each over one
/// connection, for `time`; each sends `together` of them at once (pipelining). All responses have to be
/// equally long.
///
/// # Errors
///
/// As for [`echo`]; and when a response is not 200.
pub fn http(
    address: SocketAddr,
    clients: usize,
    together: usize,
    time: Duration,
) -> io::Result<Outcome> {
    let question = format!("GET / HTTP/1.1\r\nHost: {address}\r\n\r\n");
    let answer = one_answer(address, &question)?;
    let question = question.repeat(together).into_bytes();
    let length = answer.len() * together;
    let mut poll = Poll::new()?;
    let mut askers = Vec::with_capacity(clients);
    for number in 0..clients {
        let stream = connect(address)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        poll.registry()
            .register(&mut stream, Token(number), Interest::READABLE)?;
        askers.push(Asker {
            stream,
            asked: Instant::now(),
            got: 0,
        });
    }
    let started = Instant::now();
    for asker in &mut askers {
        asker.ask(&question)?;
    }
    let mut events = Events::with_capacity(EVENTS_PER_WAIT);
    let mut buffer = vec![0; BUFFER_SIZE];
    let mut latencies = Vec::new();
    while started.elapsed() < time {
        wait(&mut poll, &mut events, PATIENCE)?;
        for event in &events {
            let asker = &mut askers[event.token().0];
            while let Some(count) = read(&mut asker.stream, &mut buffer)? {
                if asker.got % answer.len() == 0 && !buffer[..count].starts_with(&answer[..12]) {
                    return Err(Error::other("a response is another one than the first"));
                }
                asker.got += count;
                if asker.got == length {
                    latencies.extend(std::iter::repeat_n(asker.asked.elapsed(), together));
                    asker.ask(&question)?;
                }
                if count < buffer.len() {
                    break; // That was all: epoll(7).
                }
            }
        }
    }
    let delivered = latencies.len() as u64;
    Ok(Outcome::new(latencies, delivered, started.elapsed()))
}

/// All bytes of one response.
fn one_answer(address: SocketAddr, question: &str) -> io::Result<Vec<u8>> {
    let mut stream = connect(address)?;
    stream.write_all(question.as_bytes())?;
    let mut reply = http::Reply::new(BUFFER_SIZE as u64);
    let mut answer = Vec::new();
    loop {
        match reply.next_event().map_err(Error::other)? {
            Some(http::Answer::Head(head)) if head.status != http::Status::OK => {
                return Err(Error::other(head.status.to_string()));
            }
            Some(http::Answer::End) => return Ok(answer),
            Some(_) => {}
            None => {
                let mut buffer = [0; 1024];
                let count = stream.read(&mut buffer)?;
                answer.extend(&buffer[..count]);
                match count {
                    0 => reply.receive_end(),
                    count => reply.receive_data(&buffer[..count]),
                }
            }
        }
    }
}

/// Waits for events; an error when none came for `patience`.
fn wait(poll: &mut Poll, events: &mut Events, patience: Duration) -> io::Result<()> {
    match poll.poll(events, Some(patience)) {
        Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
        Ok(()) if events.is_empty() && patience == PATIENCE => Err(Error::new(
            ErrorKind::TimedOut,
            "the server has answered nobody for 20 seconds",
        )),
        other => other,
    }
}

/// One read; `None` when there is nothing to read. The end is an error: a client in an experiment
/// never ends first.
fn read(stream: &mut TcpStream, buffer: &mut [u8]) -> io::Result<Option<usize>> {
    loop {
        match stream.read(buffer) {
            Ok(0) => {
                let sentence = "the server ended a conversation";
                return Err(Error::new(ErrorKind::UnexpectedEof, sentence));
            }
            Ok(count) => return Ok(Some(count)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// One of the members of [`chat`].
struct Member {
    stream: TcpStream,
    frames: Frames,
    /// What it said and has not heard yet, and when it said that.
    said: Option<(String, Instant)>,
}

/// What the members of a chat do.
#[derive(Clone, Copy, Debug)]
pub struct Talk {
    /// Members that talk and read.
    pub members: usize,
    /// Bytes of what one says.
    pub length: usize,
    /// From one message of a member to its next one.
    pub pause: Duration,
    /// How long they talk.
    pub time: Duration,
    /// One more member joins, and never reads.
    pub non_reader: bool,
}

/// Talks in a chat. Nobody says anything new before it has heard itself. Returns what was seen, and
/// when the one that does not read was put out, if it was.
///
/// # Errors
///
/// When a member that reads is put out, or nothing comes for 20 seconds: so also when somebody does
/// not hear all that was said.
pub fn chat(address: SocketAddr, talk: Talk) -> io::Result<(Outcome, Option<Duration>)> {
    let Talk { members, pause, .. } = talk;
    let mut poll = Poll::new()?;
    let mut room = Vec::with_capacity(members);
    for number in 0..members {
        let mut stream = connect(address)?;
        let mut frames = Frames::new(MAX_FRAME);
        // Its welcome has come when it is asked for: so the order in the room is known.
        framing::ask(&mut stream, &mut frames, format!("m{number}").as_bytes())?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        poll.registry()
            .register(&mut stream, Token(number), Interest::READABLE)?;
        room.push(Member {
            stream,
            frames,
            said: None,
        });
    }
    let _stuck = match talk.non_reader {
        true => Some(joins_and_never_reads(address)?),
        false => None,
    };

    let mut events = Events::with_capacity(EVENTS_PER_WAIT);
    let mut buffer = vec![0; BUFFER_SIZE];
    let (mut latencies, mut delivered, mut count_said) = (Vec::new(), 0_u64, 0_u64);
    let mut put_out = None;
    let started = Instant::now();
    // The members take turns, so that they do not all speak at the same moment.
    let step = pause / u32::try_from(members.max(1)).unwrap_or(u32::MAX);
    let (mut next, mut next_at) = (0, started);
    loop {
        let now = Instant::now();
        let speaking = started.elapsed() < talk.time;
        if !speaking && delivered == count_said * members as u64 {
            break;
        }
        if speaking && now >= next_at {
            if room[next].said.is_none() {
                count_said += 1;
                let length = talk.length;
                room[next].say(&format!("{count_said:>length$}"))?;
            }
            next = (next + 1) % members;
            next_at += step;
        }
        let patience = match speaking {
            true => next_at.saturating_duration_since(Instant::now()),
            false => PATIENCE,
        };
        wait(&mut poll, &mut events, patience)?;
        for event in &events {
            let member = &mut room[event.token().0];
            while let Some(count) = read(&mut member.stream, &mut buffer)? {
                member.frames.receive_data(&buffer[..count]);
                while let Some(Event::Message(message)) = member.frames.next_event()? {
                    if message == b"left stuck" {
                        put_out.get_or_insert(started.elapsed());
                    }
                    if !message.starts_with(b"said m") {
                        continue; // Who comes and goes.
                    }
                    delivered += 1;
                    if let Some((own, said_at)) = &member.said
                        && message.ends_with(own.as_bytes())
                    {
                        latencies.push(said_at.elapsed());
                        member.said = None;
                    }
                }
            }
        }
    }
    if latencies.len() as u64 != count_said {
        return Err(Error::other("a member did not hear itself"));
    }
    let outcome = Outcome::new(latencies, delivered, started.elapsed());
    Ok((outcome, put_out))
}

impl Member {
    fn say(&mut self, text: &str) -> io::Result<()> {
        self.frames.send_frame(text.as_bytes())?;
        self.stream.write_all(self.frames.data_to_send())?;
        self.frames.data_sent(self.frames.data_to_send().len());
        self.said = Some((text.to_string(), Instant::now()));
        Ok(())
    }
}

/// A member that takes as little as it can: a small receive buffer, and no read.
fn joins_and_never_reads(address: SocketAddr) -> io::Result<socket2::Socket> {
    let socket = socket2::Socket::new(
        socket2::Domain::for_address(address),
        socket2::Type::STREAM,
        None,
    )?;
    socket.set_recv_buffer_size(4096)?;
    socket.connect_timeout(&address.into(), PATIENCE)?;
    let mut frames = Frames::new(MAX_FRAME);
    frames.send_frame(b"stuck")?;
    (&socket).write_all(frames.data_to_send())?;
    Ok(socket)
}
