//! Lesson 07 from the outside: its programs as a student runs them, and what its library promises
//! of options.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the verdict")]

#[allow(
    dead_code,
    reason = "shared by all lessons; this one types nothing in and plays no client"
)]
#[path = "../../../01-first-socket/tests/lesson/programs.rs"]
mod programs;

use std::io::{ErrorKind, Read};
#[cfg(target_os = "linux")]
use std::net::UdpSocket;
use std::net::{SocketAddr, TcpListener};

use options::catalogue::{self, SocketOption};
use options::{Dscp, Listening, in_time_wait, rebind};
use programs::{
    ANY_PORT, DEADLINE, Program, assert_help, assert_port_in_use, assert_transcript, connect,
    installed, without_ports,
};
use socket2::{Domain, SockRef, Socket, Type};

const OPTS: &str = env!("CARGO_BIN_EXE_opts");
const TIME_WAIT: &str = env!("CARGO_BIN_EXE_time-wait");
const NAGLE: &str = env!("CARGO_BIN_EXE_nagle");
const WORKERS: &str = env!("CARGO_BIN_EXE_workers");

/// Milliseconds: less than Linux delays an acknowledgement, and far more than loopback takes.
const HELD_UP: u64 = 30;

/// ENOPROTOOPT of Linux, getsockopt(2).
const NO_SUCH_OPTION: i32 = 92;

fn any_port() -> SocketAddr {
    ANY_PORT.parse().unwrap()
}

fn run(program: &str, arguments: &[&str]) -> String {
    let run = Program::start(program, arguments).finish();
    assert!(run.status.success(), "{}", run.errors);
    String::from_utf8(run.output).unwrap()
}

fn tcp(domain: Domain) -> Socket {
    Socket::new(domain, Type::STREAM, None).unwrap()
}

/// Whether this computer has IPv6. When not, the test says that it tested less.
fn has_ipv6() -> bool {
    let found = TcpListener::bind("[::1]:0").is_ok();
    if !found {
        eprintln!("skipped: this computer has no IPv6, so its options were not tried");
    }
    found
}

#[test]
fn the_options_are_the_ones_in_the_book() {
    let text = run(OPTS, &[]);
    assert!(
        text.contains("IP_TOS                    any time    DSCP 0      DSCP 46     DSCP 46"),
        "{text}"
    );
    if cfg!(target_os = "linux") {
        let session = format!("$ cargo run -q --bin opts\n{text}");
        assert_transcript("opts.txt", &session, without_values);
    }
}

/// What a kernel has at first, and what it makes of a wish, depends on its settings.
fn without_values(text: &str) -> String {
    let mut masked = String::new();
    for line in text.lines() {
        let is_option = line.starts_with(|letter: char| letter.is_ascii_uppercase());
        let kept = if is_option { &line[..37] } else { line };
        masked += kept.trim_end();
        masked += "\n";
    }
    masked
}

