//! Our WebSocket talks with those of others, in both directions: our echo server with each of its engines, and an
//! end of our own that does as it is told, with clients that are not ours; and our client with servers that are not.
//!
//! Node's `ws` and Python's `websockets` are where conformance/peers puts them. Whoever is missing is left out, with
//! a sentence that says so; in CI nobody may be.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in a test, a panic is the verdict"
)]

use std::env;
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver};
use std::thread;

mod orders;
mod others;
mod ours;
#[path = "../../../lessons/01-first-socket/tests/lesson/programs.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod programs;

use orders::{BETWEEN, Deflate, End, Heard, Order, SUBPROTOCOL, converse};
use others::{Page, Process, Script, Tungstenite, WEBSOCKETS, WS};
use ours::{Echo, Engine, Ours};
use programs::{ANY_PORT, DEADLINE, assert_transcript};

/// What may be said with a goodbye, and 1005: nothing (RFC 6455, section 7.4, and the registry that it begins).
const CODES: [u16; 15] = [
    1000, 1001, 1002, 1003, 1005, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999,
];

/// Of these, what a page may say: the others are the browser's own.
const CODES_OF_PAGES: [u16; 4] = [1000, 1005, 3000, 4999];

/// It does not know this code yet, and takes it for a violation.
const UNKNOWN_TO_TUNGSTENITE: u16 = 1014;

const REASON: &str = "이만 갑니다, 안녕히 👋";
const ONE_MIB: usize = 1 << 20;

/// Bytes of a message that repeats itself, or more; and on the wire, less, if it is compressed.
const LONG: usize = 64 * 1024;
const COMPRESSED: usize = LONG / 16;

/// Lines of the table when nobody is missing: what the book shows.
const ROWS: usize = 35;

/// What a client's program can ask its library for.
#[derive(Clone, Copy)]
struct Skills {
    /// Fragments and pings.
    frames: bool,
    codes: &'static [u16],
}

const ALL: Skills = Skills {
    frames: true,
    codes: &CODES,
};
const OF_PAGES: Skills = Skills {
    frames: false,
    codes: &CODES_OF_PAGES,
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Client,
    Server,
}

enum Server {
    /// Sends back what comes. It says goodbye first when it stops.
    Echo(Echo),
    /// Does also what it is ordered to.
    Obedient(SocketAddr, Ends),
}

/// How its conversations ended.
enum Ends {
    Thread(Receiver<Heard>),
    Process(Process),
}

impl Server {
    fn address(&self) -> SocketAddr {
        match self {
            Server::Echo(echo) => echo.address,
            Server::Obedient(address, _) => *address,
        }
    }

    /// A server in this process.
    fn of<E: End + 'static>(accept: fn(TcpStream) -> E) -> Self {
        let listener = TcpListener::bind(ANY_PORT).unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, ends) = mpsc::channel();
        // It ends with the process, or when nobody asks any more how its conversations end.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let end = converse(&mut accept(stream.unwrap()));
                if sender.send(end).is_err() {
                    return;
                }
            }
        });
        Server::Obedient(address, Ends::Thread(ends))
    }

    fn run(script: &Script, compression: &str) -> Self {
        let mut process = script.start(&["server", compression]);
        let Heard::Listening { port } = process.hear() else {
            panic!("it should say where it listens");
        };
        Server::Obedient(([127, 0, 0, 1], port).into(), Ends::Process(process))
    }

    /// How a conversation ended, as the server sees it. Our echo server does not say the code.
    fn end(&mut self) -> Option<Heard> {
        match self {
            Server::Echo(echo) => {
                echo.has_ended_well();
                None
            }
            Server::Obedient(_, Ends::Thread(ends)) => Some(ends.recv_timeout(DEADLINE).unwrap()),
            Server::Obedient(_, Ends::Process(process)) => Some(process.hear()),
        }
    }
}

/// A client, a server, and what both can do.
struct Pair<'c> {
    client: &'c mut dyn End,
    skills: Skills,
    server: Server,
    /// What the client offers.
    offer: Deflate,
    /// What comes of it.
    agreed: Deflate,
    /// Which end is tungstenite's, if one is.
    tungstenite: Option<Side>,
}

