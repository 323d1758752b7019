//! Our WebSocket: an end of it that does as it is told, and the echo servers.

use std::io::{self, Read};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use http::{Request, Response};
use threads::{Limits, News, Stop};
use timeouts::{Deadline, write_by};
use ws_frames::{Header, Kind, Opcode, mask};
use ws_handshake::{Handshake, Origins, Policy, Upgrade, upgrade};
use ws_session::{Closed, Heard as Said, Session, Target, Times, random};

use crate::orders::{BETWEEN, Deflate, End, Heard, MAX_MESSAGE, Order, SUBPROTOCOL};
use crate::programs::{ANY_PORT, DEADLINE};

/// After such a silence our echo servers ask a client whether it is there, so all clients answer pings all the time.
const OFTEN: Duration = Duration::from_millis(20);

/// Our end of a WebSocket, in either role.
pub struct Ours {
    conversation: Option<Conversation>,
    written: usize,
    read: usize,
}

struct Conversation {
    stream: TcpStream,
    session: Session,
    is_client: bool,
    unread: Vec<u8>,
    /// What is to be heard before all that.
    opened: Option<Heard>,
}

fn deadline() -> Deadline {
    Deadline::after(Instant::now(), DEADLINE)
}

/// Who may come, and with which compression.
fn welcome(request: &Request, deflate: bool) -> Result<(Upgrade, Session), Response> {
    let policy = Policy {
        origins: Origins::Any,
        subprotocols: vec![SUBPROTOCOL.to_string()],
    };
    let mut upgrade = upgrade(request, &policy)?;
    let compression = match deflate {
        true => ws_deflate::agree(&mut upgrade),
        false => None,
    };
    Ok((upgrade, Session::server(MAX_MESSAGE, compression)))
}

impl Ours {
    /// A client, not connected yet.
    pub fn client() -> Self {
        Self {
            conversation: None,
            written: 0,
            read: 0,
        }
    }

    /// A server's side of a connection that was accepted.
    pub fn accept(mut stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let mut handshake = Handshake::new();
        let (session, unread) = loop {
            let opened = handshake.answer(|request| welcome(request, true));
            write_by(&stream, handshake.data_to_send(), deadline()).unwrap();
            handshake.data_sent(handshake.data_to_send().len());
            if let Some(opened) = opened {
                break opened;
            }
            let mut buffer = [0; 1024];
            let count = stream.read(&mut buffer).unwrap();
            assert!(count > 0, "no handshake");
            handshake.receive_data(&buffer[..count]);
        };
        Self {
            conversation: Some(Conversation {
                stream,
                session,
                is_client: false,
                unread,
                opened: None,
            }),
            ..Self::client()
        }
    }

    fn open(url: &str, subprotocols: &[String], deflate: Deflate) -> Conversation {
        let target = Target::parse(url).unwrap();
        let stream = target.dial(DEADLINE).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let mut opening = target.opening();
        if !subprotocols.is_empty() {
            let names: Vec<&str> = subprotocols.iter().map(String::as_str).collect();
            opening = opening.subprotocols(&names);
        }
        if deflate != Deflate::Off {
            opening = opening.extension(ws_deflate::OFFER);
        }
        let opened = ws_session::open(&stream, opening, deadline()).unwrap();
        let compression = ws_deflate::confirm(&opened).unwrap();
        let extensions: Vec<String> = opened.extensions.iter().map(written).collect();
        Conversation {
            stream,
            session: Session::client(MAX_MESSAGE, random, compression),
            is_client: true,
            unread: opened.rest,
            opened: Some(Heard::Open {
                subprotocol: opened.subprotocol.unwrap_or_default(),
                extensions: extensions.join(", "),
            }),
        }
    }
}

/// An extension as it stands on the wire.
fn written(extension: &ws_handshake::Extension) -> String {
    let mut text = extension.name.clone();
    for (name, value) in &extension.parameters {
        text += &format!("; {name}");
        if let Some(value) = value {
            text += &format!("={value}");
        }
    }
    text
}

impl Conversation {
    /// A frame as no [`Session`] sends it: it sends every message in one.
    fn frame(&self, fin: bool, opcode: Opcode, payload: &[u8], out: &mut Vec<u8>) {
        let key = self.is_client.then(random);
        let header = Header {
            fin,
            rsv1: false,
            opcode,
            key,
            length: payload.len() as u64,
        };
        out.extend_from_slice(&header.bytes());
        let start = out.len();
        out.extend_from_slice(payload);
        if let Some(key) = key {
            mask(&mut out[start..], key, 0);
        }
    }

    /// Both have said goodbye: ends the connection, the server first (RFC 6455, section 7.1.1).
    fn end(mut self) {
        if !self.is_client {
            self.stream.shutdown(Shutdown::Write).unwrap();
        }
        let ended = io::copy(&mut self.stream, &mut io::sink());
        ended.expect("the peer should end the connection after its goodbye");
    }
}