#[test]
fn ipv6_has_options_of_its_own() {
    if !has_ipv6() {
        return;
    }
    let text = run(OPTS, &["[::1]:0"]);
    for option in ["IPV6_V6ONLY ", "IPV6_UNICAST_HOPS "] {
        assert!(text.contains(option), "{text}");
    }
    if cfg!(unix) {
        let line = "IPV6_TCLASS               any time    DSCP 0      DSCP 46     DSCP 46";
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn every_option_is_read_back_or_missing_by_name() {
    let every = |options: &[SocketOption], socket: &Socket| {
        for option in options {
            match option.try_on(socket) {
                // A size is doubled on Linux, and capped everywhere.
                Ok(_) if option.name.ends_with("BUF") => {}
                Ok(tried) => assert_eq!(
                    &tried.read_back,
                    tried.asked.as_ref().unwrap_or(&tried.at_first),
                    "{}",
                    option.name
                ),
                Err(error) => {
                    // A system without the option, or a kernel that was built without it.
                    let may_lack = match error.kind() {
                        ErrorKind::Unsupported => !cfg!(target_os = "linux"),
                        _ => error.raw_os_error() == Some(NO_SUCH_OPTION),
                    };
                    assert!(may_lack, "{}: {error}", option.name);
                }
            }
        }
    };
    every(catalogue::TCP, &tcp(Domain::IPV4));
    every(catalogue::IPV4, &tcp(Domain::IPV4));
    let udp = Socket::new(Domain::IPV4, Type::DGRAM, None).unwrap();
    every(catalogue::UDP_IPV4, &udp);
    if has_ipv6() {
        every(catalogue::TCP, &tcp(Domain::IPV6));
        every(catalogue::IPV6, &tcp(Domain::IPV6));
        let udp = Socket::new(Domain::IPV6, Type::DGRAM, None).unwrap();
        every(catalogue::UDP_IPV6, &udp);
    }
}

#[test]
fn the_table_of_reuse_is_the_one_in_the_book() {
    let text = run(TIME_WAIT, &[]);
    if cfg!(target_os = "linux") {
        let session = format!("$ cargo run -q --bin time-wait\n{text}");
        assert_transcript("time-wait.txt", &session, str::to_string);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_port_comes_back_when_both_sockets_have_the_option() {
    let without = Listening {
        reuse_address: false,
        ..Listening::default()
    };
    for (old, new, comes_back) in [
        (without, without, false),
        (without, Listening::default(), false),
        (Listening::default(), without, false),
        (Listening::default(), Listening::default(), true),
    ] {
        let rebound = rebind(any_port(), old, new).unwrap();
        assert!(!rebound.beside_a_listener);
        assert_eq!(rebound.beside_a_connection, comes_back);
        assert_eq!(rebound.after_everything, comes_back);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_end_that_closes_first_waits() {
    let listener = Listening::default().listen(any_port()).unwrap();
    let address = listener.local_addr().unwrap();
    let mut client = connect(address);
    let (server, _) = listener.accept().unwrap();
    drop(server);
    assert_eq!(client.read(&mut [0; 16]).unwrap(), 0);
    let (server, clients) = (address.port(), client.local_addr().unwrap().port());
    drop(client);
    let started = std::time::Instant::now();
    while in_time_wait(server, clients) == Some(false) && started.elapsed() < DEADLINE {
        std::thread::yield_now();
    }
    assert_eq!(in_time_wait(server, clients), Some(true));
    assert_eq!(in_time_wait(clients, server), Some(false));
}

#[cfg(target_os = "linux")]
#[test]
fn a_server_without_the_option_cannot_restart() {
    if !installed("python3") {
        return;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/no_options.py");
    let mut first = Program::start("python3", &[script, "127.0.0.1", "0"]);
    let address = first.address();
    let mut client = connect(address);
    let mut heard = String::new();
    client.read_to_string(&mut heard).unwrap();
    assert_eq!(heard, "bye\n");
    drop(client);
    let first = first.finish();
    assert!(first.status.success(), "{}", first.errors);

    let port = address.port().to_string();
    let second = Program::start("python3", &[script, "127.0.0.1", &port]).finish();
    assert!(!second.status.success());
    let error = "OSError: [Errno 98] Address already in use";
    assert!(second.errors.contains(error), "{}", second.errors);
}

/// Ports that we try: another program may hold the one that we would need.
#[cfg(target_os = "linux")]
const TRIES: usize = 10;

#[cfg(target_os = "linux")]
#[test]
fn a_port_is_one_of_a_protocol_and_an_address() {
    let found = (0..TRIES).any(|_| {
        let tcp = TcpListener::bind(ANY_PORT).unwrap();
        let port = tcp.local_addr().unwrap().port();
        let udp = UdpSocket::bind(("127.0.0.1", port));
        let elsewhere = TcpListener::bind(("127.0.0.2", port));
        udp.is_ok() && elsewhere.is_ok()
    });
    assert!(found, "one port should have room for three sockets");
}

#[test]
fn nagle_holds_the_second_write_up() {
    let text = run(NAGLE, &[]);
    let medians: Vec<&str> = text
        .lines()
        .skip(1)
        .filter_map(|line| line.rsplit("  ").next())
        .map(str::trim)
        .collect();
    assert_eq!(medians.len(), 3, "{text}");
    if cfg!(target_os = "linux") {
        let held_up = medians[0].strip_suffix(" ms").unwrap();
        assert!(held_up.parse::<u64>().unwrap() >= HELD_UP, "{text}");
        let session = format!("$ cargo run -q --bin nagle\n{text}");
        assert_transcript("nagle.txt", &session, without_times);
    }
}

/// How long something takes is never the same twice.
fn without_times(text: &str) -> String {
    let mut masked = String::new();
    for line in text.lines() {
        let is_measured = line.contains(" ms") || line.contains(" µs");
        masked += if is_measured { &line[..20] } else { line };
        masked += "\n";
    }
    masked
}

#[cfg(target_os = "linux")]
#[test]
fn workers_share_the_clients_of_one_port() {
    let text = run(WORKERS, &[]);
    let counts: Vec<usize> = text
        .lines()
        .filter_map(|line| line.strip_prefix("worker ")?.split_once(": "))
        .map(|(_, clients)| clients.strip_suffix(" clients").unwrap().parse().unwrap())
        .collect();
    assert_eq!(counts.len(), 4, "{text}");
    assert_eq!(counts.iter().sum::<usize>(), 200, "{text}");
    let session = format!("$ cargo run -q --bin workers\n{text}");
    assert_transcript("workers.txt", &session, |text| {
        let masked = without_ports(text);
        let lines = masked.lines().map(|line| match line.split_once(": ") {
            Some((worker, _)) => format!("{worker}: COUNT clients\n"),
            None => format!("{line}\n"),
        });
        lines.collect()
    });
}

#[test]
fn connections_inherit_the_buffer_of_the_listening_socket() {
    const SIZE: usize = 20_000; // bytes; no system has this at first
    let plan = Listening {
        receive_buffer: Some(SIZE),
        ..Listening::default()
    };
    let listener = plan.listen(any_port()).unwrap();
    let _client = connect(listener.local_addr().unwrap());
    let (accepted, _) = listener.accept().unwrap();

    let granted = SockRef::from(&listener).recv_buffer_size().unwrap();
    let inherited = SockRef::from(&accepted).recv_buffer_size().unwrap();
    assert!(granted >= SIZE);
    if cfg!(target_os = "linux") {
        assert_eq!(granted, 2 * SIZE);
        assert_eq!(inherited, granted);
    }
}

#[test]
fn two_plain_sockets_cannot_share_a_port() {
    let first = Listening::default().listen(any_port()).unwrap();
    let address = first.local_addr().unwrap();
    let error = Listening::default().listen(address).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
}

/// The kernel says so for one option and keeps silent for the other.
#[cfg(target_os = "linux")]
#[test]
fn after_bind_is_too_late() {
    let holder = tcp(Domain::IPV4);
    holder.bind(&any_port().into()).unwrap();
    let name = holder.local_addr().unwrap();
    let late = tcp(Domain::IPV4);
    assert!(late.bind(&name).is_err());
    late.set_reuse_address(true).unwrap(); // It is taken, and changes nothing for this bind.

    if has_ipv6() {
        let socket = tcp(Domain::IPV6);
        let address: SocketAddr = "[::1]:0".parse().unwrap();
        socket.bind(&address.into()).unwrap();
        let error = socket.set_only_v6(true).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
}

#[test]
fn a_mark_has_six_bits() {
    assert_eq!(Dscp::new(46), Some(Dscp::EXPEDITED));
    assert_eq!(Dscp::new(63).unwrap().number(), 63);
    assert_eq!(Dscp::new(64), None);
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
#[test]
fn a_mark_is_read_back() {
    let families = if has_ipv6() {
        &[Domain::IPV4, Domain::IPV6][..]
    } else {
        &[Domain::IPV4]
    };
    for &family in families {
        for kind in [Type::STREAM, Type::DGRAM] {
            let socket = Socket::new(family, kind, None).unwrap();
            assert_eq!(Dscp::of(&socket).unwrap(), Dscp::DEFAULT);
            for mark in [Dscp::EXPEDITED, Dscp::LOWER_EFFORT, Dscp::new(63).unwrap()] {
                mark.mark(&socket).unwrap();
                assert_eq!(Dscp::of(&socket).unwrap(), mark);
            }
            // The two bits below belong to somebody else. (TCP has them to itself.)
            if (family, kind) == (Domain::IPV4, Type::DGRAM) {
                socket.set_tos_v4(0b10).unwrap();
                Dscp::EXPEDITED.mark(&socket).unwrap();
                assert_eq!(socket.tos_v4().unwrap(), 46 << 2 | 0b10);
            }
        }
    }
}

#[test]
fn a_port_in_use_is_a_sentence() {
    let holder = TcpListener::bind(ANY_PORT).unwrap();
    for program in [TIME_WAIT, NAGLE, WORKERS] {
        assert_port_in_use(program, holder.local_addr().unwrap());
    }
}

#[test]
fn help_names_the_program_and_its_address() {
    assert_help(OPTS, "opts [ADDRESS]", ANY_PORT);
    assert_help(TIME_WAIT, "time-wait [ADDRESS]", ANY_PORT);
    assert_help(NAGLE, "nagle [ADDRESS]", ANY_PORT);
    assert_help(WORKERS, "workers [ADDRESS]", ANY_PORT);
}
