//! What the book shows of this lesson, and what the programs say to those who start them.

use std::net::TcpListener;
use std::thread;

use threads::{Limits, Stop};
use ws_frames::{Header, Kind, mask};
use ws_handshake::{Origins, Policy, upgrade};
use ws_session::{Session, Target, Times};

use crate::WS_CHAT;
use crate::programs::{ANY_PORT, Program, assert_help, assert_transcript, without_ports};
use crate::said::{KEY, Said, hear};

const WS_CLIENT: &str = env!("CARGO_BIN_EXE_ws-client");

#[test]
fn programs_explain_themselves() {
    assert_help(WS_CHAT, "ws-chat [ADDRESS]", "127.0.0.1:7022");
    for program in [WS_CHAT, WS_CLIENT] {
        let help = Program::start(program, &["--help"]).finish();
        assert!(help.status.success());
        let text = String::from_utf8(help.output).unwrap();
        assert!(text.lines().all(|line| line.chars().count() <= 80));
    }
    for (arguments, sentence) in [
        (&["ws://"][..], "\"ws://\" is not a URL like"),
        (&["a b"], "\"a b\" is not a URL like"),
        (&["ws://a:b/"], "\"ws://a:b/\" is not a URL like"),
        (&["7022"], "\"7022\" is not a URL like"),
        (
            &["wss://a/"],
            "wss:// is ws:// inside of TLS, which is lesson 24.",
        ),
        (&["a", "b"], "Give one argument, or none."),
        (&["--deflate"], "There is no option --deflate."),
    ] {
        let run = Program::start(WS_CLIENT, arguments).finish();
        assert_eq!(run.status.code(), Some(2), "{arguments:?}");
        assert!(run.errors.starts_with(sentence), "{}", run.errors);
        assert!(run.errors.ends_with("Try --help.\n"), "{}", run.errors);
    }
}

#[test]
fn targets() {
    let parts = |url: &str| {
        let target = Target::parse(url)?;
        Some((target.host, target.port, target.authority, target.path))
    };
    let expected = |host: &str, port: u16, authority: &str, path: &str| {
        let [host, authority, path] = [host, authority, path].map(str::to_string);
        Some((host, port, authority, path))
    };
    for (url, target) in [
        (
            "ws://127.0.0.1:7022/chat",
            expected("127.0.0.1", 7022, "127.0.0.1:7022", "/chat"),
        ),
        (
            "localhost:80",
            expected("localhost", 80, "localhost:80", "/"),
        ),
        (
            "ws://example.org",
            expected("example.org", 80, "example.org", "/"),
        ),
        (
            "ws://example.org?a=b/c:7",
            expected("example.org", 80, "example.org", "/?a=b/c:7"),
        ),
        ("ws://[::1]:7/x", expected("::1", 7, "[::1]:7", "/x")),
        ("ws://[::1]", expected("::1", 80, "[::1]", "/")),
        ("ws://", None),
        ("ws:///x", None),
        ("ws://a:70000", None),
        ("7022", None),
        (":7022", None),
        ("ws://::1:7/", None),
        ("ws://[::1", None),
        ("ws:a:7", None),
        ("ws://a/x y", None),
        ("ws://a/\r\nX: y", None),
        ("ws://a/#b", None),
        ("ws://user@a/", None),
        ("wss://a/", None),
        ("http://a/", None),
    ] {
        assert_eq!(parts(url), target, "{url}");
    }
}

/// Types a line, and waits for what comes back.
fn type_line(client: &mut Program, transcript: &mut String, typed: &str, answers: usize) {
    client.type_in(format!("{typed}\n").as_bytes());
    *transcript += &format!("> {typed}\n");
    take(client, transcript, answers);
}

fn take(program: &mut Program, transcript: &mut String, lines: usize) {
    for _ in 0..lines {
        *transcript += &format!("{}\n", program.line());
    }
}

#[test]
fn a_client_and_an_echo() {
    let listener = TcpListener::bind(ANY_PORT).unwrap();
    let address = listener.local_addr().unwrap();
    let stop = Stop::new();
    let asked = stop.clone();
    let server = thread::spawn(move || {
        let policy = Policy {
            origins: Origins::Ours,
            subprotocols: Vec::new(),
        };
        let welcome =
            |request: &_| Ok((upgrade(request, &policy)?, Session::server(1 << 20, None)));
        let (limits, times) = (Limits::USUAL, Times::USUAL);
        ws_session::threads::serve(listener, limits, times, &asked, drop, welcome)
    });
    let url = format!("ws://{address}/");
    let mut client = Program::start(WS_CLIENT, &[&url]);
    let mut transcript = "$ cargo run -q --bin ws-client\n".to_string();
    take(&mut client, &mut transcript, 1);
    for typed in [
        "hello",
        "안녕하세요",
        "/ping are you there?",
        "/close 3000 that was all",
    ] {
        type_line(&mut client, &mut transcript, typed, 1);
    }
    let ended = client.finish();
    assert!(ended.status.success(), "{}", ended.errors);
    stop.stop();
    assert_eq!(server.join().unwrap().unwrap(), 0);
    let recorded = transcript.replace(&address.to_string(), "127.0.0.1:7023");
    assert_transcript("ws-client.txt", &recorded, str::to_string);
}

