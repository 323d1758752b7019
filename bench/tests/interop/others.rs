//! The WebSockets of others: tungstenite in this process; a browser; and programs, peer.js with Node's `ws` and
//! peer.py with Python's `websockets`.

use std::env;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use book::browser::Browser;
use serde_json::Value;
use tungstenite::client::IntoClientRequest;
use tungstenite::handshake::server::{Request, Response};
use tungstenite::http::HeaderValue;
use tungstenite::protocol::frame::coding::{Data, OpCode};
use tungstenite::protocol::frame::{CloseFrame, Frame};
use tungstenite::{Message, WebSocket};

use crate::orders::{BETWEEN, End, Heard, Order, SUBPROTOCOL};
use crate::programs::{DEADLINE, Program, connect};

const SUBPROTOCOL_FIELD: &str = "Sec-WebSocket-Protocol";

/// An end of tungstenite, in either role. It does not compress.
pub struct Tungstenite {
    socket: Option<WebSocket<TcpStream>>,
    opened: Option<Heard>,
}

impl Tungstenite {
    /// A client, not connected yet.
    pub fn client() -> Self {
        Self {
            socket: None,
            opened: None,
        }
    }

    /// A server's side of a connection that was accepted.
    pub fn accept(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        #[allow(clippy::result_large_err, reason = "the library wants such a closure")]
        let choose = |request: &Request, mut response: Response| {
            let asked = request.headers().get(SUBPROTOCOL_FIELD);
            if asked.is_some_and(|names| names.to_str().unwrap().contains(SUBPROTOCOL)) {
                let chosen = HeaderValue::from_static(SUBPROTOCOL);
                response.headers_mut().insert(SUBPROTOCOL_FIELD, chosen);
            }
            Ok(response)
        };
        Self {
            socket: Some(tungstenite::accept_hdr(stream, choose).unwrap()),
            opened: None,
        }
    }

    fn open(&mut self, url: &str, subprotocols: &[String]) {
        let mut request = url.into_client_request().unwrap();
        if !subprotocols.is_empty() {
            let names = subprotocols.join(", ").parse().unwrap();
            request.headers_mut().insert(SUBPROTOCOL_FIELD, names);
        }
        let address = url.trim_start_matches("ws://").trim_end_matches('/');
        let stream = connect(address.parse().unwrap());
        let (socket, response) = tungstenite::client(request, stream).unwrap();
        let field = |name| match response.headers().get(name) {
            Some(value) => value.to_str().unwrap().to_string(),
            None => String::new(),
        };
        self.opened = Some(Heard::Open {
            subprotocol: field(SUBPROTOCOL_FIELD),
            extensions: field("Sec-WebSocket-Extensions"),
        });
        self.socket = Some(socket);
    }
}

impl End for Tungstenite {
    fn obey(&mut self, order: &Order) {
        if let Order::Open {
            url, subprotocols, ..
        } = order
        {
            return self.open(url, subprotocols);
        }
        let socket = self.socket.as_mut().expect("it is open");
        let sent = match order {
            Order::Open { .. } => Ok(()),
            Order::Text { text } => socket.send(Message::text(text)),
            Order::Binary { bytes } => socket.send(Message::binary(bytes.clone())),
            Order::Ping { payload } => socket.send(Message::Ping(payload.clone().into())),
            Order::Close { code: 1005, .. } => socket.close(None),
            Order::Close { code, reason } => socket.close(Some(CloseFrame {
                code: (*code).into(),
                reason: reason.into(),
            })),
            Order::Fragments { parts } => {
                let last = parts.len() - 1;
                for (at, part) in parts.iter().enumerate() {
                    let data = match at {
                        0 => Data::Text,
                        _ => Data::Continue,
                    };
                    let frame = Frame::message(part.clone(), OpCode::Data(data), at == last);
                    socket.write(Message::Frame(frame)).unwrap();
                    if at == 0 {
                        socket.write(Message::Ping(BETWEEN.into())).unwrap();
                    }
                }
                socket.flush()
            }
        };
        sent.unwrap();
    }

