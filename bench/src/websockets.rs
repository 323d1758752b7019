//! WebSocket echo servers: ours, and those of the libraries that one would take instead.
//!
//! Each library is used as its own example of an echo server does, on one thread where it has a choice: the
//! load gives a server one core. Compression is off, and a message may have 64 MiB. The handshake is ours
//! everywhere: it is not measured.

use std::io::{self, Error, ErrorKind, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::rc::Rc;

use futures_util::{SinkExt, StreamExt};
use http::{Request, Response};
use mio::{Events, Interest, Poll, Token};
use mio_chat::Slots;
use socket2::SockRef;
use threads::{Limits, Stop};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::LocalSet;
use ws_handshake::{Handshake, Origins, Policy, Upgrade, upgrade};
use ws_session::{Session, Times};

use crate::process::{LIMITS, Process};
use crate::servers::Report;
use crate::ws_load;

/// All of them, ours first. The last ones are there only where the machine has them.
pub const ALL: &[&str] = &[
    "ws-mio",
    "ws-tokio",
    "ws-threads",
    RAW,
    "fastwebsockets",
    "yawc",
    "tokio-websockets",
    "tokio-tungstenite",
    "tungstenite",
    NODE,
];

/// No WebSocket at all: the bytes come back as they are. It is the limit.
pub const RAW: &str = "raw-tcp";

/// The package `ws` of Node.
const NODE: &str = "node-ws";

/// What a message may have, everywhere.
const MAX_MESSAGE: usize = 64 << 20;

/// Bytes that one read of [`RAW`] may bring: as for our servers.
const BUFFER_SIZE: usize = 1024 * 1024 + 64 * 1024;

/// Serves on `listener` with the server that has this name, until `stop` is asked for.
///
/// # Errors
///
/// When there is no such server, and those of serving.
pub fn serve(
    name: &str,
    listener: TcpListener,
    limits: Limits,
    stop: &Stop,
    report: Report,
) -> io::Result<usize> {
    let times = Times {
        quiet: LIMITS.idle,
        ..Times::USUAL
    };
    // Connections inherit it.
    ws_load::use_reno(&SockRef::from(&listener));
    match name {
        "ws-mio" => ws_session::mio::serve(listener, limits, times, stop, report, welcome),
        "ws-threads" => ws_session::threads::serve(listener, limits, times, stop, report, welcome),
        "ws-tokio" => tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?
            .block_on(async {
                listener.set_nonblocking(true)?;
                let listener = tokio::net::TcpListener::from_std(listener)?;
                ws_session::tokio::serve(listener, limits, times, stop, report, welcome).await
            }),
        RAW => raw_tcp(listener),
        "tungstenite" => threads::threaded::serve_each(listener, limits, stop, report, |client| {
            on_tungstenite(client.stream()).or(Ok(0))
        }),
        "fastwebsockets" => on_tokio(listener, on_fastwebsockets),
        "yawc" => on_tokio(listener, on_yawc),
        "tokio-websockets" => on_tokio(listener, on_tokio_websockets),
        "tokio-tungstenite" => on_tokio(listener, on_tokio_tungstenite),
        _ => Err(Error::other(format!(
            "There is no server {name:?} here. Choose from: {}.",
            ALL.join(", ")
        ))),
    }
}

/// Starts the server with that name. `program` is one that becomes a server when it is started with `serve NAME`.
///
/// # Errors
///
/// Those of [`Process::start`].
pub fn start(program: &Path, name: &str) -> io::Result<Process> {
    if name != NODE {
        return Process::start(program, name, None);
    }
    let mut node = Command::new("node");
    node.args(["-e", SCRIPT]);
    Process::of(node)
}

/// The servers that are wanted. One that nobody has named need not be there.
///
/// # Errors
///
/// When one has a name, and is not there.
pub fn wanted(servers: Vec<String>) -> io::Result<Vec<String>> {
    if servers.is_empty() {
        let all = ALL.iter().filter(|name| is_here(name));
        return Ok(all.map(ToString::to_string).collect());
    }
    match servers.iter().find(|name| !is_here(name)) {
        Some(name) => Err(Error::other(format!(
            "{name} needs the package `ws` where Node finds it: npm install --global ws, and NODE_PATH=$(npm root --global)."
        ))),
        None => Ok(servers),
    }
}

/// Whether the machine has what the server with this name needs.
fn is_here(name: &str) -> bool {
    name != NODE || {
        let mut node = Command::new("node");
        node.args(["-e", "require('ws')"]).stderr(Stdio::null());
        node.status().is_ok_and(|status| status.success())
    }
}

/// The echo server of Node's `ws`. As our own processes, it prints its address, and ends with its standard input.
const SCRIPT: &str = "
    const { WebSocketServer } = require('ws');
    const server = require('http').createServer();
    const echo = new WebSocketServer({ server, maxPayload: 64 << 20, perMessageDeflate: false });
    echo.on('connection', socket => {
        socket.on('error', () => {});
        socket.on('message', (data, binary) => socket.send(data, { binary }));
    });
    server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 },
        () => console.log('127.0.0.1:' + server.address().port));
    process.stdin.resume().on('end', () => process.exit(0));";

