//! The chat, with clients that are programs: one page of a browser is tried where the book is.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::Instant;

use ws_frames::{Kind, Opcode};

use crate::WS_CHAT;
use crate::client::Client;
use crate::programs::{ANY_PORT, DEADLINE, Program, connect, reset};
use crate::said::{KEY, Said, clean, frame, text};

/// The program, and where it listens.
fn start() -> (Program, SocketAddr) {
    let mut server = Program::start(WS_CHAT, &[ANY_PORT]);
    let address = server.address();
    (server, address)
}

/// A member, after all that it is told first.
fn join(address: SocketAddr, name: &str, others: &str) -> Client {
    let mut client = Client::open(address, "/chat");
    client.say(name);
    client.hears(text(&format!("welcome{others}")));
    client.hears(text(&format!("joined {name}")));
    client
}

#[test]
fn two_members_talk() {
    let (server, address) = start();
    let mut ana = join(address, "ana", "");
    let mut bob = join(address, "밥", " ana");
    ana.hears(text("joined 밥"));
    bob.say("안녕하세요, <b>ana</b>");
    for member in [&mut ana, &mut bob] {
        member.hears(text("said 밥 안녕하세요, <b>ana</b>"));
    }
    ana.write(&frame(Opcode::Text, false, Some(KEY), b"in two "));
    ana.write(&frame(Opcode::Ping, true, Some(KEY), b"?"));
    ana.write(&frame(Opcode::Continuation, true, Some(KEY), b"frames"));
    ana.hears(Said::Pong(b"?".to_vec()));
    for member in [&mut ana, &mut bob] {
        member.hears(text("said ana in two frames"));
    }
    bob.close(1000, "");
    bob.hears(clean(1000, ""));
    bob.hears_the_end();
    ana.hears(text("left 밥"));
    drop(ana);
    drop(server);
}

/// Nothing of what the others do costs a member its place, and each is told what it did wrong.
#[test]
fn who_is_sent_away() {
    let (_server, address) = start();
    let mut ana = join(address, "ana", "");
    let too_long = "x".repeat(4097);
    for (name, message, kind, code, reason) in [
        ("ana", "", Kind::Text, 1008, "that name is taken"),
        ("two words", "", Kind::Text, 1008, "that is no name"),
        ("bob", "\u{1}", Kind::Binary, 1003, "that is no text"),
        ("bob", &too_long, Kind::Text, 1009, ""),
    ] {
        let mut other = Client::open(address, "/chat");
        other.say(name);
        if !message.is_empty() {
            other.hears(text("welcome ana"));
            other.hears(text("joined bob"));
            ana.hears(text("joined bob"));
            other.send(kind, message.as_bytes());
            // What it says on its way out is no name and no message.
            other.say("mallory");
            ana.hears(text("left bob"));
        }
        other.hears(clean(code, reason));
        other.hears_the_end();
    }
    ana.say("still here");
    ana.hears(text("said ana still here"));
}

/// Somebody that has not said its name is told nothing, and its end is nobody's business.
#[test]
fn the_nameless() {
    let (_server, address) = start();
    let nameless = Client::open(address, "/chat");
    let mut ana = join(address, "ana", "");
    let second = Client::open(address, "/chat");
    drop(nameless);
    reset(second.stream);
    let mut bob = join(address, "bob", " ana");
    ana.hears(text("joined bob"));
    // Without a goodbye: the others are told all the same.
    bob.write(&frame(Opcode::Text, false, Some(KEY), b"begun and"));
    bob.end();
    ana.hears(text("left bob"));
    bob.hears_the_end();
}