impl Pair<'_> {
    fn is_obedient(&self) -> bool {
        matches!(self.server, Server::Obedient(..))
    }

    fn obey(&mut self, order: Order) {
        self.client.obey(&order);
    }

    /// Has the server do something.
    fn order(&mut self, order: &Order) {
        let text = serde_json::to_string(order).unwrap();
        self.client.obey(&Order::Text { text });
    }

    #[track_caller]
    fn hears(&mut self, expected: Heard) {
        let heard = self.client.hear();
        assert!(
            heard == expected,
            "{:.300} instead of {:.300}",
            format!("{heard:?}"),
            format!("{expected:?}")
        );
    }

    #[track_caller]
    fn open(&mut self, subprotocols: &[&str]) -> (String, String) {
        let url = format!("ws://{}/", self.server.address());
        self.obey(Order::Open {
            url,
            subprotocols: subprotocols.iter().map(|name| name.to_string()).collect(),
            deflate: self.offer,
        });
        match self.client.hear() {
            Heard::Open {
                subprotocol,
                extensions,
            } => (subprotocol, extensions),
            other => panic!("it should open: {other:?}"),
        }
    }

    #[track_caller]
    fn echoes(&mut self, text: &str) {
        let text = text.to_string();
        self.obey(Order::Text { text: text.clone() });
        self.hears(Heard::Text { text });
    }

    #[track_caller]
    fn echoes_bytes(&mut self, bytes: &[u8]) {
        let bytes = bytes.to_vec();
        self.obey(Order::Binary {
            bytes: bytes.clone(),
        });
        self.hears(Heard::Binary { bytes });
    }

    /// Compares what both sides have heard at the end: `told` is the one that has not said goodbye first. It
    /// answers with the same code, and with the same reason or without.
    #[track_caller]
    fn has_ended(&self, told: Side, code: u16, heard: Option<Heard>, answer: Option<Heard>) {
        let is_strange = self.tungstenite == Some(told) && code == UNKNOWN_TO_TUNGSTENITE;
        let (expected, reason) = match (is_strange, code) {
            (true, _) => (1002, "Protocol violation"),
            (false, 1005) => (1005, ""),
            (false, code) => (code, REASON),
        };
        let closed = |reason: &str| Heard::Closed {
            code: expected,
            reason: reason.to_string(),
        };
        // Our echo server does not say what it has heard.
        if let Some(heard) = heard {
            assert_eq!(heard, closed(reason), "after {code}");
        }
        if let Some(answer) = answer {
            let fits = answer == closed(reason) || answer == closed("");
            assert!(fits, "{answer:?} as an answer to {code}");
        }
    }
}

/// What to say with this code.
fn reason(code: u16) -> String {
    match code {
        1005 => String::new(),
        _ => REASON.to_string(),
    }
}

/// Tries something, and returns what stands in the table for it.
type Step = fn(&mut Pair) -> String;

/// What is tried, under its name in the table.
const STEPS: [(&str, Step); 9] = [
    ("opens", opens),
    ("text", text),
    ("binary", binary),
    ("parts", fragments),
    ("pings", pings),
    ("1 MiB", large),
    ("deflate", deflate),
    ("closes", client_closes),
    ("closed", server_closes),
];

fn ok() -> String {
    "ok".to_string()
}

/// What the client asks for and the server speaks; and none, when it asks for none. The connection remains
/// for the next steps.
fn opens(pair: &mut Pair) -> String {
    let (chosen, _) = pair.open(&[]);
    assert_eq!(chosen, "");
    goodbye(pair, 1000);
    let (chosen, extensions) = pair.open(&["other.example", SUBPROTOCOL]);
    assert_eq!(chosen, SUBPROTOCOL);
    match pair.agreed {
        Deflate::Off => assert_eq!(extensions, ""),
        Deflate::Usual => assert!(extensions.starts_with("permessage-deflate"), "{extensions}"),
        Deflate::Small => {
            for parameter in [
                "server_no_context_takeover",
                "client_no_context_takeover",
                "server_max_window_bits=10",
                "client_max_window_bits=10",
            ] {
                assert!(extensions.contains(parameter), "{extensions}");
            }
        }
    }
    ok()
}

fn text(pair: &mut Pair) -> String {
    pair.echoes("hello");
    pair.echoes("");
    pair.echoes("안녕하세요, 소켓! 👋");
    // Where the length needs more bytes.
    for length in [125, 126, 65_535, 65_536] {
        pair.echoes(&"x".repeat(length));
    }
    ok()
}

fn binary(pair: &mut Pair) -> String {
    pair.echoes_bytes(&[]);
    let all: Vec<u8> = (0..=255).collect();
    pair.echoes_bytes(&all);
    pair.echoes_bytes(&all.repeat(300));
    ok()
}

/// A text in parts, cut within letters, with a ping between.
fn fragments(pair: &mut Pair) -> String {
    let text = "조각조각 나눈 글";
    let bytes = text.as_bytes();
    let order = Order::Fragments {
        parts: vec![
            bytes[..4].to_vec(),
            bytes[4..8].to_vec(),
            Vec::new(),
            bytes[8..].to_vec(),
        ],
    };
    if pair.skills.frames {
        pair.obey(order.clone());
        // Python's client tells of a pong in a thread of its own.
        let mut heard = [pair.client.hear(), pair.client.hear()];
        heard.sort_by_key(|heard| matches!(heard, Heard::Text { .. }));
        let payload = BETWEEN.to_string();
        let text = text.to_string();
        assert_eq!(heard, [Heard::Pong { payload }, Heard::Text { text }]);
    }
    if pair.is_obedient() {
        pair.order(&order);
        pair.hears(Heard::Text { text: text.into() });
        let text = format!("pong: {BETWEEN}");
        pair.hears(Heard::Text { text });
    }
    both_ways(pair)
}