impl End for Ours {
    fn obey(&mut self, order: &Order) {
        if let Order::Open {
            url,
            subprotocols,
            deflate,
        } = order
        {
            self.conversation = Some(Self::open(url, subprotocols, *deflate));
            return;
        }
        let conversation = self.conversation.as_mut().expect("it is open");
        let session = &mut conversation.session;
        let mut out = Vec::new();
        match order {
            Order::Open { .. } => {}
            Order::Text { text } => session.send(Kind::Text, text.as_bytes(), &mut out),
            Order::Binary { bytes } => session.send(Kind::Binary, bytes, &mut out),
            Order::Ping { payload } => session.ping(payload.as_bytes(), &mut out),
            Order::Close { code, reason } => session.close(*code, reason, &mut out),
            Order::Fragments { parts } => {
                let last = parts.len() - 1;
                for (at, part) in parts.iter().enumerate() {
                    let opcode = match at {
                        0 => Opcode::Text,
                        _ => Opcode::Continuation,
                    };
                    conversation.frame(at == last, opcode, part, &mut out);
                    if at == 0 {
                        conversation.frame(true, Opcode::Ping, BETWEEN.as_bytes(), &mut out);
                    }
                }
            }
        }
        self.written += out.len();
        write_by(&conversation.stream, &out, deadline()).unwrap();
    }

    fn hear(&mut self) -> Heard {
        let conversation = self.conversation.as_mut().expect("it is open");
        if let Some(opened) = conversation.opened.take() {
            return opened;
        }
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let (mut out, length) = (Vec::new(), conversation.unread.len());
            let session = &mut conversation.session;
            let (said, rest) = session.next_event(&mut conversation.unread, &mut out);
            let has_more = said.is_some();
            let heard = match said {
                Some(Said::Message(Kind::Text, text)) => Some(Heard::Text {
                    text: String::from_utf8(text.to_vec()).unwrap(),
                }),
                Some(Said::Message(Kind::Binary, bytes)) => Some(Heard::Binary {
                    bytes: bytes.to_vec(),
                }),
                Some(Said::Pong(payload)) => Some(Heard::Pong {
                    payload: String::from_utf8(payload.to_vec()).unwrap(),
                }),
                Some(Said::Closed(Closed::Clean(code, reason))) => {
                    Some(Heard::Closed { code, reason })
                }
                Some(Said::Closed(Closed::Failed(violation))) => Some(Heard::Failed {
                    why: violation.to_string(),
                }),
                Some(Said::Ping) | None => None,
            };
            let taken = length - rest.len();
            conversation.unread.drain(..taken);
            self.written += out.len();
            write_by(&conversation.stream, &out, deadline()).unwrap();
            match heard {
                Some(closed @ Heard::Closed { .. }) => {
                    self.conversation.take().expect("it is open").end();
                    return closed;
                }
                Some(heard) => return heard,
                None if has_more => continue,
                None => {}
            }
            match conversation.stream.read(&mut buffer) {
                Ok(0) => {
                    let why = "the stream has ended without a goodbye".to_string();
                    return Heard::Failed { why };
                }
                Ok(count) => {
                    self.read += count;
                    conversation.unread.extend_from_slice(&buffer[..count]);
                }
                Err(error) => {
                    let why = error.to_string();
                    return Heard::Failed { why };
                }
            }
        }
    }

    fn bytes(&self) -> Option<(usize, usize)> {
        Some((self.written, self.read))
    }
}

/// An engine of the echo server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Threads,
    Mio,
    Tokio,
}

/// Our echo server, as `ws-echo` runs it.
pub struct Echo {
    pub address: SocketAddr,
    pub stop: Stop,
    news: Receiver<News>,
    ended: Option<JoinHandle<io::Result<usize>>>,
}

impl Echo {
    pub fn start(engine: Engine, deflate: bool) -> Self {
        let listener = TcpListener::bind(ANY_PORT).unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Stop::new();
        let asked = stop.clone();
        let (sender, news) = mpsc::channel();
        let tell = move |news| {
            let _ = sender.send(news); // When nobody wants to know any more, nobody is told.
        };
        let welcome = move |request: &Request| welcome(request, deflate);
        let limits = Limits::USUAL;
        let times = Times {
            quiet: OFTEN,
            pong: DEADLINE,
            ..Times::USUAL
        };
        let ended = thread::spawn(move || match engine {
            Engine::Threads => {
                ws_session::threads::serve(listener, limits, times, &asked, tell, welcome)
            }
            Engine::Mio => ws_session::mio::serve(listener, limits, times, &asked, tell, welcome),
            Engine::Tokio => tokio::runtime::Runtime::new()?.block_on(async {
                listener.set_nonblocking(true)?;
                let listener = tokio::net::TcpListener::from_std(listener)?;
                ws_session::tokio::serve(listener, limits, times, &asked, tell, welcome).await
            }),
        });
        Self {
            address,
            stop,
            news,
            ended: Some(ended),
        }
    }

    /// The next conversation that ends does so well.
    pub fn has_ended_well(&self) {
        match self.news.recv_timeout(DEADLINE) {
            Ok(News::Ended(_, Ok(_))) => {}
            other => panic!("the server should tell of a good end: {other:?}"),
        }
    }

    /// Nobody was cut off when it stopped.
    pub fn has_stopped_well(&mut self) {
        let ended = self.ended.take().expect("it stops once");
        assert_eq!(ended.join().unwrap().unwrap(), 0);
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.stop.stop();
    }
}
