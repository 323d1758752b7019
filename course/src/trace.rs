//! `cargo course trace`: the socket system calls that a lesson's programs really make, as a ladder.
//!
//! strace records; this room runs the programs, reads the recordings and puts the calls of all programs in one order.
//! A call that starts something (connect, send) stands where it began, and one that waits for something (accept,
//! recv) where it returned, so that an effect never stands before its cause.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, IsTerminal, stdin};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::catalogue::Catalogue;
use crate::process::{self, was_interrupted};
use crate::trouble::{Result, Trouble};

/// How long the first program may take until it listens.
const UNTIL_READY: Duration = Duration::from_secs(10);
/// How long a program may run when nobody sits at the terminal.
const UNTIL_DONE: Duration = Duration::from_secs(30);
/// How often a running program is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long the server may still work on the last client's end before it is ended.
const AFTERMATH: Duration = Duration::from_millis(300);
/// Bytes of each message that strace writes down.
const BYTES_SHOWN: &str = "24";
/// Columns of a terminal.
const COLUMNS: usize = 80;

/// Runs the programs, the first one as the server of the others, and prints what the kernel was asked.
///
/// # Errors
/// strace is missing, a program is unknown or does not start, or a file cannot be written.
pub fn trace(
    catalogue: &Catalogue,
    programs: &[String],
    svg: Option<&Path>,
    ladder: Option<&Path>,
) -> Result<()> {
    strace_is_here()?;
    let binaries = build(catalogue, programs)?;
    let folder = tempfile::tempdir().map_err(|error| {
        Trouble::new(format!(
            "No temporary folder can be made ({error}): is there room on the disk?"
        ))
    })?;
    run(&binaries, folder.path())?;
    let mut calls = Vec::new();
    for (actor, (name, _)) in binaries.iter().enumerate() {
        calls.extend(recorded(folder.path(), actor, name)?);
    }
    calls.sort_by(|a, b| a.at.total_cmp(&b.at));
    let events = events(&binaries, &calls);
    if calls.is_empty() {
        println!("No socket system call was made.");
        return Ok(());
    }
    let names: Vec<&str> = programs.iter().map(String::as_str).collect();
    let names = names.join(" and ");
    let text = format!(
        "title: The socket system calls of {names}\n\
         desc: Recorded by strace, in the order in which the kernel was asked.\n{events}"
    );
    let drawn = book::ladder(&text, COLUMNS).map_err(Trouble::new)?;
    println!();
    print!("{}", drawn.plain);
    for (file, content) in [(svg, &drawn.svg), (ladder, &events)] {
        if let Some(file) = file {
            fs::write(file, content).map_err(Trouble::file("write", file))?;
            println!();
            println!("Written: {}", file.display());
        }
    }
    Ok(())
}

fn strace_is_here() -> Result<()> {
    let found = Command::new("strace")
        .arg("-V")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if found.is_ok_and(|status| status.success()) {
        return Ok(());
    }
    let how = if cfg!(target_os = "linux") {
        "Install it with your package manager, for example `sudo apt install strace`."
    } else {
        "It exists on Linux only; the chapters show recorded runs."
    };
    Err(Trouble::new(format!("Tracing needs strace. {how}")))
}

/// Name and path of each program.
fn build(catalogue: &Catalogue, programs: &[String]) -> Result<Vec<(String, PathBuf)>> {
    let known = lesson_programs(&catalogue.root)?;
    let mut packages = Vec::new();
    for program in programs {
        let Some(package) = known.get(program) else {
            let names: Vec<&str> = known.keys().map(String::as_str).collect();
            return Err(Trouble::new(format!(
                "There is no program \"{program}\". These can be traced: {}.",
                names.join(", ")
            )));
        };
        packages.extend(["--package", package.as_str(), "--bin", program.as_str()]);
    }
    let target = catalogue.target_folder();
    let built = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--quiet"])
        .args(packages)
        .current_dir(&catalogue.root)
        .env("CARGO_TARGET_DIR", &target)
        .status();
    if !built.is_ok_and(|status| status.success()) {
        return Err(Trouble::new(
            "The programs could not be built; cargo's words are above.",
        ));
    }
    let path = |name: &String| (name.clone(), target.join("debug").join(name));
    Ok(programs.iter().map(path).collect())
}

