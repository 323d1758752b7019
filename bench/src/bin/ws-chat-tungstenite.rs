//! The chat of lesson 22 with what one would take at work: hyper for HTTP, tungstenite for the WebSocket, tokio below
//! both. The page and the room are those of `ws-chat`; everything that the libraries leave to us is here.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chat_threads::protocol::{MAX_TEXT, Refused};
use chat_threads::{QueueFull, Room};
use futures_util::{SinkExt, StreamExt};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, HOST, HeaderValue, ORIGIN, UPGRADE};
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::WebSocketStream;
use tungstenite::handshake::derive_accept_key;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tungstenite::{Error, Message, Utf8Bytes};
use ws_session::Times;
use ws_session::chat::PAGE;

const HELP: &str = "
Usage: ws-chat-tungstenite [ADDRESS]

The same chat as ws-chat, made with hyper, tungstenite and tokio. Ctrl-C ends it.
ADDRESS is where to listen: 127.0.0.1:7122 unless given.
";

/// Notices that may wait for one member. Policy, slow consumer: for whom more would have to wait, is put out.
const MOST_WAITING: usize = 256;

/// From Ctrl-C until whoever is left is cut off.
const DRAIN: Duration = Duration::from_secs(3);

const TIMES: Times = Times::USUAL;

type Socket = WebSocketStream<TokioIo<hyper::upgrade::Upgraded>>;
type Answer = Response<Full<Bytes>>;
type Fault = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    program::run(HELP, 7122, |address| {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        runtime.enable_all().build()?.block_on(listen(address))
    })
}

// ANCHOR: listen
async fn listen(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    let (stop, mut stopping) = watch::channel(false);
    // Each conversation has a receiver: the last one that is dropped says that all are over.
    let asked = stop.clone();
    ctrlc::set_handler(move || {
        let _ = asked.send(true); // Nobody may be listening any more.
    })
    .map_err(io::Error::other)?;
    let hall = Arc::new(Hall::default());
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((client, _)) => drop(tokio::spawn(converse(client, Arc::clone(&hall), stopping.clone()))),
                // Policy, failed accept: what is missing may be there again in a moment.
                Err(_) => tokio::time::sleep(threads::ACCEPT_PAUSE).await,
            },
            _ = stopping.changed() => break,
        }
    }
    drop((listener, stopping));
    let _ = timeout(DRAIN, stop.closed()).await; // Whoever is left is cut off with the runtime.
    println!("stopped");
    Ok(())
}
// ANCHOR_END: listen

// ANCHOR: upgrade
async fn converse(client: TcpStream, hall: Arc<Hall>, stopping: watch::Receiver<bool>) {
    let _ = client.set_nodelay(true);
    let answer = hyper::service::service_fn(|request| {
        let answer = answer(request, Arc::clone(&hall), stopping.clone());
        async { Ok::<_, Infallible>(answer) }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(TIMES.pong)
        .keep_alive(false) // Nothing of the page is worth a connection that has to be ended at the end.
        .serve_connection(TokioIo::new(client), answer)
        .with_upgrades();
    let _ = served.await; // One client's failure is nobody else's business.
}

/// The library would check the handshake, but not who asks: the Origin is ours to check.
fn answer(
    mut request: Request<Incoming>,
    hall: Arc<Hall>,
    stopping: watch::Receiver<bool>,
) -> Answer {
    let plain = |status: StatusCode| {
        let mut response = Response::new(Full::from(status.to_string()));
        *response.status_mut() = status;
        response
    };
    let fields = request.headers();
    let text = |name| fields.get(name).and_then(|value| value.to_str().ok());
    let is_ours = match (text(ORIGIN), text(HOST)) {
        (None, _) => true,
        (Some(origin), Some(host)) => origin
            .split_once("://")
            .is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host)),
        _ => false,
    };
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/") => {
            let mut response = Response::new(Full::from(PAGE));
            let html = HeaderValue::from_static("text/html; charset=utf-8");
            response.headers_mut().insert(header::CONTENT_TYPE, html);
            response
        }
        (&Method::GET, "/chat") if !is_ours => plain(StatusCode::FORBIDDEN),
        (&Method::GET, "/chat") => {
            let version = text(header::SEC_WEBSOCKET_VERSION);
            let (Some(key), Some("13")) = (fields.get(header::SEC_WEBSOCKET_KEY), version) else {
                return plain(StatusCode::UPGRADE_REQUIRED);
            };
            let accept = derive_accept_key(key.as_bytes());
            let Ok(accept) = HeaderValue::from_str(&accept) else {
                return plain(StatusCode::BAD_REQUEST);
            };
            let upgrade = hyper::upgrade::on(&mut request);
            tokio::spawn(async move {
                let Ok(upgraded) = upgrade.await else { return };
                let limits = WebSocketConfig::default().max_message_size(Some(MAX_TEXT));
                let io = TokioIo::new(upgraded);
                let socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(limits)).await;
                let (key, queue) = hall.enter();
                let _ = talk(&hall, key, queue, socket, stopping).await;
                hall.leave(key);
            });
            let mut response = plain(StatusCode::SWITCHING_PROTOCOLS);
            *response.body_mut() = Full::default();
            let headers = response.headers_mut();
            headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
            headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
            headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
            response
        }
        _ => plain(StatusCode::NOT_FOUND),
    }
}
// ANCHOR_END: upgrade