fn pings(pair: &mut Pair) -> String {
    let payload = "거기 있나요?".to_string();
    let order = Order::Ping {
        payload: payload.clone(),
    };
    if pair.skills.frames {
        pair.obey(order.clone());
        pair.hears(Heard::Pong {
            payload: payload.clone(),
        });
    }
    if pair.is_obedient() {
        pair.order(&order);
        let text = format!("pong: {payload}");
        pair.hears(Heard::Text { text });
    }
    both_ways(pair)
}

fn both_ways(pair: &Pair) -> String {
    let ways = match (pair.skills.frames, pair.is_obedient()) {
        (true, true) => "ok",
        (true, false) => "sent",
        (false, true) => "heard",
        (false, false) => "-",
    };
    ways.to_string()
}

fn large(pair: &mut Pair) -> String {
    let letters = ONE_MIB / "가".len();
    let mut text = "가".repeat(letters);
    text += &"x".repeat(ONE_MIB - text.len());
    assert_eq!(text.len(), ONE_MIB);
    pair.echoes(&text);
    let mut random = fastrand::Rng::with_seed(20);
    let bytes: Vec<u8> = (0..ONE_MIB).map(|_| random.u8(..)).collect();
    pair.echoes_bytes(&bytes);
    ok()
}

/// Messages that repeat themselves and each other. How many bytes travel, our client can tell.
fn deflate(pair: &mut Pair) -> String {
    let text = "바이트는 몇 개나 될까요? ".repeat(LONG / 32);
    for _ in 0..3 {
        let before = pair.client.bytes();
        pair.echoes(&text);
        if let (Some(before), Some(after)) = (before, pair.client.bytes()) {
            let is_short = (after.0 - before.0 < COMPRESSED) && (after.1 - before.1 < COMPRESSED);
            assert_eq!(
                is_short,
                pair.agreed != Deflate::Off,
                "{before:?} {after:?}"
            );
        }
        pair.echoes("short");
    }
    let said = match (pair.offer, pair.agreed) {
        (Deflate::Off, _) => "-",
        (_, Deflate::Off) => "refused",
        (_, Deflate::Usual) => "ok",
        (_, Deflate::Small) => "small",
    };
    said.to_string()
}

/// The client says goodbye.
fn goodbye(pair: &mut Pair, code: u16) {
    let reason = reason(code);
    pair.obey(Order::Close { code, reason });
    let answer = pair.client.hear();
    let heard = pair.server.end();
    pair.has_ended(Side::Server, code, heard, Some(answer));
}

fn client_closes(pair: &mut Pair) -> String {
    goodbye(pair, 1000); // Of the conversation until here.
    for code in pair.skills.codes {
        pair.open(&[]);
        goodbye(pair, *code);
    }
    pair.skills.codes.len().to_string()
}

fn server_closes(pair: &mut Pair) -> String {
    if let Server::Echo(echo) = &mut pair.server {
        let stop = echo.stop.clone();
        pair.open(&[]);
        pair.echoes("still here");
        stop.stop();
        pair.hears(Heard::Closed {
            code: 1001,
            reason: "the server stops".to_string(),
        });
        if let Server::Echo(echo) = &mut pair.server {
            echo.has_stopped_well();
        }
        return "1001".to_string();
    }
    for code in CODES {
        pair.open(&[]);
        let reason = reason(code);
        pair.order(&Order::Close { code, reason });
        let heard = pair.client.hear();
        let answer = pair.server.end();
        pair.has_ended(Side::Client, code, Some(heard), answer);
    }
    CODES.len().to_string()
}

/// One line of the table. The first step that fails ends it.
fn row(name: &str, mut pair: Pair) -> Result<String, String> {
    let mut line = format!("{name:<32}");
    for (step, run) in STEPS {
        let said = catch_unwind(AssertUnwindSafe(|| run(&mut pair))).map_err(|panic| {
            let why = panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref().map(|why: &&str| why.to_string()));
            format!("{name}: {step}: {}", why.unwrap_or_default())
        })?;
        let width = step.len();
        let _ = write!(line, " {said:<width$}"); // Into memory it does not fail.
    }
    Ok(line.trim_end().to_string())
}