/// Every program of the lessons, with its package.
fn lesson_programs(root: &Path) -> Result<BTreeMap<String, String>> {
    let lessons = root.join("lessons");
    let mut known = BTreeMap::new();
    for lesson in fs::read_dir(&lessons).map_err(Trouble::file("read", &lessons))? {
        let Ok(lesson) = lesson else { continue };
        let folder = lesson.file_name().to_string_lossy().into_owned();
        let Some((_, package)) = folder.split_once('-') else {
            continue;
        };
        let Ok(programs) = fs::read_dir(lesson.path().join("src/bin")) else {
            continue;
        };
        for program in programs.flatten() {
            let path = program.path();
            if path.extension().is_some_and(|extension| extension == "rs")
                && let Some(name) = path.file_stem().and_then(|name| name.to_str())
            {
                known.insert(name.to_owned(), package.to_owned());
            }
        }
    }
    Ok(known)
}

/// Starts the first program, and when it listens the others, one after another, with its address.
fn run(binaries: &[(String, PathBuf)], folder: &Path) -> Result<()> {
    let Some(((name, server), clients)) = binaries.split_first() else {
        return Ok(());
    };
    let mut strace = strace(folder, 0, server);
    if clients.is_empty() {
        return wait(&mut Traced::start(&mut strace)?, name);
    }
    strace
        .arg("127.0.0.1:0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let mut server = Traced::start(&mut strace)?;
    let address = ready(&mut server, name)?;
    for (actor, (name, client)) in clients.iter().enumerate() {
        let mut strace = self::strace(folder, actor + 1, client);
        strace.arg(address.to_string());
        wait(&mut Traced::start(&mut strace)?, name)?;
    }
    // What the last client sent on its way out is still to be received.
    thread::sleep(AFTERMATH);
    server.end();
    Ok(())
}

fn strace(folder: &Path, actor: usize, program: &Path) -> Command {
    let mut strace = Command::new("strace");
    // -ff: a file for each thread, so that no call is cut in two by another thread's. -yy: what a descriptor is.
    strace.args([
        "-ff",
        "-ttt",
        "-T",
        "-yy",
        "-s",
        BYTES_SHOWN,
        "-e",
        "signal=none",
    ]);
    strace.args(["-e", "trace=%network,read,write,readv,writev,close", "-o"]);
    strace.arg(folder.join(actor.to_string())).arg(program);
    strace
}

/// A program under strace, in a process group of its own; ended when it is dropped.
struct Traced(Child);

impl Traced {
    fn start(strace: &mut Command) -> Result<Traced> {
        process::own_group(strace);
        let child = strace
            .spawn()
            .map_err(|error| Trouble::new(format!("strace could not be started: {error}.")))?;
        Ok(Traced(child))
    }

    /// Asks the program to end, as Ctrl-C would, and waits for strace to write down the rest.
    fn end(&mut self) {
        process::end_group(self.0.id());
        let _ = self.0.wait();
    }
}

impl Drop for Traced {
    fn drop(&mut self) {
        if let Ok(None) = self.0.try_wait() {
            self.end();
        }
    }
}

/// Waits until the program has ended by itself.
fn wait(traced: &mut Traced, name: &str) -> Result<()> {
    let patience = (!stdin().is_terminal()).then(|| Instant::now() + UNTIL_DONE);
    loop {
        if was_interrupted() {
            return Err(Trouble::Interrupted);
        }
        match traced.0.try_wait() {
            Ok(Some(_)) => return Ok(()),
            Ok(None) if patience.is_some_and(|end| Instant::now() > end) => {
                return Err(Trouble::new(format!(
                    "{name} still runs after {} s. Is it a server? Then name its client too.",
                    UNTIL_DONE.as_secs()
                )));
            }
            Ok(None) => thread::sleep(LOOK_EVERY),
            Err(error) => {
                return Err(Trouble::new(format!("Could not wait for {name}: {error}.")));
            }
        }
    }
}

/// The address of the line "listening on ADDRESS"; what the server prints is passed on.
fn ready(server: &mut Traced, name: &str) -> Result<SocketAddr> {
    let (send, lines) = mpsc::channel();
    let output = server.0.stdout.take();
    let who = name.to_owned();
    thread::spawn(move || {
        for line in BufReader::new(output?).lines() {
            let line = line.ok()?;
            println!("{who}: {line}");
            // After the first address nobody listens any more; the server's lines are printed all the same.
            let _ = send.send(line);
        }
        Some(())
    });
    let end = Instant::now() + UNTIL_READY;
    while let Ok(line) = lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
        let address = line.rsplit(' ').next().and_then(|word| word.parse().ok());
        if let Some(address) = address {
            return Ok(address);
        }
    }
    Err(Trouble::new(format!(
        "{name} did not say \"listening on ADDRESS\" within {} s. The server comes first: cargo course trace SERVER CLIENT.",
        UNTIL_READY.as_secs()
    )))
}