    fn hear(&mut self) -> Heard {
        if let Some(opened) = self.opened.take() {
            return opened;
        }
        let socket = self.socket.as_mut().expect("it is open");
        let mut closed = None;
        loop {
            match socket.read() {
                Ok(Message::Text(text)) => {
                    let text = text.to_string();
                    return Heard::Text { text };
                }
                Ok(Message::Binary(bytes)) => {
                    let bytes = bytes.to_vec();
                    return Heard::Binary { bytes };
                }
                Ok(Message::Pong(payload)) => {
                    let payload = String::from_utf8(payload.to_vec()).unwrap();
                    return Heard::Pong { payload };
                }
                Ok(Message::Ping(_) | Message::Frame(_)) => {} // Answered with what is sent next.
                Ok(Message::Close(frame)) => {
                    closed = Some(match frame {
                        Some(frame) => (frame.code.into(), frame.reason.to_string()),
                        None => (1005, String::new()),
                    });
                }
                Err(error) => {
                    self.socket = None; // The server has ended the connection, or waits for us to end it.
                    return match (error, closed) {
                        (tungstenite::Error::ConnectionClosed, Some((code, reason))) => {
                            Heard::Closed { code, reason }
                        }
                        (error, _) => Heard::Failed {
                            why: error.to_string(),
                        },
                    };
                }
            }
        }
    }
}

/// Where conformance/peers puts what it gets.
fn home() -> PathBuf {
    if let Some(home) = env::var_os("PEERS_HOME") {
        return home.into();
    }
    let cache = match env::var_os("XDG_CACHE_HOME") {
        Some(cache) => PathBuf::from(cache),
        None => PathBuf::from(env::var_os("HOME").unwrap_or_default()).join(".cache"),
    };
    cache.join("sockets-by-hand/peers")
}

/// A program in another language, with one end of a WebSocket in it, or a server.
pub struct Script {
    interpreter: &'static str,
    file: &'static str,
}

/// Node's `ws`.
pub const WS: Script = Script {
    interpreter: "node",
    file: "peer.js",
};

/// Python's `websockets`.
pub const WEBSOCKETS: Script = Script {
    interpreter: "python3",
    file: "peer.py",
};

impl Script {
    fn path(&self) -> PathBuf {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        folder.join("tests/interop").join(self.file)
    }

    /// Whether it can run here. When not, the test says that it tested less.
    pub fn can_run(&self) -> bool {
        let tried = Command::new(self.interpreter)
            .arg(self.path())
            .arg(home())
            .arg("try")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        tried.is_ok_and(|status| status.success())
    }

    pub fn start(&self, arguments: &[&str]) -> Process {
        let (path, home) = (self.path(), home());
        let all = [&[path.to_str().unwrap(), home.to_str().unwrap()], arguments].concat();
        Process(Program::start(self.interpreter, &all))
    }
}

/// It runs.
pub struct Process(Program);

impl End for Process {
    fn obey(&mut self, order: &Order) {
        let line = serde_json::to_string(order).unwrap() + "\n";
        self.0.type_in(line.as_bytes());
    }

    fn hear(&mut self) -> Heard {
        serde_json::from_str(&self.0.line()).unwrap()
    }
}

/// A page in a browser, with the same script.
pub struct Page(Browser);

impl Page {
    /// `None` when there is no browser.
    pub fn open() -> Option<Self> {
        let profile = Path::new(env!("CARGO_TARGET_TMPDIR")).join("interop-profile");
        let mut browser = Browser::start_installed(&profile).unwrap()?;
        browser.evaluate(include_str!("peer.js")).unwrap();
        Some(Self(browser))
    }
}

impl End for Page {
    fn obey(&mut self, order: &Order) {
        self.0.events.clear(); // Every message is one.
        let order = serde_json::to_string(order).unwrap();
        let result = self.0.evaluate(&format!("client.obey({order})"));
        assert_eq!(result.unwrap(), Value::Null);
    }

    fn hear(&mut self) -> Heard {
        let heard = self.0.evaluate("client.hear()").unwrap();
        serde_json::from_value(heard).unwrap()
    }
}