/// A client that is not ours, with all servers that are.
fn with_our_servers(
    name: &str,
    client: &mut dyn End,
    skills: Skills,
    offers: [Deflate; 2],
) -> Vec<Result<String, String>> {
    let mut rows = Vec::new();
    let [offer, to_obedient] = offers;
    let tungstenite = (offer == Deflate::Off).then_some(Side::Client);
    for (engine, engine_name) in [
        (Engine::Threads, "threads"),
        (Engine::Mio, "mio"),
        (Engine::Tokio, "tokio"),
    ] {
        for (deflate, option) in [(false, ""), (true, " --deflate")] {
            let pair = Pair {
                client: &mut *client,
                skills,
                server: Server::Echo(Echo::start(engine, deflate)),
                offer,
                agreed: if deflate { offer } else { Deflate::Off },
                tungstenite,
            };
            rows.push(row(&format!("{name} > {engine_name}{option}"), pair));
        }
    }
    let pair = Pair {
        client,
        skills,
        server: Server::of(Ours::accept),
        offer: to_obedient,
        agreed: to_obedient,
        tungstenite,
    };
    rows.push(row(&format!("{name} > session"), pair));
    rows
}

fn script_with_our_servers(name: &str, script: &Script) -> Vec<Result<String, String>> {
    let mut client = script.start(&["client"]);
    with_our_servers(name, &mut client, ALL, [Deflate::Usual, Deflate::Small])
}

/// Our client with a server that is not ours.
fn our_client(name: &str, server: Server, agreed: Deflate) -> Result<String, String> {
    let mut client = Ours::client();
    let pair = Pair {
        client: &mut client,
        skills: ALL,
        tungstenite: (name == "tungstenite").then_some(Side::Server),
        server,
        offer: Deflate::Usual,
        agreed,
    };
    row(&format!("our client > {name}"), pair)
}

fn script_with_our_client(name: &str, script: &Script) -> Vec<Result<String, String>> {
    [
        ("off", Deflate::Off),
        ("usual", Deflate::Usual),
        ("small", Deflate::Small),
    ]
    .into_iter()
    .map(|(word, agreed)| {
        our_client(
            &format!("{name} ({word})"),
            Server::run(script, word),
            agreed,
        )
    })
    .collect()
}

#[test]
fn our_websocket_and_those_of_others_understand_each_other() {
    let is_here = |name: &str, is_here: bool| {
        assert!(
            is_here || env::var_os("CI").is_none(),
            "CI must have {name}: conformance/peers gets it"
        );
        if !is_here {
            say(&format!(
                "skipped: {name} is not here; conformance/peers gets it"
            ));
        }
        is_here
    };
    let has_ws = is_here("Node's ws", WS.can_run());
    let has_websockets = is_here("Python's websockets", WEBSOCKETS.can_run());

    // Each peer is one process, or one thread of this one, and waits most of the time.
    let rows: Vec<Result<String, String>> = thread::scope(|scope| {
        let mut peers = Vec::new();
        peers.push(scope.spawn(|| {
            let mut client = Tungstenite::client();
            let offers = [Deflate::Off, Deflate::Off];
            let mut rows = with_our_servers("tungstenite", &mut client, ALL, offers);
            let server = Server::of(Tungstenite::accept);
            rows.push(our_client("tungstenite", server, Deflate::Off));
            rows
        }));
        peers.push(scope.spawn(|| match Page::open() {
            Some(mut page) => {
                let offers = [Deflate::Usual, Deflate::Usual];
                with_our_servers("Chromium", &mut page, OF_PAGES, offers)
            }
            None => Vec::new(),
        }));
        if has_ws {
            peers.push(scope.spawn(|| script_with_our_servers("ws", &WS)));
            peers.push(scope.spawn(|| script_with_our_client("ws", &WS)));
        }
        if has_websockets {
            peers.push(scope.spawn(|| script_with_our_servers("websockets", &WEBSOCKETS)));
            peers.push(scope.spawn(|| script_with_our_client("websockets", &WEBSOCKETS)));
        }
        peers
            .into_iter()
            .flat_map(|peer| peer.join().unwrap())
            .collect()
    });

    let mut table = format!("{:<32}", "client > server");
    for (step, _) in STEPS {
        let _ = write!(table, " {step}"); // Into memory it does not fail.
    }
    table += "\n";
    for row in &rows {
        table += row.as_ref().unwrap_or_else(|why| why);
        table += "\n";
    }
    say(&format!("\n{table}"));
    let has_all = has_ws && has_websockets && rows.len() == ROWS;
    let failed: Vec<&String> = rows.iter().filter_map(|row| row.as_ref().err()).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    if has_all {
        assert_transcript("interop.txt", &table, str::to_string);
    }
}

/// Says it also when the test passes: what is printed as usual would be kept back then.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}"); // Nobody may be listening.
}