/// One system call on a socket.
#[derive(Debug, PartialEq)]
struct Call {
    /// Seconds since the epoch: the place in the order.
    at: f64,
    actor: usize,
    /// As it stands in the ladder.
    text: String,
    /// Where what it sends goes to, for an arrow.
    to: Option<SocketAddr>,
    /// The names that the socket has: its own and its peer's.
    local: Option<SocketAddr>,
    peer: Option<SocketAddr>,
}

/// The calls that strace wrote down for one program, all threads.
fn recorded(folder: &Path, actor: usize, name: &str) -> Result<Vec<Call>> {
    let mut calls = Vec::new();
    for file in fs::read_dir(folder)
        .map_err(Trouble::file("read", folder))?
        .flatten()
    {
        let path = file.path();
        if path
            .file_stem()
            .is_some_and(|stem| stem == actor.to_string().as_str())
        {
            let text = fs::read(&path).map_err(Trouble::file("read", &path))?;
            let text = String::from_utf8_lossy(&text);
            calls.extend(text.lines().filter_map(|line| call(line, actor)));
        }
    }
    if calls.is_empty() && actor == 0 {
        return Err(Trouble::new(format!(
            "strace recorded no socket call of {name}. May it trace here? `strace -o /dev/null true` says more."
        )));
    }
    Ok(calls)
}

/// A line such as `1700000000.123456 listen(3<TCP:[127.0.0.1:7001]>, 128) = 0 <0.000009>`.
fn call(line: &str, actor: usize) -> Option<Call> {
    // A call that the end of the program cut short returned nothing: "= ?".
    let (time, rest) = line.split_once(' ').filter(|_| !line.contains(") = ? "))?;
    let (rest, took) = rest.rsplit_once(" <")?;
    let began: f64 = time.parse().ok()?;
    let took: f64 = took.strip_suffix('>')?.parse().ok()?;
    let (name, rest) = rest.split_once('(')?;
    let (arguments, result) = rest.rsplit_once(") = ")?;
    let (first, others) = arguments.split_once(", ").unwrap_or((arguments, ""));
    let (socket, kind) = descriptor(first);
    let (number, error) = match result.split_once(' ') {
        Some((_, words)) if result.starts_with("-1 ") => (None, words.split(' ').next()),
        _ => (Some(descriptor(result).0), None),
    };
    let returned = || match (number, error) {
        (Some(number), _) => format!(" = {number}"),
        (None, error) => format!(" = {}", error.unwrap_or("error")),
    };
    let failed = || error.map_or(String::new(), |error| format!(" = {error}"));
    let (local, peer) = ends(kind);
    let given = address(others);
    let quoted = || quoted(others);
    let mut to = None;
    let mut at = began;
    let text = match name {
        "socket" if arguments.starts_with("AF_INET") => format!("socket(){}", returned()),
        _ if !is_internet(kind) => return None,
        "bind" => format!("bind({socket}, {}){}", given?, failed()),
        "listen" => format!("listen({socket}, {others}){}", failed()),
        "connect" => {
            to = given;
            format!("connect({socket}, {}){}", given?, failed())
        }
        "accept" | "accept4" => {
            at += took;
            format!("accept({socket}){}", returned())
        }
        "setsockopt" => {
            let option = others.split(", ").nth(1)?.trim_end_matches("_OLD");
            format!("setsockopt({socket}, {option}){}", failed())
        }
        "sendto" | "write" => {
            to = given.or(peer);
            format!("send({socket}, {}){}", quoted(), returned())
        }
        "sendmsg" | "writev" => {
            to = given.or(peer);
            format!("send({socket}){}", returned())
        }
        "recvfrom" | "read" if number == Some("0") && kind.starts_with("TCP") => {
            at += took;
            format!("recv({socket}) = 0, end of stream")
        }
        "recvfrom" | "read" | "recvmsg" | "readv" => {
            at += took;
            match number {
                Some(number) => format!("recv({socket}) = {number}, {}", quoted()),
                None => format!("recv({socket}){}", returned()),
            }
        }
        "shutdown" => {
            let how = match others {
                "SHUT_WR" => "write",
                "SHUT_RD" => "read",
                _ => "both",
            };
            format!("shutdown({socket}, {how}){}", failed())
        }
        "close" => format!("close({socket})"),
        _ => return None,
    };
    Some(Call {
        at,
        actor,
        text,
        to: to.filter(|_| error.is_none_or(|error| error == "EINPROGRESS")),
        local,
        peer,
    })
}

