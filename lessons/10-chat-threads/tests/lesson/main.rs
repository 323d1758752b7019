//! Lesson 10 from the outside: its programs as a student runs them, its room without sockets, and
//! its server with the clients that would stop a careless one.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the verdict")]

#[path = "../../../01-first-socket/tests/lesson/programs.rs"]
#[allow(dead_code, reason = "other lessons use what this one does not")]
mod programs;
mod room;
mod server;

use chat_threads::protocol::{MAX_TEXT, Notice};

use programs::{
    ANY_PORT, Program, assert_help, assert_port_in_use, assert_transcript, without_ports,
};
use server::Chatter;

const SERVER: &str = env!("CARGO_BIN_EXE_chat-server");
const CLIENT: &str = env!("CARGO_BIN_EXE_chat-client");
const SLOW_MEMBER: &str = env!("CARGO_BIN_EXE_slow-member");

#[test]
fn the_session_is_the_one_in_the_book() {
    let mut server = Program::start(SERVER, &[ANY_PORT]);
    let address = server.address().to_string();
    let [mut ana, mut bob] = [(); 2].map(|()| Program::start(CLIENT, &[&address]));
    let mut by_ana = vec![ana.line()];
    let mut by_bob = vec![bob.line()];
    // Each waits for the other, so that the session is the same every time.
    ana.type_in(b"ana\n");
    by_ana.extend([ana.line(), ana.line()]);
    bob.type_in(b"bob\n");
    by_bob.extend([bob.line(), bob.line()]);
    by_ana.push(ana.line());
    ana.type_in("안녕, bob\n".as_bytes());
    by_ana.push(ana.line());
    by_bob.push(bob.line());
    bob.type_in(b"hi\n");
    by_bob.push(bob.line());
    by_ana.push(ana.line());
    let left = bob.finish();
    assert!(left.status.success(), "{}", left.errors);
    by_bob.push(String::from_utf8(left.output).unwrap());
    by_ana.push(ana.line());
    let bobs_end = server.line();
    let ended = server.interrupt();
    assert!(ended.status.success(), "{}", ended.errors);
    let mut last = String::from_utf8(ended.output).unwrap();
    // The client waits for its server, and not for the keyboard.
    let left = ana.end();
    assert!(left.status.success(), "{}", left.errors);
    by_ana.push(String::from_utf8(left.output).unwrap());
    last.insert_str(0, &format!("{bobs_end}\n(Ctrl-C)\n"));
    let typed = |lines: &[String], what: &[(usize, &str)]| {
        let mut text = String::new();
        for (at, line) in lines.iter().enumerate() {
            text += line.trim_end();
            text += "\n";
            for (_, typed) in what.iter().filter(|(after, _)| *after == at) {
                text += &format!("> {typed}\n");
            }
        }
        text
    };
    let ana = typed(&by_ana, &[(0, "ana"), (3, "안녕, bob")]);
    let bob = typed(&by_bob, &[(0, "bob"), (3, "hi"), (4, "(Ctrl-D)")]);
    let session = format!(
        "$ cargo run -q --bin chat-server\nlistening on {address}\n{last}\n\
         $ cargo run -q --bin chat-client      (in another terminal)\n{ana}\n\
         $ cargo run -q --bin chat-client      (in a third)\n{bob}"
    )
    .replace(&address, "127.0.0.1:7010");
    assert_transcript("chat.txt", &session, without_ports);
}

#[test]
#[cfg(target_os = "linux")]
fn a_bounded_queue_ends_what_an_unbounded_one_bears() {
    let run = Program::start(SLOW_MEMBER, &[]).finish();
    assert!(run.status.success(), "{}", run.errors);
    let text = String::from_utf8(run.output).unwrap();
    let last: Vec<&str> = text.lines().last().unwrap().split_whitespace().collect();
    // What the kernels' buffers took is not in the queue: a part of the 8 MiB, and not all.
    assert_eq!(last[2..4], ["put", "out"], "{text}");
    let unbounded: usize = last[4].parse().unwrap();
    assert!((1..8 * 1024).contains(&unbounded), "{text}");
    let session = format!("$ cargo run -q --bin slow-member\n{text}");
    // How much waits differs from kernel to kernel, and so does the row of the end.
    let masked = |text: &str| text.lines().take(2).collect::<Vec<_>>().join("\n");
    assert_transcript("slow-member.txt", &session, masked);
}

#[test]
#[cfg(unix)]
fn ctrl_c_says_goodbye_and_waits_for_nobody_who_does_not_read() {
    let mut server = Program::start(SERVER, &[ANY_PORT]);
    let address = server.address();
    let mut deaf = Chatter::connect_small(address).comes_in("deaf");
    deaf.floods();
    let mut idle = Chatter::join(address, "idle");
    let output = server.interrupt();
    assert!(output.status.success(), "{}", output.errors);
    let output = String::from_utf8(output.output).unwrap();
    // Perhaps the kernel has taken the rest of what waited, and nobody had to be cut off.
    let last = output.lines().last().unwrap_or_default();
    assert!(
        last.starts_with("stopped; conversations that were cut off: "),
        "{output}"
    );
    while idle.hear() != Some(Notice::Closing) {}
    assert_eq!(idle.hear(), None);
}

#[test]
fn the_client_says_what_went_wrong() {
    let mut server = Program::start(SERVER, &[ANY_PORT]);
    let address = server.address();
    let mut client = Program::start(CLIENT, &[&address.to_string()]);
    assert_eq!(client.line(), "Your name?");
    client.type_in(b"no name\n");
    let sentence = "The server sends you away: a name has 1 to 32 bytes and no spaces.";
    assert_eq!(client.line(), sentence);
    assert_eq!(client.line(), "The connection has ended.");
    assert!(client.end().status.success());

    let mut ana = Chatter::join(address, "ana");
    let mut client = Program::start(CLIENT, &[&address.to_string()]);
    client.type_in(b"bob\n");
    for expected in ["Your name?", "Already here: ana.", "* bob has come"] {
        assert_eq!(client.line(), expected);
    }
    assert_eq!(ana.hear(), Some(Notice::Joined("bob".into())));
    // A terminal would obey this: clear the screen, and a line that nobody said.
    ana.say("\u{1b}[2J\rbob: yes");
    assert_eq!(client.line(), "ana: \u{fffd}[2J\u{fffd}bob: yes");
    let long = [&vec![b'x'; MAX_TEXT + 1][..], b"\nshort\r\n"].concat();
    client.type_in(&long);
    assert_eq!(client.line(), "bob: short");
    let ended = client.finish();
    assert!(ended.errors.starts_with("Too long"), "{}", ended.errors);

    drop(server);
    let refused = Program::start(CLIENT, &[&address.to_string()]).finish();
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        refused.errors.starts_with("Nobody listens"),
        "{}",
        refused.errors
    );
}

#[test]
fn the_programs_help_and_say_when_a_port_is_taken() {
    assert_help(SERVER, "chat-server [ADDRESS]", "127.0.0.1:7010");
    assert_help(CLIENT, "chat-client [ADDRESS]", "127.0.0.1:7010");
    assert_help(SLOW_MEMBER, "slow-member [ADDRESS]", "127.0.0.1:0");
    let mut server = Program::start(SERVER, &[ANY_PORT]);
    assert_port_in_use(SERVER, server.address());
}