fn welcome(request: &Request) -> Result<(Upgrade, Session), Response> {
    let policy = Policy {
        origins: Origins::Any,
        subprotocols: Vec::new(),
    };
    Ok((
        upgrade(request, &policy)?,
        Session::server(MAX_MESSAGE, None),
    ))
}

// --- The limit.

struct Client {
    socket: mio::net::TcpStream,
    /// From `sent` on it is still to be written, and until then nothing is read.
    unsent: Vec<u8>,
    sent: usize,
    interest: Interest,
}

impl Client {
    /// `false` when the client is gone.
    fn turn(&mut self, buffer: &mut [u8]) -> bool {
        loop {
            while self.sent < self.unsent.len() {
                match self.socket.write(&self.unsent[self.sent..]) {
                    Ok(count) => self.sent += count,
                    Err(error) => return error.kind() == ErrorKind::WouldBlock,
                }
            }
            self.unsent = Vec::new();
            self.sent = 0;
            let count = match self.socket.read(buffer) {
                Ok(0) => return false,
                Ok(count) => count,
                Err(error) => return error.kind() == ErrorKind::WouldBlock,
            };
            let written = match self.socket.write(&buffer[..count]) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
                Err(_) => return false,
                Ok(written) => written,
            };
            if written < count {
                self.unsent = buffer[written..count].to_vec();
            } else if count < buffer.len() {
                return true;
            }
        }
    }
}

/// Bytes come back, with as little around that as there can be: no deadline, no cap, no end.
fn raw_tcp(listener: TcpListener) -> io::Result<usize> {
    const LISTENER: Token = Token(usize::MAX);
    listener.set_nonblocking(true)?;
    let mut listener = mio::net::TcpListener::from_std(listener);
    let mut poll = Poll::new()?;
    let registry = poll.registry().try_clone()?;
    registry.register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut events = Events::with_capacity(1024);
    let mut clients = Slots::new();
    let mut buffer = vec![0; BUFFER_SIZE];
    loop {
        poll.poll(&mut events, None)?;
        for event in &events {
            if event.token() == LISTENER {
                while let Ok((socket, _)) = listener.accept() {
                    socket.set_nodelay(true)?;
                    let token = clients.insert(Client {
                        socket,
                        unsent: Vec::new(),
                        sent: 0,
                        interest: Interest::READABLE,
                    });
                    if let Some(client) = clients.get_mut(token) {
                        registry.register(&mut client.socket, Token(token), client.interest)?;
                    }
                }
                continue;
            }
            let token = event.token();
            let Some(client) = clients.get_mut(token.0) else {
                continue;
            };
            if !client.turn(&mut buffer) {
                clients.remove(token.0);
                continue;
            }
            let wanted = match client.unsent.is_empty() {
                true => Interest::READABLE,
                false => Interest::WRITABLE,
            };
            if wanted != client.interest {
                client.interest = wanted;
                registry.reregister(&mut client.socket, token, wanted)?;
            }
        }
    }
}

// --- The libraries.

/// What a library says when it gives up is of no interest here: the clients will notice.
type Fault = Box<dyn std::error::Error>;