/// Number and kind of `3<TCP:[127.0.0.1:7001]>`.
fn descriptor(text: &str) -> (&str, &str) {
    match text.split_once('<') {
        Some((number, kind)) => (number, kind.strip_suffix('>').unwrap_or(kind)),
        None => (text, ""),
    }
}

fn is_internet(kind: &str) -> bool {
    kind.starts_with("TCP") || kind.starts_with("UDP")
}

/// Both names of `TCP:[127.0.0.1:7001->127.0.0.1:50000]`.
fn ends(kind: &str) -> (Option<SocketAddr>, Option<SocketAddr>) {
    let inside = kind
        .split_once(":[")
        .map_or("", |(_, names)| names.trim_end_matches(']'));
    match inside.split_once("->") {
        Some((local, peer)) => (local.parse().ok(), peer.parse().ok()),
        None => (inside.parse().ok(), None),
    }
}

/// The address in `{sa_family=AF_INET, sin_port=htons(7001), sin_addr=inet_addr("127.0.0.1")}`, of IPv4 or IPv6.
fn address(text: &str) -> Option<SocketAddr> {
    let port = between(text, "port=htons(", ")")?.parse().ok()?;
    let ip: IpAddr = between(text, "inet_addr(\"", "\"")
        .or_else(|| between(text, "inet_pton(AF_INET6, \"", "\""))?
        .parse()
        .ok()?;
    Some(SocketAddr::new(ip, port))
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?
        .1
        .split_once(after)
        .map(|(inside, _)| inside)
}

/// The first string of the arguments, with strace's octal escapes turned into text again.
fn quoted(arguments: &str) -> String {
    let Some((_, rest)) = arguments.split_once('"') else {
        return String::new();
    };
    let mut bytes = Vec::new();
    let mut rest = rest.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match first {
            b'"' => break,
            b'\\' => {
                let digits = rest
                    .iter()
                    .take(3)
                    .take_while(|digit| (b'0'..b'8').contains(digit))
                    .count();
                if digits > 0 {
                    let value = rest[..digits]
                        .iter()
                        .fold(0u32, |value, digit| value * 8 + u32::from(digit - b'0'));
                    bytes.push(value as u8);
                    rest = &rest[digits..];
                } else if let [escaped, after @ ..] = rest {
                    bytes.push(match escaped {
                        b'n' => b'\n',
                        b'r' => b'\r',
                        b't' => b'\t',
                        b'v' => 0x0b,
                        b'f' => 0x0c,
                        other => *other,
                    });
                    rest = after;
                }
            }
            other => bytes.push(*other),
        }
    }
    // Three dots after the closing quote: strace has left out the rest.
    let dots = if rest.starts_with(b"...") { "…" } else { "" };
    let text = String::from_utf8_lossy(&bytes);
    format!(
        "\"{}{dots}\"",
        text.trim_end_matches('\u{fffd}').escape_debug()
    )
}