/// Policy, slow consumer: who does not read is put out when its queue is full, and the others notice nothing
/// but that.
#[test]
fn one_slow_reader_does_not_stop_the_room() {
    let (_server, address) = start();
    let slow = join(address, "slow", "");
    let mut ana = join(address, "ana", " slow");
    let line = "x".repeat(4000);
    let said = text(&format!("said ana {line}"));
    let started = Instant::now();
    loop {
        ana.say(&line);
        match ana.next().unwrap() {
            one if one == said => {}
            left => {
                assert_eq!(left, text("left slow"));
                break;
            }
        }
        assert!(started.elapsed() < DEADLINE, "it should be put out");
    }
    ana.hears(said);
    // What had come is read, and then it is over, one way or the other.
    let mut bytes = Vec::new();
    if let Err(error) = (&slow.stream).read_to_end(&mut bytes) {
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
}

/// Policy, origin: a page from somewhere else is refused, our own is not, and a program is no page.
#[test]
fn pages_from_elsewhere() {
    let (_server, address) = start();
    let ask = |host: &str, origin: &str| {
        let mut stream = connect(address);
        let request = format!(
            "GET /chat HTTP/1.1\r\nHost: {host}\r\n{origin}Upgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).unwrap();
        String::from_utf8_lossy(&status).into_owned()
    };
    let host = address.to_string();
    for (origin, status) in [
        (String::new(), "HTTP/1.1 101"),
        (format!("Origin: http://{host}\r\n"), "HTTP/1.1 101"),
        ("Origin: http://127.0.0.1:1\r\n".into(), "HTTP/1.1 403"),
        ("Origin: https://evil.example\r\n".into(), "HTTP/1.1 403"),
        ("Origin: null\r\n".into(), "HTTP/1.1 403"),
    ] {
        assert_eq!(ask(&host, &origin), status, "{origin}");
    }
}

/// The page and the room are on one port.
#[test]
fn a_page_and_nothing_else() {
    let (_server, address) = start();
    for (target, status) in [
        ("/", "200"),
        ("/chat", "426"),
        ("/nothing", "404"),
        ("/../Cargo.toml", "404"),
    ] {
        let mut answer = Vec::new();
        http::get(address, target, 1 << 20, DEADLINE, |part| {
            if let http::Answer::Head(head) = part {
                answer = head.bytes().to_vec();
            }
            Ok(())
        })
        .unwrap();
        let expected = format!("HTTP/1.1 {status} ");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(answer.starts_with(&expected), "{target}: {answer}");
    }
}

/// Ctrl-C: everybody hears 1001, with a name or without, and the program ends well.
#[test]
#[cfg(unix)]
fn the_server_says_goodbye() {
    let (server, address) = start();
    let mut ana = join(address, "ana", "");
    let mut nameless = Client::open(address, "/chat");
    let answers = std::thread::spawn(move || {
        for client in [&mut ana, &mut nameless] {
            client.hears(clean(1001, "the server stops"));
            client.hears_the_end();
        }
    });
    let ended = server.interrupt();
    answers.join().unwrap();
    assert!(ended.status.success(), "{}", ended.errors);
    let output = String::from_utf8(ended.output).unwrap();
    let last = output.lines().last().unwrap();
    assert!(last.starts_with("stopped"), "{output}");
    assert!(!output.contains("; 1 "), "{output}");
}

/// Twenty members, each of whom says something: all hear everything, in the same order.
#[test]
fn all_hear_the_same() {
    const MEMBERS: usize = 20;
    let (_server, address) = start();
    let mut members = Vec::new();
    let mut names = String::new();
    for number in 0..MEMBERS {
        members.push(join(address, &format!("m{number:02}"), &names));
        names += &format!(" m{number:02}");
    }
    for (number, member) in members.iter_mut().enumerate() {
        for later in number + 1..MEMBERS {
            member.hears(text(&format!("joined m{later:02}")));
        }
    }
    for member in &mut members {
        member.say("hello");
    }
    let heard: Vec<Vec<Said>> = members
        .iter_mut()
        .map(|member| (0..MEMBERS).map(|_| member.next().unwrap()).collect())
        .collect();
    assert!(heard.iter().all(|one| *one == heard[0]));
    let mut said = heard[0].clone();
    said.sort_by_key(|said| format!("{said:?}"));
    let expected: Vec<Said> = (0..MEMBERS)
        .map(|number| text(&format!("said m{number:02} hello")))
        .collect();
    assert_eq!(said, expected);
}
