//! Many WebSocket clients in one thread, as cheap as they can be: what is measured is the server.

use std::io::{self, Error, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream as BlockingStream};
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use socket2::SockRef;
use ws_frames::{Header, Opcode, mask};

/// How long a client waits for anything. Longer, and the server has stopped serving.
const PATIENCE: Duration = Duration::from_secs(20);

/// Bytes that one read may bring, and one write take.
const BUFFER_SIZE: usize = 256 * 1024;

/// Events that one wait may bring.
const EVENTS_PER_WAIT: usize = 1024;

/// Bytes that the kernel keeps of one client before they leave: those that wait here load the machine, and not the
/// server. Without this, 200 clients that send megabytes take all the memory that the kernel has for TCP.
const SEND_BUFFER: usize = 256 * 1024;

/// Of each end of a long answer, so many bytes are looked at. Of a short one, all.
const LOOKED_AT: usize = 1024;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// What clients ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Bytes of a message.
    pub length: usize,
    /// Clients at the same time.
    pub connections: usize,
    /// Messages of one client that are under way at the same time.
    pub in_flight: usize,
    /// Whether it is spoken WebSocket. If not, whatever is sent should come back as it is.
    pub websocket: bool,
}

impl Load {
    /// Clients, and messages of each that are under way at the same time.
    pub fn crowd(&self) -> (usize, usize) {
        (self.connections, self.in_flight)
    }
}

/// Lets the oldest way of avoiding congestion decide how fast is sent. Some systems use one by default that
/// estimates the speed of the network and waits between packets (BBR). On loopback there is no network: one would
/// measure how it estimates.
pub fn use_reno(socket: &SockRef) {
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_congestion(b"reno"); // Then it is as the system has it.
    #[cfg(not(target_os = "linux"))]
    let _ = socket;
}

/// What a server did.
#[derive(Clone, Copy, Debug)]
pub struct Echoed {
    /// Messages in a second, of all clients together.
    pub per_second: f64,
    /// The server's processor time for one, in it and in the kernel.
    pub micros: f64,
}

/// Connects one client.
///
/// # Errors
///
/// When it is not let in.
pub fn connect(address: SocketAddr, websocket: bool) -> io::Result<BlockingStream> {
    let mut stream = BlockingStream::connect_timeout(&address, PATIENCE)?;
    use_reno(&SockRef::from(&stream));
    SockRef::from(&stream).set_send_buffer_size(SEND_BUFFER)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    if websocket {
        stream.write_all(REQUEST)?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            answer.push(byte[0]);
        }
        if !answer.starts_with(b"HTTP/1.1 101 ") {
            let answer = String::from_utf8_lossy(&answer);
            return Err(Error::other(format!("no WebSocket, but {answer:?}")));
        }
    }
    Ok(stream)
}

/// A binary message as it comes from a client, and as it comes back.
pub fn question_and_answer(length: usize, websocket: bool) -> (Vec<u8>, Vec<u8>) {
    let payload: Vec<u8> = (0..length).map(|at| (at * 7 + at / 251) as u8).collect();
    let frame = |key: Option<[u8; 4]>| {
        let header = Header {
            fin: true,
            rsv1: false,
            opcode: Opcode::Binary,
            key,
            length: length as u64,
        };
        let mut frame = header.bytes().to_vec();
        let start = frame.len();
        frame.extend_from_slice(&payload);
        mask(&mut frame[start..], key.unwrap_or_default(), 0);
        frame
    };
    let question = frame(Some([0x37, 0xfa, 0x21, 0x3d]));
    match websocket {
        true => (question, frame(None)),
        false => (question.clone(), question),
    }
}

/// One client.
struct Client {
    stream: TcpStream,
    /// Bytes that it may send now.
    allowed: usize,
    /// Where in a question the next byte to send is.
    at: usize,
    /// Where in an answer the next byte that comes is.
    came: usize,
    is_answered: bool,
}