/// A server that is not there, one that refuses, and one that ends without a word.
#[test]
fn a_client_without_a_conversation() {
    let listener = TcpListener::bind(ANY_PORT).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let mut client = Program::start(WS_CLIENT, &[&address]);
    let (stream, _) = listener.accept().unwrap();
    client.type_in(b"nobody hears me\n");
    // The request is there, and who closes without having read it resets the connection.
    assert_eq!(stream.peek(&mut [0]).unwrap(), 1);
    drop(stream);
    let ended = client.end();
    assert_eq!(ended.status.code(), Some(1));
    let sentence = format!("ws://{address}/ ended the connection in the middle.");
    assert!(ended.errors.starts_with(&sentence), "{}", ended.errors);
    drop(listener);
    let ended = Program::start(WS_CLIENT, &[&address]).finish();
    assert_eq!(ended.status.code(), Some(1));
    let sentence = format!("Nobody listens on ws://{address}/. Start the server first");
    assert!(ended.errors.starts_with(&sentence), "{}", ended.errors);

    let mut server = Program::start(WS_CHAT, &[ANY_PORT]);
    let url = format!("ws://{}/nowhere", server.address());
    let ended = Program::start(WS_CLIENT, &[&url]).finish();
    assert_eq!(ended.status.code(), Some(1));
    assert!(
        ended
            .errors
            .contains("the server says 404 Not Found, not 101"),
        "{}",
        ended.errors
    );
}

/// Whoever sees that the connection is open may end it, also at once; and `| head -1` ends the program.
#[test]
#[cfg(unix)]
fn a_client_is_left() {
    let mut server = Program::start(WS_CHAT, &[ANY_PORT]);
    let url = format!("ws://{}/chat", server.address());
    let mut client = Program::start(WS_CLIENT, &[&url]);
    assert_eq!(client.line(), format!("(open: {url})"));
    let ended = client.interrupt();
    assert!(ended.status.success(), "{}", ended.errors);
    assert_eq!(ended.output, b"(closed: 1000)\n");

    let (nobody, output) = std::io::pipe().unwrap();
    drop(nobody);
    let mut client = std::process::Command::new(WS_CLIENT);
    let ended = client.arg(&url).stdout(output).output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert_eq!(
        String::from_utf8_lossy(&ended.stderr),
        "Nobody reads what this program prints, so it ends.\n"
    );
}

#[test]
#[cfg(unix)]
fn a_chat() {
    let mut server = Program::start(WS_CHAT, &[ANY_PORT]);
    let address = server.address();
    let url = format!("ws://{address}/chat");
    let start = || {
        let mut client = Program::start(WS_CLIENT, &[&url]);
        let mut transcript = String::new();
        take(&mut client, &mut transcript, 1);
        (client, transcript)
    };
    let (mut ana, mut of_ana) = start();
    type_line(&mut ana, &mut of_ana, "ana", 2);
    let (mut thief, mut of_thief) = start();
    type_line(&mut thief, &mut of_thief, "ana", 1);
    assert!(thief.end().status.success());
    let refused = server.line();
    let (mut bob, mut of_bob) = start();
    type_line(&mut bob, &mut of_bob, "bob", 2);
    take(&mut ana, &mut of_ana, 1);
    type_line(&mut ana, &mut of_ana, "안녕, bob", 1);
    take(&mut bob, &mut of_bob, 1);
    type_line(&mut bob, &mut of_bob, "hi", 1);
    take(&mut ana, &mut of_ana, 1);
    of_bob += "> (Ctrl-D)\n";
    let bob = bob.finish();
    assert!(bob.status.success(), "{}", bob.errors);
    of_bob += &String::from_utf8_lossy(&bob.output);
    take(&mut ana, &mut of_ana, 1);
    let bob_left = server.line();
    let stopped = server.interrupt();
    assert!(stopped.status.success(), "{}", stopped.errors);
    let ana = ana.end();
    assert!(ana.status.success(), "{}", ana.errors);
    of_ana += &String::from_utf8_lossy(&ana.output);

    let stopped = String::from_utf8_lossy(&stopped.output).into_owned();
    let start = "$ cargo run -q --bin ws-client ws://127.0.0.1:7022/chat";
    let transcript = format!(
        "$ cargo run -q --bin ws-chat\nlistening on {address}\n{refused}\n{bob_left}\n(Ctrl-C)\n{stopped}\n\
         {start}      (in another terminal)\n{of_ana}\n\
         {start}      (in a third)\n{of_thief}\n\
         {start}      (there, again)\n{of_bob}"
    );
    let transcript = transcript.replace(&address.to_string(), "127.0.0.1:7022");
    assert_transcript("ws-chat.txt", &transcript, without_ports);
}