// ANCHOR: talk
/// One member. The library answers pings and closes; when to ask, how long to wait, and who is too slow is for us.
async fn talk(
    hall: &Hall,
    key: u64,
    mut queue: mpsc::Receiver<Utf8Bytes>,
    mut socket: Socket,
    mut stopping: watch::Receiver<bool>,
) -> Result<(), Fault> {
    let mut quiet = TIMES.quiet;
    let mut heard = Instant::now();
    let farewell = loop {
        tokio::select! {
            message = socket.next() => {
                (quiet, heard) = (TIMES.quiet, Instant::now());
                match message.transpose() {
                    Ok(Some(Message::Text(text))) => {
                        if let Err(why) = hall.receive(key, text.as_bytes()) {
                            break Some((CloseCode::Policy, why.to_string()));
                        }
                    }
                    Ok(Some(Message::Binary(_))) => break Some((CloseCode::Unsupported, Refused::BadText.to_string())),
                    Ok(Some(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                    Ok(Some(Message::Close(_)) | None) => break None,
                    // It says what is wrong. To say so to the peer is for us.
                    Err(Error::Capacity(_)) => break Some((CloseCode::Size, String::new())),
                    Err(Error::Utf8(_)) => break Some((CloseCode::Invalid, String::new())),
                    Err(Error::Protocol(_)) => break Some((CloseCode::Protocol, String::new())),
                    Err(error) => return Err(error.into()),
                }
            }
            notice = queue.recv() => match notice {
                // Policy, slow reader: it has so long for one notice.
                Some(text) => timeout(TIMES.pong, socket.send(Message::Text(text))).await??,
                None => return Ok(()), // Policy, slow consumer: it was put out, and is cut off.
            },
            () = tokio::time::sleep_until(heard + quiet) => {
                if quiet > TIMES.quiet {
                    return Ok(()); // It was asked, and has said nothing.
                }
                timeout(TIMES.pong, socket.send(Message::Ping(Bytes::new()))).await??;
                quiet += TIMES.pong;
            }
            _ = stopping.changed() => break Some((CloseCode::Away, "the server stops".to_string())),
        }
    };
    hall.leave(key); // What waits for it is dropped, and nobody adds to it.
    timeout(TIMES.close, async {
        if let Some((code, reason)) = farewell {
            let reason = reason.into();
            socket.close(Some(CloseFrame { code, reason })).await?;
        }
        // The library's answer to a close frame leaves when we read on, and not when we close.
        while socket.next().await.is_some_and(|message| message.is_ok()) {}
        Ok::<_, Fault>(())
    })
    .await?
}
// ANCHOR_END: talk

// ANCHOR: hall
/// The room, and who is connected.
struct Hall(Mutex<State>);

struct State {
    room: Room<u64>,
    queues: HashMap<u64, mpsc::Sender<Utf8Bytes>>,
    begun: u64,
}

impl Default for Hall {
    fn default() -> Self {
        Self(Mutex::new(State {
            room: Room::with_frames(|notice| notice.to_string().into_bytes()),
            queues: HashMap::new(),
            begun: 0,
        }))
    }
}

impl Hall {
    fn enter(&self) -> (u64, mpsc::Receiver<Utf8Bytes>) {
        let mut state = self.state();
        let key = state.begun;
        state.begun += 1;
        let (sender, queue) = mpsc::channel(MOST_WAITING);
        state.queues.insert(key, sender);
        (key, queue)
    }

    fn receive(&self, key: u64, text: &[u8]) -> Result<(), Refused> {
        let State { room, queues, .. } = &mut *self.state();
        match queues.contains_key(&key) {
            true => room.receive(key, text, |key, text| post(queues, key, text)),
            false => Ok(()), // It was put out a moment ago.
        }
    }

    fn leave(&self, key: u64) {
        let State { room, queues, .. } = &mut *self.state();
        queues.remove(&key);
        room.leave(key, |key, text| post(queues, key, text));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A copy for each member: the library makes the frame, and it makes it when it sends it.
fn post(
    queues: &mut HashMap<u64, mpsc::Sender<Utf8Bytes>>,
    key: u64,
    text: &Arc<[u8]>,
) -> Result<(), QueueFull> {
    let queue = queues.get(&key).ok_or(QueueFull)?;
    let text = String::from_utf8_lossy(text).into_owned();
    queue.try_send(text.into()).map_err(|_| {
        queues.remove(&key);
        QueueFull
    })
}
// ANCHOR_END: hall