/// `in_flight` messages of each client go to the server; when one comes back, the next one goes, for `time`. That
/// begins when each client has its first answer, and a fifth of it has passed. Each answer is checked. `cpu` says how much time the server has used.
///
/// # Errors
///
/// When an answer is wrong or missing.
pub fn echo(
    address: SocketAddr,
    load: Load,
    time: Duration,
    cpu: impl Fn() -> io::Result<Duration>,
) -> io::Result<Echoed> {
    let (question, answer) = question_and_answer(load.length, load.websocket);
    let questions = question.repeat(1.max(BUFFER_SIZE / question.len()));
    let answers = Answers::new(answer);
    let mut poll = Poll::new()?;
    let mut clients = Vec::with_capacity(load.connections);
    for token in 0..load.connections {
        let stream = connect(address, load.websocket)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        let both = Interest::READABLE | Interest::WRITABLE;
        poll.registry().register(&mut stream, Token(token), both)?;
        clients.push(Client {
            stream,
            allowed: load.in_flight * question.len(),
            at: 0,
            came: 0,
            is_answered: false,
        });
    }
    let mut events = Events::with_capacity(EVENTS_PER_WAIT);
    let mut buffer = vec![0; BUFFER_SIZE];
    let begin = Instant::now() + time / 5;
    // What has come when the measurement began, and when that was.
    let mut began: Option<(u64, Duration, Instant)> = None;
    let mut bytes = 0;
    // Clients without an answer.
    let mut waiting = clients.len();
    loop {
        poll.poll(&mut events, Some(PATIENCE))?;
        if events.is_empty() {
            return Err(Error::new(ErrorKind::TimedOut, "no answer comes"));
        }
        let now = Instant::now();
        match began {
            None if now >= begin && waiting == 0 => began = Some((bytes, cpu()?, Instant::now())),
            Some((before, used, start)) if now >= start + time => {
                let messages = (bytes - before) as f64 / answers.length as f64;
                return Ok(Echoed {
                    per_second: messages / (now - start).as_secs_f64(),
                    micros: cpu()?.saturating_sub(used).as_secs_f64() * 1e6 / messages,
                });
            }
            _ => {}
        }
        for event in &events {
            let client = &mut clients[event.token().0];
            while let Some(count) = later(client.stream.read(&mut buffer))? {
                let whole = answers.check(&buffer[..count], &mut client.came)?;
                client.allowed += whole * question.len();
                if whole > 0 && !client.is_answered {
                    client.is_answered = true;
                    waiting -= 1;
                }
                bytes += count as u64;
                if count < buffer.len() {
                    break;
                }
            }
            while client.allowed > 0 {
                let most = client.allowed.min(BUFFER_SIZE);
                let rest = &questions[client.at..];
                let Some(count) = later(client.stream.write(&rest[..most.min(rest.len())]))? else {
                    break;
                };
                client.allowed -= count;
                client.at = (client.at + count) % question.len();
            }
        }
    }
}

/// `None`: not now.
fn later(outcome: io::Result<usize>) -> io::Result<Option<usize>> {
    match outcome {
        Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
        Ok(count) => Ok(Some(count)),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}

/// What should come: the same answer again and again.
struct Answers {
    /// So often that one read finds all that it brings in here; a long one once.
    bytes: Vec<u8>,
    /// Bytes of one answer.
    length: usize,
}

impl Answers {
    fn new(answer: Vec<u8>) -> Self {
        let length = answer.len();
        let often = match length > 2 * LOOKED_AT {
            true => 1,
            false => BUFFER_SIZE / length + 2,
        };
        Self {
            bytes: answer.repeat(often),
            length,
        }
    }

    /// Checks what has come behind the first `came` bytes of an answer, and says how many are complete now.
    fn check(&self, mut bytes: &[u8], came: &mut usize) -> io::Result<usize> {
        let mut whole = 0;
        while !bytes.is_empty() {
            let end = self.bytes.len().min(*came + bytes.len());
            let (now, rest) = bytes.split_at(end - *came);
            let is_right = match self.length > 2 * LOOKED_AT {
                false => now == &self.bytes[*came..end],
                true => [0..LOOKED_AT, self.length - LOOKED_AT..self.length]
                    .into_iter()
                    .all(|looked_at| {
                        let from = looked_at.start.max(*came);
                        let to = looked_at.end.min(end);
                        from >= to || now[from - *came..to - *came] == self.bytes[from..to]
                    }),
            };
            if !is_right {
                return Err(Error::new(ErrorKind::InvalidData, "a wrong answer"));
            }
            whole += end / self.length - *came / self.length;
            *came = end % self.length;
            bytes = rest;
        }
        Ok(whole)
    }
}