/// One line for each frame: its bytes, and what they say.
fn shown(who: &str, mut bytes: &[u8]) -> String {
    let mut lines = String::new();
    while let Some((header, start)) = Header::parse(bytes).unwrap() {
        let end = start + header.length as usize;
        let hex: Vec<String> = bytes[..end]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let mut payload = bytes[start..end].to_vec();
        if let Some(key) = header.key {
            mask(&mut payload, key, 0);
        }
        let says = match (header.opcode, payload.split_first_chunk()) {
            (ws_frames::Opcode::Close, Some((code, reason))) => format!(
                "close {} {:?}",
                u16::from_be_bytes(*code),
                String::from_utf8_lossy(reason)
            ),
            (ws_frames::Opcode::Close, None) => "close".to_string(),
            _ => format!("text {:?}", String::from_utf8_lossy(&payload)),
        };
        lines += &format!("  {who}  {:44}  {says}\n", hex.join(" "));
        bytes = &bytes[end..];
    }
    lines
}

fn heard(who: &str, said: &[Said]) -> String {
    let lines = said.iter().map(|said| match said {
        Said::Message(_, text) => format!("  {who}  hears {:?}\n", String::from_utf8_lossy(text)),
        other => format!("  {who}  hears {other:?}\n"),
    });
    lines.collect()
}

/// The ways to say goodbye, byte for byte.
#[test]
fn goodbyes() {
    let both = || {
        (
            Session::server(1000, None),
            Session::client(1000, || KEY, None),
        )
    };
    let mut transcript = String::new();
    for (title, code, reason) in [
        ("the client says goodbye", 1000, ""),
        ("the client says why", 3000, "bye"),
        ("with a code that must not be sent", 1006, ""),
    ] {
        let (mut server, mut client) = both();
        let mut out = Vec::new();
        client.close(code, reason, &mut out);
        let (at_server, answer) = hear(&mut server, &out);
        let (at_client, nothing) = hear(&mut client, &answer);
        assert_eq!(nothing, b"");
        transcript += &format!("{title}\n{}", shown("client", &out));
        transcript += &heard("server", &at_server);
        transcript += &shown("server", &answer);
        transcript += &format!("{}\n", heard("client", &at_client));
    }

    let (mut server, mut client) = both();
    let (mut from_server, mut from_client) = (Vec::new(), Vec::new());
    client.send(Kind::Text, b"one", &mut from_client);
    server.close(1001, "", &mut from_server);
    client.send(Kind::Text, b"two", &mut from_client);
    let (at_client, answer) = hear(&mut client, &from_server);
    client.send(Kind::Text, b"three", &mut from_client);
    let answered = [from_client.clone(), answer].concat();
    transcript += "both speak at the same time, and the server says goodbye\n";
    transcript += &shown("server", &from_server);
    transcript += &shown("client", &from_client);
    transcript += &heard("client", &at_client);
    transcript += &shown("client", &answered[from_client.len()..]);
    transcript += "  client  wants to send \"three\": nothing is sent\n";
    let (at_server, nothing) = hear(&mut server, &answered);
    assert_eq!(nothing, b"");
    transcript += &format!("{}\n", heard("server", &at_server));

    let (mut server, mut client) = both();
    let (mut from_server, mut from_client) = (Vec::new(), Vec::new());
    server.close(1001, "", &mut from_server);
    client.close(1000, "", &mut from_client);
    let (at_client, nothing) = hear(&mut client, &from_server);
    assert_eq!(nothing, b"");
    let (at_server, nothing) = hear(&mut server, &from_client);
    assert_eq!(nothing, b"");
    transcript += "both say goodbye at the same time: neither answers\n";
    transcript += &shown("server", &from_server);
    transcript += &shown("client", &from_client);
    transcript += &heard("client", &at_client);
    transcript += &heard("server", &at_server);
    assert_transcript("goodbyes.txt", &transcript, str::to_string);
}

/// What ten thousand idle connections cost of it.
#[test]
#[cfg(target_pointer_width = "64")]
fn sizes() {
    let sizes = format!(
        "Session: {} bytes\nPulse:   {} bytes\n",
        size_of::<Session>(),
        size_of::<ws_session::Pulse>()
    );
    assert_transcript("sizes.txt", &sizes, str::to_string);
}
