//! Lesson 06 from the outside: its programs as a student runs them, and its library with the
//! addresses that names have: good ones, refusing ones and silent ones.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the verdict")]

#[path = "../../../01-first-socket/tests/lesson/programs.rs"]
#[allow(dead_code, reason = "other lessons use what this one does not")]
mod programs;

use std::io::{self, ErrorKind, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::ops::ControlFlow;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use names::{
    ATTEMPT_DELAY, Attempt, Race, Resolve, SilentListener, Step, System, dial, interleave, listen,
    normalise,
};
use programs::{
    ANY_PORT, DEADLINE, Program, assert_help, assert_port_in_use, assert_transcript, connect,
    installed, reset,
};
use socket2::{Domain, SockRef, Socket, Type};

const SERVER: &str = env!("CARGO_BIN_EXE_names-server");
const DIAL: &str = env!("CARGO_BIN_EXE_dial");
const RACE: &str = env!("CARGO_BIN_EXE_race");

const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

/// A delay that certainly is not over while a test runs: only a failure starts the next attempt.
const NEVER: Duration = Duration::from_secs(3600);
/// A short delay, for tests in which the next attempt must start.
const SHORT: Duration = Duration::from_millis(20);

/// Whether this computer has an IPv6 loopback address. When not, the test says that it tested less.
fn has_ipv6() -> bool {
    let found = TcpListener::bind((V6, 0)).is_ok();
    if !found {
        eprintln!("skipped: this computer has no IPv6, so [::1] was not tried");
    }
    found
}

/// `[::1]`, or `127.0.0.1` where that does not exist.
fn v6_or_v4() -> IpAddr {
    if has_ipv6() { V6 } else { V4 }
}

fn server(ip: IpAddr) -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((ip, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// An address that is bound, so that nobody else takes it, and not listening.
fn refusing(ip: IpAddr) -> (Socket, SocketAddr) {
    let socket = Socket::new(Domain::for_address((ip, 0).into()), Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::new(ip, 0).into()).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    (socket, address)
}

/// Digits masked and runs of blanks made one: ports and times differ from run to run.
fn without_numbers(text: &str) -> String {
    let mut masked = String::new();
    for letter in text.chars() {
        match letter.is_ascii_digit() {
            true if masked.ends_with('#') => {}
            true => masked.push('#'),
            false if letter == ' ' && masked.ends_with([' ', '\n']) => {}
            false => masked.push(letter),
        }
    }
    masked
}

fn run(path: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let ended = Program::start(path, arguments).finish();
    let output = String::from_utf8(ended.output).unwrap();
    (ended.status.code(), output, ended.errors)
}

// --- The programs, as in the book.

#[test]
fn one_socket_serves_both_families() {
    if !has_ipv6() {
        return;
    }
    let mut server = Program::start(SERVER, &["[::]:0"]);
    let port = server.address().port();
    let (_, four, _) = run(DIAL, &[&format!("127.0.0.1:{port}")]);
    let first = server.line();
    let (_, six, _) = run(DIAL, &[&format!("[::1]:{port}")]);
    let second = server.line();
    assert!(first.contains("[::ffff:127.0.0.1]:"), "{first}");
    assert!(first.contains(", which is 127.0.0.1:"), "{first}");
    assert!(!second.contains("which is"), "{second}");

    let session = format!(
        "$ cargo run -q --bin names-server [::]:7006\nlistening on [::]:{port}\n{first}\n{second}\n\n\
         $ cargo run -q --bin dial 127.0.0.1:7006      (in another terminal)\n{four}\n\
         $ cargo run -q --bin dial [::1]:7006\n{six}"
    );
    let session = session.replace(&format!("]:{port}"), "]:7006");
    let session = session.replace(&format!("127.0.0.1:{port}"), "127.0.0.1:7006");
    assert_transcript("both-families.txt", &session, without_numbers);
}

#[test]
fn localhost_may_be_the_other_family() {
    if !has_ipv6() {
        return;
    }
    let mut server = Program::start(SERVER, &["[::1]:0"]);
    let port = server.address().port();
    let (code, refused, errors) = run(DIAL, &[&format!("127.0.0.1:{port}")]);
    assert_eq!(code, Some(1), "{refused}");
    let (code, reached, _) = run(DIAL, &[&format!("[::1]:{port}")]);
    assert_eq!(code, Some(0), "{reached}");

    let session = format!(
        "$ cargo run -q --bin names-server [::1]:7006\nlistening on [::1]:{port}\n{}\n\n\
         $ cargo run -q --bin dial 127.0.0.1:7006      (in another terminal)\n{refused}{errors}\n\
         $ cargo run -q --bin dial [::1]:7006\n{reached}",
        server.line()
    );
    let session = session.replace(&port.to_string(), "7006");
    assert_transcript("localhost.txt", &session, without_numbers);
}

#[test]
fn dial_finds_localhost_wherever_it_is() {
    let mut server = Program::start(SERVER, &[ANY_PORT]);
    let port = server.address().port();
    let (code, output, errors) = run(DIAL, &[&format!("localhost:{port}")]);
    assert_eq!(code, Some(0), "{output}{errors}");
    assert!(output.contains("\nhello, 127.0.0.1:"), "{output}");
}

#[test]
fn the_race_is_the_one_in_the_book() {
    let (code, text, errors) = run(RACE, &[]);
    assert_eq!(code, Some(0), "{errors}");
    let (_, rest) = text.split_once("\nin turn\n").unwrap();
    let (in_turn, raced) = rest.split_once("\nin a race\n").unwrap();
    let connected_at = |timeline: &str| -> u64 {
        let line = timeline.lines().find(|line| line.ends_with("connected"));
        let (time, _) = line.unwrap().split_once(" ms").unwrap();
        time.trim().parse().unwrap()
    };
    // No upper bounds: this computer may be busy. The lower ones are the rules.
    assert!(connected_at(in_turn) >= 2000, "{text}");
    assert!(connected_at(raced) >= 500, "{text}");
    if cfg!(target_os = "linux") && has_ipv6() {
        let session = format!("$ cargo run -q --bin race\n{text}");
        assert_transcript("race.txt", &session, without_numbers);
    }
}

#[test]
fn help_names_the_program_and_its_address() {
    assert_help(SERVER, "names-server [ADDRESS]", "127.0.0.1:7006");
    assert_help(DIAL, "dial [NAME:PORT]", "localhost:7006");
    assert_help(RACE, "race [ADDRESS]", ANY_PORT);
}

#[test]
fn wrong_arguments_are_a_sentence() {
    for arguments in [
        &["localhost"][..],
        &["localhost:http"],
        &[":7006"],
        &["localhost:70000"],
        &["localhost:7006", "more"],
    ] {
        let (code, _, errors) = run(DIAL, arguments);
        assert_eq!(code, Some(2), "{arguments:?}");
        assert!(errors.contains("like localhost:7006"), "{errors}");
    }
}

#[test]
fn a_server_that_is_not_there_is_a_sentence() {
    let (_bound, address) = refusing(V4);
    let (code, output, errors) = run(DIAL, &[&address.to_string()]);
    assert_eq!(code, Some(1));
    assert!(
        output.contains(&format!("ms  {address}  try\n")),
        "{output}"
    );
    assert!(errors.contains("Is the server started? "), "{errors}");
}

#[test]
fn a_port_in_use_is_a_sentence() {
    let mut first = Program::start(SERVER, &[ANY_PORT]);
    assert_port_in_use(SERVER, first.address());
}

#[test]
fn greets_netcat_in_both_families() {
    if !installed("nc") || !has_ipv6() {
        return;
    }
    let mut server = Program::start(SERVER, &["[::]:0"]);
    let port = server.address().port().to_string();
    for (family, ip) in [("-4", "127.0.0.1"), ("-6", "::1")] {
        let netcat = Program::start("nc", &[family, ip, &port]).finish();
        assert!(netcat.output.starts_with(b"hello, ["), "{}", netcat.errors);
        assert!(server.line().starts_with("greeted ["));
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_server() {
    programs::assert_ctrl_c(SERVER);
}

// --- Names and addresses.

#[test]
fn the_system_knows_localhost() {
    let addresses = System.resolve("localhost", 7006).unwrap();
    assert!(!addresses.is_empty());
    for address in addresses {
        assert!(address.ip().is_loopback(), "{address}");
        assert_eq!(address.port(), 7006);
    }
}

#[test]
fn a_closure_is_a_resolver() {
    let scripted = |name: &str, port: u16| match name {
        "here.test" => Ok(vec![SocketAddr::new(V4, port)]),
        _ => Err(ErrorKind::NotFound.into()),
    };
    let found = scripted.resolve("here.test", 80).unwrap();
    assert_eq!(found, [SocketAddr::new(V4, 80)]);
    let error = scripted.resolve("there.test", 80).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

fn addresses<const N: usize>(texts: [&str; N]) -> Vec<SocketAddr> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn families_take_turns() {
    let resolved = addresses(["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "2.2.2.2:1"]);
    let turns = addresses(["[::1]:1", "1.1.1.1:1", "[::2]:1", "2.2.2.2:1", "[::3]:1"]);
    assert_eq!(interleave(&resolved), turns);
    let resolved = addresses(["1.1.1.1:1", "2.2.2.2:1", "[::1]:1"]);
    let turns = addresses(["1.1.1.1:1", "[::1]:1", "2.2.2.2:1"]);
    assert_eq!(interleave(&resolved), turns);
    let one_family = addresses(["[::3]:1", "[::1]:1", "[::2]:1"]);
    assert_eq!(interleave(&one_family), one_family);
    let repeated = addresses(["[::1]:1", "[::1]:1", "1.1.1.1:1", "1.1.1.1:1", "[::1]:2"]);
    let turns = addresses(["[::1]:1", "1.1.1.1:1", "[::1]:2"]);
    assert_eq!(interleave(&repeated), turns);
    assert_eq!(interleave(&[]), []);
}

#[test]
fn only_mapped_addresses_change() {
    let table = [
        ("[::ffff:192.0.2.1]:80", "192.0.2.1:80"),
        ("[::ffff:0.0.0.0]:0", "0.0.0.0:0"),
        ("[::ffff:255.255.255.255]:65535", "255.255.255.255:65535"),
        ("192.0.2.1:80", "192.0.2.1:80"),
        ("[::1]:80", "[::1]:80"),
        ("[::]:80", "[::]:80"),
        ("[::192.0.2.1]:80", "[::192.0.2.1]:80"),
        ("[::ffff:0:192.0.2.1]:80", "[::ffff:0:192.0.2.1]:80"),
        ("[64:ff9b::192.0.2.1]:80", "[64:ff9b::192.0.2.1]:80"),
        ("[fe80::1%3]:80", "[fe80::1%3]:80"),
    ];
    for (given, expected) in table {
        let given: SocketAddr = given.parse().unwrap();
        assert_eq!(normalise(given), expected.parse().unwrap(), "{given}");
    }
}

#[test]
fn listens_for_both_families() {
    if !has_ipv6() {
        return;
    }
    let listener = listen((Ipv6Addr::UNSPECIFIED, 0).into()).unwrap();
    assert!(!SockRef::from(&listener).only_v6().unwrap());
    let port = listener.local_addr().unwrap().port();
    for ip in [V4, V6] {
        let client = connect((ip, port).into());
        let (_, from) = listener.accept().unwrap();
        assert_eq!(normalise(from), client.local_addr().unwrap());
    }
}

#[test]
fn listens_for_one_family_when_told_so() {
    let (v4, v6) = (listen((V4, 0).into()).unwrap(), listen((V6, 0).into()));
    assert_eq!(v4.local_addr().unwrap().ip(), V4);
    if has_ipv6() {
        assert_eq!(v6.unwrap().local_addr().unwrap().ip(), V6);
    }
}

#[test]
fn greets_those_who_come_after_a_bad_client() {
    let listener = listen((v6_or_v4(), 0).into()).unwrap();
    let address = listener.local_addr().unwrap();
    reset(connect(address));
    drop(connect(address));
    let mut good = connect(address);
    let (sender, reports) = mpsc::channel();
    thread::spawn(move || {
        first_socket::serve(&listener, first_socket::FAREWELL, |client, outcome| {
            sender.send((client, outcome)).unwrap();
            ControlFlow::Continue(())
        })
    });
    let mut greeting = String::new();
    good.read_to_string(&mut greeting).unwrap();
    let name = good.local_addr().unwrap();
    assert_eq!(greeting, format!("hello, {name}\n"));
    let mut three = (0..3).map(|_| reports.recv_timeout(DEADLINE).unwrap().0);
    assert!(three.any(|client| client == name));
}

// --- The race, without sockets and without a clock.

fn three() -> (SocketAddr, SocketAddr, SocketAddr) {
    let list = addresses(["[2001:db8::1]:80", "192.0.2.1:80", "[2001:db8::2]:80"]);
    (list[0], list[1], list[2])
}

#[test]
fn the_next_attempt_waits_for_the_delay() {
    let ((a, b, _), start) = (three(), Instant::now());
    let mut race = Race::new(vec![a, b], ATTEMPT_DELAY);
    let next = start + ATTEMPT_DELAY;
    assert_eq!(race.next_step(start), Step::Start(a));
    assert_eq!(race.next_step(start), Step::WaitUntil(next));
    let almost = next - Duration::from_nanos(1);
    assert_eq!(race.next_step(almost), Step::WaitUntil(next));
    assert_eq!(race.next_step(next), Step::Start(b));
    assert_eq!(race.next_step(next), Step::Wait);
}

#[test]
fn a_failure_starts_the_next_attempt_at_once_and_the_delay_anew() {
    let ((a, b, c), start) = (three(), Instant::now());
    let mut race = Race::new(vec![a, b, c], ATTEMPT_DELAY);
    assert_eq!(race.next_step(start), Step::Start(a));
    race.failed(a);
    let later = start + SHORT;
    assert_eq!(race.next_step(later), Step::Start(b));
    assert_eq!(
        race.next_step(later),
        Step::WaitUntil(later + ATTEMPT_DELAY)
    );
}

#[test]
fn the_first_connection_wins_and_the_others_are_closed() {
    let ((a, b, c), start) = (three(), Instant::now());
    let mut race = Race::new(vec![a, b, c], Duration::ZERO);
    assert_eq!(race.next_step(start), Step::Start(a));
    assert_eq!(race.next_step(start), Step::Start(b));
    race.connected(b);
    race.connected(a); // In the same moment, and too late all the same.
    assert_eq!(race.next_step(start), Step::Close(a));
    assert_eq!(race.next_step(start), Step::Won(b));
    assert_eq!(race.next_step(start + NEVER), Step::Won(b));
}

#[test]
fn the_race_is_lost_when_the_last_attempt_has_failed() {
    let ((a, b, _), start) = (three(), Instant::now());
    let mut race = Race::new(vec![a, b], Duration::ZERO);
    race.next_step(start);
    race.next_step(start);
    race.failed(a);
    assert_eq!(race.next_step(start), Step::Wait);
    race.failed(b);
    assert_eq!(race.next_step(start), Step::Lost);
    assert_eq!(Race::new(Vec::new(), NEVER).next_step(start), Step::Lost);
}

/// Any order of events: each address is started once at most, and of those that were started each
/// one has failed, is closed, or has won.
#[test]
fn nobody_is_left_behind_whatever_happens() {
    for seed in 0..2_000_u64 {
        let mut state = seed;
        let mut chance = |of: u64| {
            // Knuth's generator: anything repeatable will do.
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (state >> 33) % of
        };
        let all: Vec<SocketAddr> = (1..=chance(6) as u16)
            .map(|port| (V4, port).into())
            .collect();
        let mut race = Race::new(all.clone(), ATTEMPT_DELAY);
        let (mut now, mut running, mut started) = (Instant::now(), Vec::new(), Vec::new());
        let winner = loop {
            match race.next_step(now) {
                Step::Start(address) => {
                    assert_eq!(address, all[started.len()], "seed {seed}");
                    started.push(address);
                    running.push(address);
                }
                Step::Close(address) => running.retain(|other| *other != address),
                Step::Won(address) => break Some(address),
                Step::Lost => break None,
                step @ (Step::Wait | Step::WaitUntil(_)) => {
                    if let Step::WaitUntil(moment) = step
                        && chance(2) == 0
                    {
                        now = moment;
                        continue;
                    }
                    assert!(!running.is_empty(), "seed {seed}");
                    let address = running[chance(running.len() as u64) as usize];
                    if chance(4) == 0 {
                        race.connected(address);
                    } else {
                        running.retain(|other| *other != address);
                        race.failed(address);
                    }
                }
            }
        };
        assert_eq!(running, Vec::from_iter(winner), "seed {seed}");
        assert!(winner.is_some() || started == all, "seed {seed}");
    }
}

// --- The race with real sockets.

/// Dials and returns what was reported, as "try", "connected" and so on with the address.
fn dialled(
    list: Vec<SocketAddr>,
    delay: Duration,
    patience: Duration,
) -> (io::Result<TcpStream>, Vec<(SocketAddr, String)>) {
    let mut reported = Vec::new();
    let result = dial(list, delay, patience, |_, address, attempt| {
        let told = match attempt {
            Attempt::Failed(error) => format!("{:?}", error.kind()),
            other => other.to_string(),
        };
        reported.push((address, told));
    });
    (result, reported)
}

/// Whether some socket of this computer still tries to connect to `address`.
/// Source: proc_pid_net(5), /proc/net/tcp; state 02 is SYN_SENT. Always false on other systems.
fn someone_tries(address: SocketAddr) -> bool {
    ["/proc/net/tcp", "/proc/net/tcp6"].iter().any(|table| {
        let port = format!(":{:04X}", address.port());
        let table = std::fs::read_to_string(table).unwrap_or_default();
        table.lines().any(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            matches!(fields.as_slice(), [_, _, remote, "02", ..] if remote.ends_with(&port))
        })
    })
}

fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < DEADLINE, "{what}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_silent_address_does_not_hold_up_the_race_and_is_closed() {
    let silent = SilentListener::new(v6_or_v4()).unwrap();
    let (_listener, good) = server(V4);
    let list = vec![silent.address(), good];
    let (stream, reported) = dialled(list, SHORT, DEADLINE);
    assert_eq!(stream.unwrap().peer_addr().unwrap(), good);
    let expected = [
        (silent.address(), "try"),
        (good, "try"),
        (good, "connected"),
        (silent.address(), "closed"),
    ];
    assert_eq!(reported, expected.map(|(at, told)| (at, told.to_string())));
    eventually("the loser should be closed", || {
        !someone_tries(silent.address())
    });
}

#[test]
fn a_refusal_starts_the_next_attempt_at_once() {
    let (_bound, refused) = refusing(v6_or_v4());
    let (_listener, good) = server(V4);
    // If the delay counted, this would not end.
    let (stream, _) = dialled(vec![refused, good], NEVER, NEVER);
    assert_eq!(stream.unwrap().peer_addr().unwrap(), good);
}

#[test]
fn nobody_else_is_tried_while_the_first_has_the_field() {
    let (_listener, first) = server(v6_or_v4());
    let (other, second) = server(V4);
    let (stream, _) = dialled(vec![first, second], NEVER, NEVER);
    assert_eq!(stream.unwrap().peer_addr().unwrap(), first);
    other.set_nonblocking(true).unwrap();
    assert_eq!(other.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
}

/// Takes a second: the kernel of a client asks again after that time.
#[cfg(target_os = "linux")]
#[test]
fn a_slow_address_is_not_given_up() {
    let (slow, silent) = (
        SilentListener::new(v6_or_v4()).unwrap(),
        SilentListener::new(V4).unwrap(),
    );
    let list = vec![slow.address(), silent.address()];
    let racing = thread::spawn(move || dialled(list, SHORT, DEADLINE));
    eventually("both should be tried", || {
        someone_tries(slow.address()) && someone_tries(silent.address())
    });
    let address = slow.address();
    let _listener = slow.relent().unwrap();
    let (stream, _) = racing.join().unwrap();
    assert_eq!(stream.unwrap().peer_addr().unwrap(), address);
    eventually("the loser should be closed", || {
        !someone_tries(silent.address())
    });
}

#[test]
fn the_connection_that_dial_returns_is_a_blocking_one() {
    let (listener, address) = server(V4);
    let (stream, _) = dialled(vec![address], NEVER, DEADLINE);
    let mut stream = stream.unwrap();
    thread::spawn(move || {
        let (client, _) = listener.accept().unwrap();
        drop(client);
    });
    assert_eq!(stream.read(&mut [0; 1]).unwrap(), 0);
}

#[test]
fn patience_ends_the_race_and_closes_everyone() {
    let silent = [v6_or_v4(), V4].map(|ip| SilentListener::new(ip).unwrap());
    let list = silent.iter().map(SilentListener::address).collect();
    let (result, reported) = dialled(list, SHORT, Duration::from_millis(100));
    assert_eq!(result.unwrap_err().kind(), ErrorKind::TimedOut);
    let tried = reported.iter().filter(|(_, told)| told == "try").count();
    let ended = reported.iter().filter(|(_, told)| told != "try").count();
    assert_eq!(tried, ended, "{reported:?}");
    for listener in silent {
        eventually("all should be closed", || {
            !someone_tries(listener.address())
        });
    }
}

#[test]
fn a_race_without_a_winner_says_why() {
    let ((_one, first), (_other, second)) = (refusing(v6_or_v4()), refusing(V4));
    let (result, _) = dialled(vec![first, second], NEVER, NEVER);
    assert_eq!(result.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    let (result, _) = dialled(Vec::new(), NEVER, NEVER);
    assert_eq!(result.unwrap_err().kind(), ErrorKind::NotFound);
}
