//! Shows what compression saves, and what it costs: bytes on the wire, time, and memory.

use std::fs;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use ws_deflate::{Agreed, Deflate, Window};
use ws_frames::{Kind, Role};
use ws_session::{Compression, Heard, Session};

const HELP: &str = "
Usage: deflate-cost [ADDRESS]

Sends messages of some kinds from a server to a client, in this process, and
shows bytes on the wire, time, and (on Linux) memory: without compression, and
with what both sides may agree on. Run it with `cargo run --release`. It does
not listen.
ADDRESS is not used: 127.0.0.1:0 unless given.
";

/// Messages of each kind, and connections that remember.
const COUNT: usize = 50;

/// Bytes of a message that we take.
const MAX_MESSAGE: usize = 64 * 1024;

/// The same messages each time.
const SEED: u64 = 23;

// ANCHOR: ways
const WAYS: [(&str, Option<Window>); 4] = [
    ("none", None),
    ("no takeover", window(15, false)),
    ("takeover", window(15, true)),
    ("and 9 bits", window(9, true)),
];

const fn window(bits: u8, takeover: bool) -> Option<Window> {
    Some(Window { bits, takeover })
}
// ANCHOR_END: ways

fn main() -> ExitCode {
    program::run(HELP, 0, compare)
}

// ANCHOR: compare
fn compare(_: SocketAddr) -> io::Result<()> {
    // First, while nothing has been freed that could be used again unseen.
    let mut kept = Vec::new();
    let mut memories = Vec::new();
    for (_, window) in WAYS {
        memories.push(remembered(window, &mut kept)?);
    }
    println!("bytes of one message on the wire, and microseconds for both ends");
    print!("{:26}", "");
    for (way, _) in WAYS {
        print!(" {way:>12}");
    }
    println!();
    for (name, messages) in kinds() {
        let total: usize = messages.iter().map(Vec::len).sum();
        print!("{name:19}{:5} B", total / COUNT);
        for (_, window) in WAYS {
            let (wire, time) = talk(&messages, window);
            let microseconds = time.as_secs_f64() * 1e6;
            print!(" {:>6} {microseconds:5.1}", wire / COUNT);
        }
        println!();
    }
    println!();
    println!("memory of one end that has sent and heard one message");
    for ((way, _), memory) in WAYS.iter().zip(memories) {
        println!("{way:20} {memory:>5} KiB");
    }
    Ok(())
}
// ANCHOR_END: compare

/// Both ends of a connection.
fn ends(window: Option<Window>) -> (Session, Session) {
    let compression = |role| {
        window.map(|window| -> Box<dyn Compression> {
            let agreed = Agreed {
                server: window,
                client: window,
            };
            Box::new(Deflate::new(role, agreed))
        })
    };
    // Nobody is between these two: any key will do.
    (
        Session::server(MAX_MESSAGE, compression(Role::Server)),
        Session::client(MAX_MESSAGE, || [0; 4], compression(Role::Client)),
    )
}

/// Bytes in all, and the time that half of the messages were quicker than: whatever else runs meanwhile
/// makes a few of them slow.
fn talk(messages: &[Vec<u8>], window: Option<Window>) -> (usize, Duration) {
    let (mut server, mut client) = ends(window);
    let (mut wire, mut times, mut out) = (0, Vec::new(), Vec::new());
    for message in messages {
        let begun = Instant::now();
        say(&mut server, &mut client, message, &mut out);
        times.push(begun.elapsed());
        wire += out.len();
    }
    times.sort_unstable();
    (wire, times[times.len() / 2])
}

/// One message, which must arrive as it was.
fn say(from: &mut Session, to: &mut Session, message: &[u8], out: &mut Vec<u8>) {
    out.clear();
    from.send(Kind::Text, message, out);
    let mut answer = Vec::new();
    let (heard, _) = to.next_event(out, &mut answer);
    assert!(matches!(heard, Some(Heard::Message(_, payload)) if *payload == *message));
}

// ANCHOR: remembered
/// KiB that a server's end keeps between two messages.
fn remembered(window: Option<Window>, kept: &mut Vec<Session>) -> io::Result<usize> {
    let message = vec![b'a'; 1_000];
    let mut out = Vec::new();
    let mut before = 0;
    for at in 0..2 * COUNT {
        if at == COUNT {
            before = memory()?; // What was freed by now is used again.
        }
        let (mut server, mut client) = ends(window);
        say(&mut server, &mut client, &message, &mut out);
        say(&mut client, &mut server, &message, &mut out);
        kept.push(server);
    }
    Ok(memory()?.saturating_sub(before) / COUNT)
}
// ANCHOR_END: remembered

/// Memory that this process uses, in KiB: `VmRSS` of proc_pid_status(5).
fn memory() -> io::Result<usize> {
    if !cfg!(target_os = "linux") {
        return Ok(0);
    }
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "no VmRSS"))
}

/// Messages like those that programs really send.
fn kinds() -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let mut random = fastrand::Rng::with_seed(SEED);
    let mut make = |message: fn(&mut fastrand::Rng, usize) -> Vec<u8>| {
        (0..COUNT).map(|at| message(&mut random, at)).collect()
    };
    vec![
        ("chat", make(chat)),
        ("price, JSON", make(price)),
        ("member list, JSON", make(members)),
        ("random text", make(random_text)),
    ]
}

fn chat(random: &mut fastrand::Rng, _: usize) -> Vec<u8> {
    const NAMES: [&str; 4] = ["민지", "Ada", "준호", "Grace"];
    const WORDS: [&str; 12] = [
        "안녕하세요",
        "오늘",
        "회의는",
        "몇",
        "시에",
        "시작하나요?",
        "hello",
        "see",
        "you",
        "tomorrow",
        "네",
        "좋아요!",
    ];
    let name = NAMES[random.usize(..NAMES.len())];
    let words: Vec<&str> = (0..random.usize(2..10))
        .map(|_| WORDS[random.usize(..WORDS.len())])
        .collect();
    format!(r#"{{"from":"{name}","text":"{}"}}"#, words.join(" ")).into_bytes()
}

fn price(random: &mut fastrand::Rng, at: usize) -> Vec<u8> {
    let mut won = || 95_000_000 + random.u32(..100_000);
    let (price, bid, ask) = (won(), won(), won());
    let volume = random.u32(..1_000_000);
    format!(
        r#"{{"type":"ticker","sequence":{},"product":"BTC-KRW","price":"{price}","bid":"{bid}","ask":"{ask}","volume":"0.{volume:06}"}}"#,
        1_000_000 + at
    )
    .into_bytes()
}

fn members(random: &mut fastrand::Rng, _: usize) -> Vec<u8> {
    let members: Vec<String> = (0..100)
        .map(|id| {
            let (name, score) = (random.u32(..10_000), random.u32(..1_000));
            let online = random.bool();
            format!(r#"{{"id":{id},"name":"member {name}","online":{online},"score":{score}}}"#)
        })
        .collect();
    format!("[{}]", members.join(",")).into_bytes()
}

/// As a picture in Base64 is, or a token.
fn random_text(random: &mut fastrand::Rng, _: usize) -> Vec<u8> {
    (0..1_000).map(|_| random.alphanumeric() as u8).collect()
}