/// The ladder's lines: actors, then a line a call. An arrow where it is known who receives.
fn events(binaries: &[(String, PathBuf)], calls: &[Call]) -> String {
    let kernel = "kernel".to_owned();
    let mut actors: Vec<&String> = binaries.iter().map(|(name, _)| name).collect();
    // A program that talks to itself, or to nobody, talks to the kernel.
    let alone = actors.len() == 1;
    if alone {
        actors.push(&kernel);
    }
    let names: Vec<&str> = actors.iter().map(|name| name.as_str()).collect();
    let mut out = format!("actors: {}\n", names.join(", "));
    for call in calls {
        let from = actors[call.actor];
        let receiver = call.to.and_then(|to| {
            let takes = |other: &&Call| {
                other.actor != call.actor
                    && other.local == Some(to)
                    && (other.peer.is_none() || other.peer == call.local || call.local.is_none())
            };
            calls.iter().find(takes).map(|other| actors[other.actor])
        });
        match receiver {
            _ if alone => out.push_str(&format!("{from} -> {kernel}: {}\n", call.text)),
            Some(receiver) => out.push_str(&format!("{from} -> {receiver}: {}\n", call.text)),
            None => out.push_str(&format!("{from}: {}\n", call.text)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(line: &str) -> Option<String> {
        call(line, 0).map(|call| call.text)
    }

    #[test]
    fn reads_what_strace_writes() {
        let kernel = [
            (
                "1.5 socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 3<TCP:[485176]> <0.1>",
                Some("socket() = 3"),
            ),
            (
                "1.5 bind(3<TCP:[485176]>, {sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr(\"127.0.0.1\")}, 16) = 0 <0.1>",
                Some("bind(3, 127.0.0.1:0)"),
            ),
            (
                "1.5 listen(3<TCP:[127.0.0.1:7001]>, 128) = 0 <0.1>",
                Some("listen(3, 128)"),
            ),
            (
                "1.5 accept4(3<TCP:[127.0.0.1:7001]>, {sa_family=AF_INET, sin_port=htons(9), sin_addr=inet_addr(\"127.0.0.1\")}, [128 => 16], SOCK_CLOEXEC) = 5<TCP:[127.0.0.1:7001->127.0.0.1:9]> <0.1>",
                Some("accept(3) = 5"),
            ),
            (
                "1.5 connect(4<TCPv6:[1]>, {sa_family=AF_INET6, sin6_port=htons(7001), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, \"::1\", &sin6_addr), sin6_scope_id=0}, 28) = -1 ECONNREFUSED (Connection refused) <0.1>",
                Some("connect(4, [::1]:7001) = ECONNREFUSED"),
            ),
            (
                "1.5 sendto(4<TCP:[127.0.0.1:9->127.0.0.1:7001]>, \"\\354\\225\\210) = \\n\"..., 64, MSG_NOSIGNAL, NULL, 0) = 64 <0.1>",
                Some("send(4, \"안) = \\n…\") = 64"),
            ),
            (
                "1.5 recvfrom(5<TCP:[127.0.0.1:7001->127.0.0.1:9]>, \"\", 64, 0, NULL, NULL) = 0 <0.1>",
                Some("recv(5) = 0, end of stream"),
            ),
            (
                "1.5 recvfrom(5<TCP:[127.0.0.1:7001->127.0.0.1:9]>, 0x7ffe, 64, 0, NULL, NULL) = -1 ECONNRESET (Connection reset by peer) <0.1>",
                Some("recv(5) = ECONNRESET"),
            ),
            (
                "1.5 shutdown(5<TCP:[127.0.0.1:7001->127.0.0.1:9]>, SHUT_WR) = 0 <0.1>",
                Some("shutdown(5, write)"),
            ),
            (
                "1.5 accept4(3<TCP:[127.0.0.1:7001]>, 0x7, [128], 0) = ? ERESTARTSYS (To be restarted) <0.1>",
                None,
            ),
            ("1.5 close(3</etc/ld.so.cache>) = 0 <0.1>", None),
            ("1.5 write(1</dev/pts/0>, \"hello\", 5) = 5 <0.1>", None),
            ("1.5 +++ exited with 0 +++", None),
        ];
        for (line, expected) in kernel {
            assert_eq!(text(line).as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn what_waits_stands_where_it_returned() {
        let accept = "10.0 accept4(3<TCP:[127.0.0.1:7001]>, NULL, NULL, SOCK_CLOEXEC) = 5<TCP:[127.0.0.1:7001->127.0.0.1:9]> <2.5>";
        assert_eq!(call(accept, 0).map(|call| call.at), Some(12.5));
    }
}