/// A task for each client, all on this thread.
fn on_tokio<Talk>(
    listener: TcpListener,
    talk: impl Fn(tokio::net::TcpStream) -> Talk + 'static,
) -> io::Result<usize>
where
    Talk: Future<Output = Result<(), Fault>>,
{
    let talk = Rc::new(talk);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    LocalSet::new().block_on(&runtime, async move {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        loop {
            let (mut client, _) = listener.accept().await?;
            client.set_nodelay(true)?;
            let talk = Rc::clone(&talk);
            tokio::task::spawn_local(async move {
                if shake_hands(&mut client).await.is_ok() {
                    let _ = talk(client).await;
                }
            });
        }
    })
}

async fn shake_hands(client: &mut tokio::net::TcpStream) -> io::Result<()> {
    // On the heap: it is over when the conversation begins, and should not be a part of its task.
    let mut handshake = Box::new(Handshake::new());
    let mut buffer = vec![0; 1024];
    loop {
        let count = client.read(&mut buffer).await?;
        if count == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        handshake.receive_data(&buffer[..count]);
        let is_open = handshake.answer(welcome).is_some();
        client.write_all(handshake.data_to_send()).await?;
        if is_open {
            return Ok(());
        }
    }
}

async fn on_fastwebsockets(client: tokio::net::TcpStream) -> Result<(), Fault> {
    use fastwebsockets::{FragmentCollector, OpCode, Role, WebSocket};
    let mut socket = WebSocket::after_handshake(client, Role::Server);
    socket.set_max_message_size(MAX_MESSAGE);
    let mut socket = FragmentCollector::new(socket);
    loop {
        let frame = socket.read_frame().await?;
        match frame.opcode {
            OpCode::Text | OpCode::Binary => socket.write_frame(frame).await?,
            OpCode::Close => return Ok(()),
            _ => {}
        }
    }
}

async fn on_yawc(client: tokio::net::TcpStream) -> Result<(), Fault> {
    use yawc::{Options, Role, WebSocket, frame::OpCode};
    let options = Options::default().with_limits(MAX_MESSAGE, 2 * MAX_MESSAGE);
    let mut socket = WebSocket::from_stream(client, Role::Server, options.without_compression())?;
    while let Some(frame) = socket.next().await {
        match frame.opcode() {
            OpCode::Text | OpCode::Binary => socket.send(frame).await?,
            OpCode::Close => return Ok(()),
            _ => {}
        }
    }
    Ok(())
}

async fn on_tokio_websockets(client: tokio::net::TcpStream) -> Result<(), Fault> {
    use tokio_websockets::{Config, Limits, ServerBuilder};
    let mut socket = ServerBuilder::new()
        .config(Config::default().frame_size(usize::MAX))
        .limits(Limits::default().max_payload_len(Some(MAX_MESSAGE)))
        .serve(client);
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_text() || message.is_binary() {
            socket.send(message).await?;
        }
    }
    Ok(())
}

async fn on_tokio_tungstenite(client: tokio::net::TcpStream) -> Result<(), Fault> {
    use tokio_tungstenite::{WebSocketStream, tungstenite::protocol::Role};
    let mut socket = WebSocketStream::from_raw_socket(client, Role::Server, large()).await;
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_text() || message.is_binary() {
            socket.send(message).await?;
        }
    }
    Ok(())
}

fn on_tungstenite(mut client: &std::net::TcpStream) -> Result<u64, Fault> {
    let mut handshake = Handshake::new();
    let mut buffer = vec![0; 1024];
    while handshake.data_to_send().is_empty() {
        match client.read(&mut buffer)? {
            0 => return Ok(0),
            count => handshake.receive_data(&buffer[..count]),
        }
        handshake.answer(welcome);
    }
    client.write_all(handshake.data_to_send())?;
    drop((handshake, buffer));
    use tungstenite::protocol::{Role, WebSocket};
    let mut socket = WebSocket::from_raw_socket(client, Role::Server, large());
    loop {
        let message = socket.read()?;
        if message.is_text() || message.is_binary() {
            socket.send(message)?;
        }
    }
}

fn large() -> Option<tungstenite::protocol::WebSocketConfig> {
    let config = tungstenite::protocol::WebSocketConfig::default();
    let config = config.max_frame_size(Some(MAX_MESSAGE));
    Some(config.max_message_size(Some(MAX_MESSAGE)))
}
